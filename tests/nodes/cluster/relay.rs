//! Carries connections to where they should go, and can be cut in the three ways in which a network is: with an end that
//! both sides see, without one, and for a while.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{mpsc, watch},
    task::JoinSet,
    time::{Instant, timeout_at},
};

/// Pieces under way in one direction of one connection.
const PIECES_MAX: usize = 1_024;

/// How a relay treats what it carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weather {
    /// Everything goes through at once.
    Fair,
    /// Everything goes through, and arrives so much later.
    Slow(Duration),
    /// Nothing goes through and nobody is told; later it does, as what was sent is sent again.
    Held,
    /// What is asked is held, what is answered goes through.
    Mute,
    /// What is connected now is connected to nothing from now on, for ever, and nobody is told; what comes waits.
    Black,
    /// What is connected ends, and what comes ends at once.
    Closed,
}

/// A way that can be cut. Cut for good when it is dropped.
pub(crate) struct Relay {
    pub(crate) address: SocketAddr,
    targets: Arc<Targets>,
    sky: watch::Sender<Sky>,
    _carrying: JoinSet<()>,
}

/// Where connections go: each to the next one, as long as that takes it.
type Targets = Mutex<VecDeque<SocketAddr>>;

/// The weather, and how often it was such that nothing survived it, however short.
#[derive(Debug, Clone, Copy)]
struct Sky {
    weather: Weather,
    closed: u64,
    blackened: u64,
}

/// What one connection has seen of it.
#[derive(Clone)]
struct Eye {
    sky: watch::Receiver<Sky>,
    /// When the connection began.
    first: Sky,
    is_of_answers: bool,
}

impl Relay {
    /// To one of `targets` after the other.
    pub(crate) async fn to(targets: &[SocketAddr]) -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = socket.local_addr().expect("an address");
        let targets = Arc::new(Mutex::new(targets.iter().copied().collect()));
        let sky = watch::Sender::new(Sky { weather: Weather::Fair, closed: 0, blackened: 0 });
        let accepting = accept(socket, Arc::clone(&targets), sky.clone());
        Self { address, targets, sky, _carrying: JoinSet::from_iter([accepting]) }
    }

    /// From now on it carries to these.
    pub(crate) fn lead_to(&self, targets: &[SocketAddr]) {
        *self.targets.lock().unwrap() = targets.iter().copied().collect();
    }

    pub(crate) fn turn(&self, weather: Weather) {
        self.sky.send_modify(|sky| {
            sky.weather = weather;
            sky.closed += u64::from(weather == Weather::Closed);
            sky.blackened += u64::from(weather == Weather::Black);
        });
    }
}

async fn accept(socket: TcpListener, targets: Arc<Targets>, sky: watch::Sender<Sky>) {
    let mut carried = JoinSet::new();
    loop {
        let Ok((near, _)) = socket.accept().await else { return };
        while carried.try_join_next().is_some() {}
        let sky = sky.subscribe();
        let first = *sky.borrow();
        let (targets, eye) = (Arc::clone(&targets), Eye { sky, first, is_of_answers: false });
        carried.spawn(async move {
            if let Some(far) = connect(&targets, eye.clone()).await {
                carry(near, far, eye).await;
            }
        });
    }
}

/// To the next target that takes the connection; nothing where none does, or there is no way.
async fn connect(targets: &Targets, mut eye: Eye) -> Option<TcpStream> {
    eye.passes(Instant::now()).await?;
    let tries = targets.lock().unwrap().len();
    for _ in 0..tries {
        let next = {
            let mut targets = targets.lock().unwrap();
            targets.rotate_left(1);
            targets.back().copied()
        };
        if let Ok(far) = TcpStream::connect(next?).await {
            return Some(far);
        }
    }
    None
}

impl Eye {
    /// Waits until what was sent at `sent_at` may go on; nothing when the connection ends. In the dark it never does.
    async fn passes(&mut self, sent_at: Instant) -> Option<()> {
        loop {
            let seen = *self.sky.borrow_and_update();
            if seen.weather == Weather::Closed || seen.closed > self.first.closed {
                return None;
            }
            let is_dark = seen.weather == Weather::Black || seen.blackened > self.first.blackened;
            match seen.weather {
                _ if is_dark => self.changed().await?,
                Weather::Slow(by) if sent_at.elapsed() < by => {
                    let _ = timeout_at(sent_at + by, self.sky.changed()).await;
                }
                Weather::Held => self.changed().await?,
                Weather::Mute if !self.is_of_answers => self.changed().await?,
                _ => return Some(()),
            }
        }
    }

    async fn changed(&mut self) -> Option<()> {
        self.sky.changed().await.ok()
    }
}

/// Until one side ends, which is then told to the other.
async fn carry(near: TcpStream, far: TcpStream, eye: Eye) {
    let _ = (near.set_nodelay(true), far.set_nodelay(true));
    let (near, far) = (near.into_split(), far.into_split());
    let of_answers = Eye { is_of_answers: true, ..eye.clone() };
    tokio::join!(one_way(near.0, far.1, eye), one_way(far.0, near.1, of_answers));
}

/// What is under way, each piece with the instant at which it was sent.
type Piece = (Instant, Vec<u8>);

async fn one_way(from: OwnedReadHalf, to: OwnedWriteHalf, eye: Eye) {
    let (take, give) = mpsc::channel(PIECES_MAX);
    let taken = async {
        taken(from, take).await;
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = taken => {}
        () = given(give, to, eye) => {}
    }
}

async fn taken(mut from: OwnedReadHalf, take: mpsc::Sender<Piece>) {
    let mut room = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = from.read(&mut room).await {
        if take.send((Instant::now(), room[..length].to_vec())).await.is_err() {
            return;
        }
    }
}

async fn given(mut give: mpsc::Receiver<Piece>, mut to: OwnedWriteHalf, mut eye: Eye) {
    loop {
        let piece = tokio::select! {
            piece = give.recv() => piece,
            _ = eye.sky.changed() => match eye.passes(Instant::now()).await {
                Some(()) => continue,
                None => return,
            },
        };
        let (sent_at, piece) = piece.unwrap_or_else(|| (Instant::now(), Vec::new()));
        if eye.passes(sent_at).await.is_none() {
            return;
        }
        if piece.is_empty() || to.write_all(&piece).await.is_err() {
            let _ = to.shutdown().await;
            return;
        }
    }
}
