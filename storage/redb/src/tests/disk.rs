//! A disk that fails as a test says, and the short words of those tests.

use std::{
    collections::HashSet,
    io,
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering},
    },
    time::Duration,
};

use protocol::Timestamp;
use redb::{Database, StorageBackend};
use storage::engine::{Batch, Engine, Write};

use super::opening::batch;
use crate::{OpenError, Redb, source::Source, tables::prepare};

pub(super) const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

const BLOCK_BYTES: u64 = 4_096;
const SECTOR_BYTES: usize = 512;

/// Which calls of a disk fail.
#[derive(Debug, Default)]
pub(super) struct Weather {
    /// Writes and syncs that still succeed before one fails; negative: none fails.
    pub(super) countdown: AtomicI64,
    /// Only what was written before can be written again.
    pub(super) is_full: AtomicBool,
    blocks: Mutex<HashSet<u64>>,
    /// Once a write has failed, so do all.
    pub(super) is_cut: AtomicBool,
    pub(super) reads_fail: AtomicBool,
    pub(super) openings_fail: AtomicBool,
    pub(super) openings: AtomicU32,
    is_paused: Mutex<bool>,
    goes_on: Condvar,
    /// What is written since the last sync, and the bytes as that left them.
    unsynced: Mutex<Vec<(usize, Vec<u8>)>>,
    synced: Mutex<Vec<u8>>,
}

impl Weather {
    pub(super) fn fair() -> Arc<Self> {
        Arc::new(Self { countdown: AtomicI64::new(-1), ..Self::default() })
    }

    pub(super) fn clear_up(&self) {
        self.countdown.store(-1, Ordering::SeqCst);
        for fault in [&self.is_full, &self.reads_fail, &self.openings_fail] {
            fault.store(false, Ordering::SeqCst);
        }
    }

    /// What a power cut leaves: of what was not synced, those sectors that `is_lucky`.
    pub(super) fn after_power_cut(&self, mut is_lucky: impl FnMut() -> bool) -> Vec<u8> {
        let mut bytes = self.synced.lock().unwrap().clone();
        for (offset, written) in &*self.unsynced.lock().unwrap() {
            bytes.resize(bytes.len().max(offset + written.len()), 0);
            for (number, sector) in written.chunks(SECTOR_BYTES).enumerate().filter(|_| is_lucky())
            {
                bytes[offset + number * SECTOR_BYTES..][..sector.len()].copy_from_slice(sector);
            }
        }
        bytes
    }

    pub(super) fn pause(&self, is_paused: bool) {
        *self.is_paused.lock().unwrap() = is_paused;
        self.goes_on.notify_all();
    }

    fn write(&self) -> io::Result<()> {
        let mut is_paused = self.is_paused.lock().unwrap();
        while *is_paused {
            is_paused = self.goes_on.wait(is_paused).unwrap();
        }
        let left = self.countdown.load(Ordering::SeqCst);
        if left > 0 || left == 0 && !self.is_cut.load(Ordering::SeqCst) {
            self.countdown.store(left - 1, Ordering::SeqCst);
        }
        if left == 0 { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    fn take(&self, offset: u64, length: usize) -> io::Result<()> {
        let mut blocks = self.blocks.lock().unwrap();
        for block in offset / BLOCK_BYTES..(offset + length as u64).div_ceil(BLOCK_BYTES) {
            if self.is_full.load(Ordering::SeqCst) && !blocks.contains(&block) {
                return Err(io::ErrorKind::StorageFull.into());
            }
            blocks.insert(block);
        }
        Ok(())
    }

    fn read(&self) -> io::Result<()> {
        if self.reads_fail.load(Ordering::SeqCst) {
            Err(io::ErrorKind::Other.into())
        } else {
            Ok(())
        }
    }
}

/// Keeps its bytes from one opening to the next.
#[derive(Debug, Clone)]
pub(super) struct Disk {
    bytes: Arc<Mutex<Vec<u8>>>,
    weather: Arc<Weather>,
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.bytes.lock().unwrap().len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.weather.read()?;
        let from = offset as usize;
        let bytes = self.bytes.lock().unwrap();
        out.copy_from_slice(bytes.get(from..from + out.len()).ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.weather.write()?;
        self.bytes.lock().unwrap().resize(len as usize, 0);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        self.weather.write()?;
        self.weather.unsynced.lock().unwrap().clear();
        self.weather.synced.lock().unwrap().clone_from(&self.bytes.lock().unwrap());
        Ok(())
    }

    fn write(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.weather.write()?;
        self.weather.take(offset, bytes.len())?;
        self.weather.unsynced.lock().unwrap().push((offset as usize, bytes.to_vec()));
        self.bytes.lock().unwrap()[offset as usize..][..bytes.len()].copy_from_slice(bytes);
        Ok(())
    }
}

impl Source for Disk {
    fn open(&self) -> Result<Database, OpenError> {
        // Less than a large batch: its pages are written before it is committed.
        let database =
            Database::builder().set_cache_size(64 * 1024).create_with_backend(self.clone())?;
        prepare(&database)?;
        Ok(database)
    }

    fn reopen(&self) -> Result<Database, OpenError> {
        self.weather.openings.fetch_add(1, Ordering::SeqCst);
        if self.weather.openings_fail.load(Ordering::SeqCst) {
            return Err(OpenError::Failed("not now".into()));
        }
        self.open()
    }

    fn probe(&self) -> io::Result<()> {
        if self.weather.is_full.load(Ordering::SeqCst) {
            Err(io::ErrorKind::StorageFull.into())
        } else {
            Ok(())
        }
    }
}

pub(super) fn on(weather: &Arc<Weather>) -> Arc<Redb> {
    on_disk_with(weather, Vec::new())
}

/// A store on a disk that holds these bytes.
pub(super) fn on_disk_with(weather: &Arc<Weather>, bytes: Vec<u8>) -> Arc<Redb> {
    let disk = Disk { bytes: Arc::new(Mutex::new(bytes)), weather: weather.clone() };
    Arc::new(Redb::from_source(Box::new(disk)).unwrap())
}

pub(super) async fn until(mut holds: impl AsyncFnMut() -> bool) {
    let mut often = tokio::time::interval(Duration::from_millis(1));
    let waiting = async {
        while !holds().await {
            often.tick().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waiting).await.expect("it never came to hold");
}

/// Twenty rows of some size.
pub(super) fn large(number: u8) -> Batch {
    let batch_of = |row: u8| batch(number, 1, &format!("{number}-{row}")).writes.remove(0);
    let mut writes: Vec<_> = (0..20).map(batch_of).collect();
    for write in &mut writes {
        if let Write::Put { body, .. } = write {
            *body = vec![b' '; 5_000];
        }
    }
    Batch { writes, ..batch(number, 1, "") }
}

/// How many rows of a batch are there.
pub(super) async fn rows(engine: &Redb, batch: &Batch) -> usize {
    let mut rows = 0;
    for write in &batch.writes {
        rows += usize::from(engine.get(write.key(), NOW).await.unwrap().is_some());
    }
    rows
}
