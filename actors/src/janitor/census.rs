//! How much is kept of what nobody counts as it comes and goes: sessions, and what is remembered so that it is refused.
//!
//! Counted now and then, a few pages at a look, by the node that sweeps; the others say nothing, so that the sum over all
//! nodes is the number. It stops at [`COUNT_MAX`]: beyond that it is a question for the store.

use std::time::Duration;

use metrics::{Gauge, gauge};
use protocol::{Realm, Timestamp};
use storage::{
    Page, StorageError, Store, ended_sessions::EndedSession, engine::Position, grants::Grant,
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

/// How often it begins to count.
const EVERY: Duration = Duration::from_secs(300);

/// Rows of one page.
const PAGE: usize = 500;

/// Pages of one look: some milliseconds of reading, which a start has too.
const PAGES_MAX: usize = 4;

/// The most rows of a kind that are counted.
const COUNT_MAX: usize = 50_000;

/// What is counted.
#[derive(Debug, Clone, Copy)]
enum Of {
    Sessions,
    EndedSessions,
    RevokedTokens,
    RevokedGrants,
}

impl Of {
    const ALL: [Self; 4] =
        [Self::Sessions, Self::EndedSessions, Self::RevokedTokens, Self::RevokedGrants];

    fn name(self) -> &'static str {
        match self {
            Self::Sessions => "sessions",
            Self::EndedSessions => "ended_sessions",
            Self::RevokedTokens => "revoked_tokens",
            Self::RevokedGrants => "revoked_grants",
        }
    }
}

/// How far the count is that goes on. It begins anew with whoever counts.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// When it began; nothing while this node does not count.
    began_at: Option<Timestamp>,
    /// How many kinds are done.
    done: usize,
    /// Rows of the next one so far, and where it goes on.
    rows: usize,
    after: Option<Position>,
}

pub(super) struct Census {
    gauges: [Gauge; 4],
}

impl Census {
    pub(super) fn new() -> Self {
        Self { gauges: Of::ALL.map(|of| gauge!(ROWS, "of" => of.name())) }
    }

    /// Counts on, or begins to if it is time. For the node that sweeps.
    pub(super) async fn look(
        &self,
        progress: &mut Progress,
        store: &Store,
        realm: &Realm,
    ) -> Result<(), StorageError> {
        let now = store.now();
        // Not an instant far ahead either: a clock that was wrong once would keep it from counting.
        let is_fresh = |began_at: Timestamp| now.since(began_at).max(began_at.since(now)) < EVERY;
        let goes_on = progress.done < Of::ALL.len();
        if !progress.began_at.is_some_and(|began_at| goes_on || is_fresh(began_at)) {
            *progress = Progress { began_at: Some(now), ..Progress::default() };
        }
        for _ in 0..PAGES_MAX {
            let Some(of) = Of::ALL.get(progress.done) else { break };
            let (rows, next) = page(*of, store, realm, progress.after.as_ref()).await?;
            progress.rows += rows;
            progress.after = next.filter(|_| progress.rows < COUNT_MAX);
            if progress.after.is_none() {
                if let Some(gauge) = self.gauges.get(progress.done) {
                    gauge.set(progress.rows as f64);
                }
                (progress.done, progress.rows) = (progress.done + 1, 0);
            }
        }
        Ok(())
    }

    /// Another node counts from now on.
    pub(super) fn forget(&self, progress: &mut Progress) {
        if progress.began_at.is_some() {
            *progress = Progress::default();
            self.gauges.iter().for_each(|gauge| gauge.set(0.0));
        }
    }
}

/// How many rows the next page has, and where the one after it begins.
async fn page(
    of: Of,
    store: &Store,
    realm: &Realm,
    after: Option<&Position>,
) -> Result<(usize, Option<Position>), StorageError> {
    fn counted<R>(page: Page<R>) -> (usize, Option<Position>) {
        (page.items.len(), page.next)
    }
    Ok(match of {
        Of::Sessions => counted(store.all::<Session>(realm, after, PAGE).await?),
        Of::EndedSessions => counted(store.all::<EndedSession>(realm, after, PAGE).await?),
        Of::RevokedTokens => counted(store.all::<RevokedToken>(realm, after, PAGE).await?),
        Of::RevokedGrants => {
            counted::<Grant>(store.revoked_grants(realm, None, after, PAGE).await?)
        }
    })
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
        let (realm, progress) = (Realm::main(), &mut Progress::default());

        end_sessions(&ground, PAGE).await;
        census.look(progress, &ground.store, &realm).await.unwrap();
        assert_eq!(ended(), PAGE as u64);

        end_sessions(&ground, 1).await;
        census.look(progress, &ground.store, &realm).await.unwrap();
        assert_eq!(ended(), PAGE as u64, "it is not time yet");
        ground.clock.advance(EVERY);
        census.look(progress, &ground.store, &realm).await.unwrap();
        assert_eq!(ended(), PAGE as u64 + 1);

        census.forget(progress);
        assert_eq!(ended(), 0, "another node counts");
    }

    #[tokio::test]
    async fn a_look_reads_a_few_pages_and_the_next_goes_on() {
        let (ground, numbers) = (ground(), Numbers::default());
        let census = with_local_recorder(&numbers, Census::new);
        let ended = || numbers.read("Gauge doorward_census_rows", "of=ended_sessions");
        let (realm, progress) = (Realm::main(), &mut Progress::default());
        let count = PAGES_MAX * PAGE + 1;
        for _ in 0..count.div_ceil(PAGE) {
            end_sessions(&ground, PAGE).await;
        }

        census.look(progress, &ground.store, &realm).await.unwrap();
        assert_eq!(ended(), 0, "it is not through");
        ground.clock.advance(EVERY);
        census.look(progress, &ground.store, &realm).await.unwrap();
        assert_eq!(
            ended(),
            count.next_multiple_of(PAGE) as u64,
            "it went on and did not begin anew"
        );
    }
}
