//! The door to the open database. Behind it the handle can be closed and opened again; meanwhile calls are told why not.

use std::sync::{
    PoisonError, RwLock, RwLockReadGuard,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use redb::Database;
use storage::StorageError;

use crate::fault::Fault;

/// Holds the handle, or the reason why there is none.
pub(crate) struct Gate {
    handle: RwLock<Result<Database, String>>,
    /// Counts the handles, so that the fault of an earlier one does not close a later one.
    generation: AtomicU64,
    /// The last generation whose fault was told, and one.
    told: AtomicU64,
    serves_all: AtomicBool,
}

impl Gate {
    /// Open, and serving reads and writes.
    pub(crate) fn open(database: Database) -> Self {
        Self {
            handle: RwLock::new(Ok(database)),
            generation: AtomicU64::new(0),
            told: AtomicU64::new(0),
            serves_all: AtomicBool::new(true),
        }
    }

    /// What `question` finds. On the first fault of a handle `on_fault` is told which one it was.
    pub(crate) fn ask<T>(
        &self,
        question: impl FnOnce(&Database) -> Result<T, Fault>,
        on_fault: impl FnOnce(u64),
    ) -> Result<T, StorageError> {
        let handle = self.handle();
        let database = handle
            .as_ref()
            .map_err(|reason| StorageError::Unavailable { reason: reason.clone() })?;
        let generation = self.generation();
        question(database).map_err(|fault| {
            if matches!(fault, Fault::Handle(_))
                && self.told.swap(generation + 1, Ordering::AcqRel) <= generation
            {
                self.serve_all(false);
                on_fault(generation);
            }
            fault.into()
        })
    }

    /// What `work` makes of the open handle. Holds the handle as a reader does: only the writer closes it.
    pub(crate) fn work<T>(
        &self,
        work: impl FnOnce(&Database) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        match &*self.handle() {
            Ok(database) => work(database),
            Err(reason) => Err(Fault::Handle(reason.clone())),
        }
    }

    /// Closes the handle; returns when the file is released.
    pub(crate) fn shut(&self, reason: &str) {
        self.serve_all(false);
        let before = self.replace(Err(reason.into()));
        // Closing may write: readers are answered meanwhile.
        drop(before);
    }

    /// Puts a handle in place of the one that was shut.
    pub(crate) fn reopen(&self, database: Database) {
        self.generation.fetch_add(1, Ordering::Release);
        let before = self.replace(Ok(database));
        drop(before);
    }

    /// Which handle it is.
    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Says whether commits are served as well as reads.
    pub(crate) fn serve_all(&self, serves_all: bool) {
        self.serves_all.store(serves_all, Ordering::Release);
    }

    /// Whether reads and commits are served.
    pub(crate) fn serves_all(&self) -> bool {
        self.serves_all.load(Ordering::Acquire)
    }

    fn handle(&self) -> RwLockReadGuard<'_, Result<Database, String>> {
        // A panic while it was held cannot have left it half changed: it is only ever replaced.
        self.handle.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn replace(&self, handle: Result<Database, String>) -> Result<Database, String> {
        std::mem::replace(&mut self.handle.write().unwrap_or_else(PoisonError::into_inner), handle)
    }
}
