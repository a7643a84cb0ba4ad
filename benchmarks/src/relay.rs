//! Counts the bytes between nodes and the database, by standing between them.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    task::JoinSet,
};

use crate::{
    Failure,
    frames::{Answers, entries_in},
};

/// What is read at a time.
const CHUNK_BYTES: usize = 64 * 1024;

/// Passes connections on to the database, as long as it is kept.
pub(crate) struct Relay {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    counts: Arc<Counts>,
    _running: JoinSet<()>,
}

#[derive(Debug, Default)]
struct Counts {
    /// From nodes to the database.
    asked: AtomicU64,
    /// From the database to nodes.
    answered: AtomicU64,
    /// Of that, answers with entries of the change log.
    log: AtomicU64,
    /// Entries in those.
    entries: AtomicU64,
}

/// Bytes that went through.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Bytes {
    /// From nodes to the database.
    pub(crate) asked: f64,
    /// From the database to nodes.
    pub(crate) answered: f64,
    /// Of that, answers with entries of the change log.
    pub(crate) log: f64,
    /// Entries in those.
    pub(crate) entries: f64,
}

impl Bytes {
    /// Both together.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            asked: self.asked + other.asked,
            answered: self.answered + other.answered,
            log: self.log + other.log,
            entries: self.entries + other.entries,
        }
    }

    /// What came since `before`.
    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            asked: self.asked - before.asked,
            answered: self.answered - before.answered,
            log: self.log - before.log,
            entries: self.entries - before.entries,
        }
    }
}

impl Relay {
    /// Listens on a port of its own for what goes to `database`.
    pub(crate) async fn start(database: SocketAddr) -> Result<Self, Failure> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let counts = Arc::new(Counts::default());
        let mut running = JoinSet::new();
        running.spawn(accept(listener, database, Arc::clone(&counts)));
        Ok(Self { address, counts, _running: running })
    }

    /// What went through since it was started.
    pub(crate) fn bytes(&self) -> Bytes {
        Bytes {
            asked: self.counts.asked.load(Ordering::Relaxed) as f64,
            answered: self.counts.answered.load(Ordering::Relaxed) as f64,
            log: self.counts.log.load(Ordering::Relaxed) as f64,
            entries: self.counts.entries.load(Ordering::Relaxed) as f64,
        }
    }
}

async fn accept(listener: TcpListener, database: SocketAddr, counts: Arc<Counts>) {
    let mut passing = JoinSet::new();
    // Connections end with the run that made them: there are as many as nodes were started.
    while let Ok((node, _)) = listener.accept().await {
        passing.spawn(connect(node, database, Arc::clone(&counts)));
    }
}

/// How it ends shows in the request that it breaks.
async fn connect(node: TcpStream, database: SocketAddr, counts: Arc<Counts>) {
    let Ok(database) = TcpStream::connect(database).await else { return };
    if node.set_nodelay(true).is_err() || database.set_nodelay(true).is_err() {
        return;
    }
    let (from_node, to_node) = node.into_split();
    let (from_database, to_database) = database.into_split();
    let mut answers = Answers::default();
    tokio::join!(
        pass(from_node, to_database, |read| {
            counts.asked.fetch_add(read.len() as u64, Ordering::Relaxed);
        }),
        pass(from_database, to_node, |read| {
            counts.answered.fetch_add(read.len() as u64, Ordering::Relaxed);
            for answer in answers.read(read) {
                let entries = entries_in(&answer);
                let bytes = if entries == 0 { 0 } else { answer.len() as u64 };
                counts.entries.fetch_add(entries, Ordering::Relaxed);
                counts.log.fetch_add(bytes, Ordering::Relaxed);
            }
        }),
    );
}

async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut count: impl FnMut(&[u8])) {
    let mut chunk = vec![0; CHUNK_BYTES];
    while let Ok(length) = from.read(&mut chunk).await {
        let Some(read) = chunk.get(..length).filter(|read| !read.is_empty()) else { return };
        count(read);
        if to.write_all(read).await.is_err() {
            return;
        }
    }
}
