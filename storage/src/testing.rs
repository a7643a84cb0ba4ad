//! What the tests of this crate stand on: a clock to advance, and an engine of rows and a change log that a test writes.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use protocol::{Clock, Randomness, Realm, Timestamp};
use tokio::sync::oneshot;

use crate::{
    Engine, StorageError, Store,
    engine::{
        Batch, BatchId, Change, Changes, Cursor, Found, IndexKey, Key, Outcome, Position, Range,
        Row, Swept, Write,
    },
};

/// It begins at a time at which an overlap reaches back.
pub(crate) const START: Timestamp = Timestamp::from_seconds(1_000_000);

/// What happens meanwhile.
type Act = Box<dyn FnOnce(&Scripted) + Send>;

#[derive(Default)]
pub(crate) struct Scripted {
    millis: AtomicU64,
    drawn: AtomicU64,
    pub(crate) overlap: Mutex<Duration>,
    pub(crate) is_down: AtomicBool,
    pub(crate) is_alone: AtomicBool,
    rows: Mutex<HashMap<Key, Row>>,
    log: Mutex<Vec<Change>>,
    gone: Mutex<Option<Cursor>>,
    pub(crate) pages: AtomicUsize,
    pub(crate) gets: AtomicUsize,
    held: Mutex<Option<(oneshot::Sender<()>, oneshot::Receiver<()>)>>,
    /// Done once, after a page of the log was read.
    after_page: Mutex<Option<Act>>,
}

impl Clock for Scripted {
    fn now(&self) -> Timestamp {
        START + Duration::from_millis(self.millis.load(Ordering::SeqCst))
    }
}

impl Randomness for Scripted {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = (self.drawn.fetch_add(1, Ordering::SeqCst) % 251) as u8;
        }
    }
}

pub(crate) fn scripted() -> (Arc<Scripted>, Store) {
    let engine = Arc::new(Scripted::default());
    let store = Store::new(engine.clone(), engine.clone(), engine.clone());
    (engine, store)
}

impl Scripted {
    pub(crate) fn advance(&self, by: Duration) {
        let millis = u64::try_from(by.as_millis()).unwrap();
        self.millis.fetch_add(millis, Ordering::SeqCst);
    }

    /// Another node has committed a change of this row, and its entry appears so long before now.
    pub(crate) fn appears(&self, id: u64, before: Duration) {
        let at = self.now() - before;
        let mut batch = [0; 16];
        batch[8..].copy_from_slice(&id.to_be_bytes());
        let change = Change {
            cursor: Cursor { at, sequence: id },
            batch_id: BatchId(batch),
            rows: vec![("things".to_owned(), Realm::main(), id.to_string())],
        };
        let mut log = self.log.lock().unwrap();
        let place = log.partition_point(|earlier| earlier.cursor < change.cursor);
        log.insert(place, change);
    }

    /// Another node writes this row.
    pub(crate) fn written_elsewhere(&self, row: Row) {
        self.rows.lock().unwrap().insert(row.key.clone(), row);
    }

    /// Removes all entries that are older.
    pub(crate) fn sweep_log(&self, older: Duration) {
        let until = self.now() - older;
        let mut log = self.log.lock().unwrap();
        let last = log.iter().filter(|change| change.cursor.at < until).map(|change| change.cursor);
        let last = last.max();
        let mut gone = self.gone.lock().unwrap();
        *gone = last.max(*gone);
        log.retain(|change| change.cursor.at >= until);
    }

    pub(crate) fn after_next_page(&self, act: impl FnOnce(&Self) + Send + 'static) {
        *self.after_page.lock().unwrap() = Some(Box::new(act));
    }

    /// The next read of a row says that it has found it, and answers when the sender is used.
    pub(crate) fn hold_a_read(&self) -> (oneshot::Receiver<()>, oneshot::Sender<()>) {
        let ((tell, found), (open, opened)) = (oneshot::channel(), oneshot::channel());
        *self.held.lock().unwrap() = Some((tell, opened));
        (found, open)
    }

    pub(crate) fn go_down(&self, is_down: bool) {
        self.is_down.store(is_down, Ordering::SeqCst);
    }

    fn up(&self) -> Result<(), StorageError> {
        let reason = || StorageError::Unavailable { reason: "told to be down".into() };
        if self.is_down.load(Ordering::SeqCst) { Err(reason()) } else { Ok(()) }
    }
}

#[async_trait]
impl Engine for Scripted {
    async fn get(&self, key: &Key, _: Timestamp) -> Result<Option<Row>, StorageError> {
        self.up()?;
        self.gets.fetch_add(1, Ordering::SeqCst);
        let row = self.rows.lock().unwrap().get(key).cloned();
        let held = self.held.lock().unwrap().take();
        if let Some((tell, opened)) = held {
            let _ = tell.send(());
            let _ = opened.await;
        }
        Ok(row)
    }

    async fn find(&self, _: &IndexKey, _: Timestamp) -> Result<Option<Row>, StorageError> {
        Ok(None)
    }

    async fn scan(
        &self,
        _: &Range,
        _: Option<&Position>,
        _: usize,
        _: Timestamp,
    ) -> Result<Vec<Found>, StorageError> {
        Ok(Vec::new())
    }

    async fn commit(&self, batch: Batch) -> Outcome {
        for write in batch.writes {
            if let Write::Put { key, schema, body, expires_at, .. } = write {
                let row = Row { key: key.clone(), version: batch.id, schema, body, expires_at };
                self.rows.lock().unwrap().insert(key, row);
            }
        }
        Outcome::Committed
    }

    async fn is_committed(&self, _: BatchId) -> Result<bool, StorageError> {
        Ok(true)
    }

    async fn changes(&self, after: Option<Cursor>, limit: usize) -> Result<Changes, StorageError> {
        self.up()?;
        self.pages.fetch_add(1, Ordering::SeqCst);
        let gone = *self.gone.lock().unwrap();
        let answer = {
            let log = self.log.lock().unwrap();
            let end = log.last().map(|change| change.cursor).max(gone).unwrap_or(ORIGIN);
            match after {
                None => Changes::Entries { entries: Vec::new(), next: end },
                Some(after) if gone.is_some_and(|gone| after < gone) => {
                    Changes::Lost { next: gone.unwrap_or(ORIGIN) }
                }
                Some(after) => {
                    let later = log.iter().filter(|change| after < change.cursor);
                    let entries: Vec<_> = later.take(limit).cloned().collect();
                    let next = entries.last().map_or(after, |change| change.cursor);
                    Changes::Entries { entries, next }
                }
            }
        };
        let act = self.after_page.lock().unwrap().take();
        if let Some(act) = act {
            act(self);
        }
        Ok(answer)
    }

    fn changes_overlap(&self) -> Duration {
        *self.overlap.lock().unwrap()
    }

    async fn sweep(&self, _: Timestamp, _: usize) -> Result<Swept, StorageError> {
        Ok(Swept::default())
    }

    fn is_available(&self) -> bool {
        !self.is_down.load(Ordering::SeqCst)
    }

    fn is_exclusive(&self) -> bool {
        self.is_alone.load(Ordering::SeqCst)
    }
}

const ORIGIN: Cursor = Cursor { at: START, sequence: 0 };
