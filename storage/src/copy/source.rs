//! What is copied: a whole installation on which no node is at work.

use protocol::{Realm, Timestamp};

use super::{CopyError, Progress, Stage, Survey, survey, unfinished};
use crate::{
    engine::{Key, Row},
    installation::{self, Installation},
    record::Record,
    store::Store,
};

/// A store that is copied.
pub struct Source {
    /// The store. Nobody writes to it meanwhile.
    pub store: Store,
    /// Every realm of the installation.
    pub realms: Vec<Realm>,
}

impl Source {
    /// What would be copied now into an empty store. Nodes may serve here: then it tells of this moment.
    ///
    /// # Errors
    /// [`CopyError`].
    pub async fn rehearse(&self, progress: &dyn Progress) -> Result<Survey, CopyError> {
        self.is_whole().await?;
        progress.begins(Stage::Reading, None, 0);
        self.survey(self.store.now(), progress).await
    }

    /// What is here at `at`; an error where a row could not be copied.
    pub(super) async fn survey(
        &self,
        at: Timestamp,
        progress: &dyn Progress,
    ) -> Result<Survey, CopyError> {
        let survey = survey::of(&self.store, &self.realms, at, |table, found| {
            progress.advances(table.name, found.len() as u64);
            found.iter().try_for_each(|found| (table.put)(&found.row).map(drop))
        });
        survey.await.map_err(CopyError::Source)
    }

    /// Whether this is an installation, and all of one.
    pub(super) async fn is_whole(&self) -> Result<(), CopyError> {
        for realm in &self.realms {
            if unfinished(&self.store, realm).await.map_err(CopyError::Source)?.is_some() {
                return Err(CopyError::SourceUnfinished);
            }
            self.installation(realm).await?;
        }
        Ok(())
    }

    /// The row that a realm bears from its beginning on.
    pub(super) async fn installation(&self, realm: &Realm) -> Result<Row, CopyError> {
        let id = installation::ID.to_owned();
        let key = Key { table: Installation::TABLE, realm: realm.clone(), id };
        let found = self.store.engine().get(&key, self.store.now()).await;
        found.map_err(CopyError::Source)?.ok_or(CopyError::NothingToCopy)
    }

    /// An engine that numbers its commits in order is held by the one process that has opened it. On others nodes may be
    /// at work, and then one of them has a lease.
    pub(super) async fn is_not_in_use(&self) -> Result<(), CopyError> {
        if self.store.engine().changes_overlap().is_zero() {
            return Ok(());
        }
        for realm in &self.realms {
            let held = self.store.held_lease(realm).await.map_err(CopyError::Source)?;
            if let Some((lease, holder, ends_at)) = held {
                let remaining_seconds = ends_at.since(self.store.now()).as_secs() + 1;
                return Err(CopyError::InUse { holder, lease, remaining_seconds });
            }
        }
        Ok(())
    }
}
