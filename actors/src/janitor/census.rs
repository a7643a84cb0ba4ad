//! How much is kept of what nobody counts as it comes and goes: sessions, and what is remembered so that it is refused.
//!
//! Counted now and then, in pages, by the node that sweeps; the others say nothing, so that the sum over all nodes is the
//! number. It stops at [`COUNT_MAX`]: beyond that it is a question for the store.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use metrics::{Gauge, gauge};
use protocol::{Realm, Timestamp};
use storage::{
    Record, StorageError, Store, ended_sessions::EndedSession, grants::Grant,
    revoked_tokens::RevokedToken, sessions::Session,
};

use crate::metrics::{Kind, Metric};

const ROWS: &str = "doorward_census_rows";

/// What is measured here.
pub const METRICS: &[Metric] = &[Metric {
    name: ROWS,
    kind: Kind::Gauge,
    labels: &["of"],
    description: "Sessions, and remembered revocations: ended_sessions, revoked_grants, revoked_tokens; counted every five minutes by one node, up to 50000",
}];

/// How often it counts.
const EVERY: Duration = Duration::from_secs(300);

/// Rows of one page.
const PAGE: usize = 500;

/// The most rows of a kind that are counted: some tens of milliseconds of reading.
const COUNT_MAX: usize = 50_000;

pub(super) struct Census {
    sessions: Gauge,
    ended_sessions: Gauge,
    revoked_grants: Gauge,
    revoked_tokens: Gauge,
    /// In milliseconds; zero while this node does not count.
    counted_at: AtomicU64,
}

impl Census {
    pub(super) fn new() -> Self {
        let rows = |of: &'static str| gauge!(ROWS, "of" => of);
        Self {
            sessions: rows("sessions"),
            ended_sessions: rows("ended_sessions"),
            revoked_grants: rows("revoked_grants"),
            revoked_tokens: rows("revoked_tokens"),
            counted_at: AtomicU64::new(0),
        }
    }

    /// Counts if it is time. For the node that sweeps.
    pub(super) async fn look(&self, store: &Store, realm: &Realm) -> Result<(), StorageError> {
        let now = store.now();
        let counted_at = Timestamp::from_millis(self.counted_at.load(Ordering::Relaxed));
        // Not an instant far ahead either: a clock that was wrong once would keep it from counting.
        if now.since(counted_at).max(counted_at.since(now)) < EVERY {
            return Ok(());
        }
        self.counted_at.store(now.as_millis(), Ordering::Relaxed);
        self.sessions.set(all::<Session>(store, realm).await? as f64);
        self.ended_sessions.set(all::<EndedSession>(store, realm).await? as f64);
        self.revoked_tokens.set(all::<RevokedToken>(store, realm).await? as f64);
        self.revoked_grants.set(revoked_grants(store, realm).await? as f64);
        Ok(())
    }

    /// Another node counts from now on.
    pub(super) fn forget(&self) {
        if self.counted_at.swap(0, Ordering::Relaxed) != 0 {
            for rows in
                [&self.sessions, &self.ended_sessions, &self.revoked_grants, &self.revoked_tokens]
            {
                rows.set(0.0);
            }
        }
    }
}

async fn all<R: Record>(store: &Store, realm: &Realm) -> Result<usize, StorageError> {
    let (mut rows, mut after) = (0, None);
    while rows < COUNT_MAX {
        let page = store.all::<R>(realm, after.as_ref(), PAGE).await?;
        rows += page.items.len();
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    Ok(rows)
}

async fn revoked_grants(store: &Store, realm: &Realm) -> Result<usize, StorageError> {
    let (mut rows, mut after) = (0, None);
    while rows < COUNT_MAX {
        let page: storage::Page<Grant> =
            store.revoked_grants(realm, None, after.as_ref(), PAGE).await?;
        rows += page.items.len();
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use metrics::with_local_recorder;
    use protocol::{AccountId, SessionId};

    use super::*;
    use crate::{
        metrics::tests::Numbers,
        testing::{Ground, ground},
    };

    async fn end_sessions(ground: &Ground, count: usize) {
        let mut batch = ground.store.batch();
        for _ in 0..count {
            batch.create(&EndedSession {
                session_id: SessionId::new(&*ground.randomness),
                realm: Realm::main(),
                account_id: AccountId::new(&*ground.randomness),
                ended_at: batch.now(),
                expires_at: batch.now() + 2 * EVERY,
            });
        }
        ground.store.commit(batch).await.unwrap();
    }

    #[tokio::test]
    async fn what_is_remembered_is_counted_now_and_then_by_one_node_alone() {
        let (ground, numbers) = (ground(), Numbers::default());
        let census = with_local_recorder(&numbers, Census::new);
        let ended = || numbers.read("Gauge doorward_census_rows", "of=ended_sessions");
        let realm = Realm::main();
        let look = || census.look(&ground.store, &realm);

        end_sessions(&ground, PAGE + 1).await;
        look().await.unwrap();
        assert_eq!(ended(), PAGE as u64 + 1);

        end_sessions(&ground, 1).await;
        look().await.unwrap();
        assert_eq!(ended(), PAGE as u64 + 1, "it is not time yet");
        ground.clock.advance(EVERY);
        look().await.unwrap();
        assert_eq!(ended(), PAGE as u64 + 2);

        census.forget();
        assert_eq!(ended(), 0, "another node counts");
    }
}
