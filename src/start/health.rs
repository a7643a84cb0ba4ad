//! Whether requests should come here: each part that must work, and why it does not (DESIGN 9).

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use actors::{ChildState, Tree, keys::Keys};
use nix::sys::statvfs::statvfs;
use openapi::management::Part;
use protocol::{Realm, Timestamp};
use storage::{StorageError, Store, engine::Changes};

/// A node whose clock is further than this from the store's is red.
const CLOCK_DIFFERENCE_MAX: Duration = Duration::from_secs(5);

/// With less room than this a commit may fail at any moment.
const DISK_FREE_BYTES_MIN: u64 = 64 * 1024 * 1024;

/// What is looked at.
#[derive(Clone)]
pub struct Health {
    /// What must read and write.
    pub store: Store,
    /// Whose keys are looked for.
    pub realm: Realm,
    /// What must sign.
    pub keys: Keys,
    /// What must run.
    pub tree: Arc<Tree>,
    /// Where there must be room; nowhere for a store in memory.
    pub directory: Option<PathBuf>,
    /// Told once, when the program has begun to stop.
    pub is_stopping: Arc<AtomicBool>,
}

impl Health {
    /// Every part, and whether it works.
    pub async fn parts(&self) -> Vec<Part> {
        let mut parts = vec![
            Part::new("program", self.program()),
            Part::new("store", self.store().await),
            Part::new("clock", clock(&self.store).await),
            Part::new("keys", self.keys()),
            Part::new("tree", self.tree()),
        ];
        if let Some(directory) = &self.directory {
            parts.push(Part::new("disk", disk(directory)));
        }
        parts
    }

    fn program(&self) -> Result<(), String> {
        if self.is_stopping.load(Ordering::Relaxed) { Err("it is stopping".into()) } else { Ok(()) }
    }

    async fn store(&self) -> Result<(), String> {
        if !self.store.engine().is_available() {
            return Err("it does not take reads and commits at this moment".into());
        }
        let read = self.store.signing_key_set(&self.realm).await;
        read.map(drop).map_err(|error: StorageError| error.to_string())
    }

    fn keys(&self) -> Result<(), String> {
        let snapshot = self.keys.snapshot();
        if let [key_id, ..] = snapshot.unusable() {
            return Err(format!("a signing key cannot be used: {key_id}"));
        }
        if snapshot.algorithms(self.store.now()).is_empty() {
            Err("no key can sign yet".into())
        } else {
            Ok(())
        }
    }

    fn tree(&self) -> Result<(), String> {
        let status = self.tree.status();
        let down = status.iter().filter(|child| child.state != ChildState::Running);
        let down: Vec<&str> = down.map(|child| child.name.as_str()).collect();
        if down.is_empty() { Ok(()) } else { Err(format!("not running: {}", down.join(", "))) }
    }
}

/// Whether this node's clock can be what it was when the store was last written; where the store has a clock of its own,
/// whether the two agree.
pub async fn clock(store: &Store) -> Result<(), String> {
    let Ok(Changes::Entries { next, .. } | Changes::Lost { next }) =
        store.engine().changes(None, 0).await
    else {
        return Err("the store does not tell the time".into());
    };
    let now = store.now();
    // Entries that may come late are stamped by a database's clock, and the end of its log is its present.
    if !store.engine().changes_overlap().is_zero() {
        ahead(next.at, now)?;
    }
    behind(next.at, now)
}

fn ahead(present: Timestamp, now: Timestamp) -> Result<(), String> {
    let ahead = now.since(present);
    if ahead <= CLOCK_DIFFERENCE_MAX {
        Ok(())
    } else {
        Err(format!("this clock is {} s ahead of the store's", ahead.as_secs()))
    }
}

fn behind(written_at: Timestamp, now: Timestamp) -> Result<(), String> {
    let behind = written_at.since(now);
    if behind <= CLOCK_DIFFERENCE_MAX {
        Ok(())
    } else {
        Err(format!(
            "the store was written {} s after what this clock says is now",
            behind.as_secs()
        ))
    }
}

/// Whether there is room for what is to be written.
pub fn disk(directory: &Path) -> Result<(), String> {
    match free_bytes(directory) {
        Ok(free) if free < DISK_FREE_BYTES_MIN => {
            Err(format!("only {} MiB are free", free / 1024 / 1024))
        }
        Ok(_) => Ok(()),
        Err(error) => Err(format!("the file system does not say what is free: {error}")),
    }
}

/// Bytes that this user may still write.
pub fn free_bytes(directory: &Path) -> nix::Result<u64> {
    let found = statvfs(directory)?;
    Ok(found.blocks_available().saturating_mul(found.fragment_size()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_stepped_back_is_red() {
        let written_at = Timestamp::from_seconds(1_000);
        assert_eq!(behind(written_at, written_at), Ok(()));
        assert_eq!(behind(written_at, written_at - CLOCK_DIFFERENCE_MAX), Ok(()));
        let refused = behind(written_at, written_at - Duration::from_secs(60)).unwrap_err();
        assert!(refused.contains("60 s"), "{refused}");
    }

    #[test]
    fn a_clock_that_is_ahead_of_the_store_is_red() {
        let present = Timestamp::from_seconds(1_000);
        assert_eq!(ahead(present, present + CLOCK_DIFFERENCE_MAX), Ok(()));
        let refused = ahead(present, present + Duration::from_secs(60)).unwrap_err();
        assert!(refused.contains("60 s"), "{refused}");
    }

    #[test]
    fn a_disk_with_room_is_green_and_one_that_is_not_there_is_red() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(disk(directory.path()), Ok(()));
        assert!(disk(&directory.path().join("gone")).is_err());
    }
}
