//! Writes last uses, many in one commit, and brings no session back that ended.

use std::sync::Arc;

use storage::{CommitError, Store, sessions::Session};

use super::{
    Meters, TOUCHES_MAX,
    touches::{Touch, Touches},
};

/// Sessions in one commit.
const BATCH_MAX: usize = 256;

/// How often a commit begins again because one of its sessions changed meanwhile.
const TRIES_MAX: usize = 4;

pub(super) struct Writer {
    store: Store,
    pub(super) touches: Arc<Touches>,
    meters: Arc<Meters>,
}

impl Writer {
    pub(super) fn new(store: &Store, meters: &Arc<Meters>) -> Arc<Self> {
        let touches = Arc::new(Touches::new(TOUCHES_MAX));
        Arc::new(Self { store: store.clone(), touches, meters: Arc::clone(meters) })
    }

    /// Writes what is queued when it begins. What cannot be written stays queued.
    pub(super) async fn write(&self) {
        for touches in self.touches.queued().chunks(BATCH_MAX) {
            if let Err(error) = self.write_batch(touches).await {
                tracing::warn!(%error, waiting = self.touches.len(), "last uses of sessions wait to be written");
                return;
            }
        }
    }

    async fn write_batch(&self, touches: &[Touch]) -> Result<(), CommitError> {
        let mut tried = self.try_write(touches).await;
        for _ in 1..TRIES_MAX {
            let Err(CommitError::Refused(_)) = tried else { break };
            tried = self.try_write(touches).await;
        }
        match tried {
            // They change all the time, so somebody uses them: the next look finds them calmer.
            Err(CommitError::Refused(_)) => Ok(()),
            tried => tried,
        }
    }

    async fn try_write(&self, touches: &[Touch]) -> Result<(), CommitError> {
        let mut batch = self.store.batch();
        let mut written = Vec::with_capacity(touches.len());
        for touch in touches {
            match self.store.session(&touch.realm, touch.session_id).await? {
                Some(session) if session.last_seen_at < touch.at => {
                    let seen = Session { last_seen_at: touch.at, ..session.record.clone() };
                    batch.replace(&session, &seen);
                    written.push(touch);
                }
                // It ended, or something later is written.
                _ => self.touches.done(touch),
            }
        }
        if !batch.is_empty() {
            self.store.commit(batch).await?;
        }
        written.iter().for_each(|touch| self.touches.done(touch));
        self.meters.written.increment(written.len() as u64);
        Ok(())
    }
}
