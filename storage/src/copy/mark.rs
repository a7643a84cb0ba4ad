//! The mark of a copy that is not finished: it keeps nodes away, tells copies apart, and says where to go on.
//!
//! It is replaced in each batch that copies rows, so that rows and progress are written together, and of two runs on one
//! target the one that came later goes on alone.

use protocol::{Realm, Tenant, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Begin, CopyError, Copying, Survey, digest, rows, tables, unfinished};
use crate::{
    engine::{CommitError, Expectation, Row, StorageError},
    installation::{self, Installation},
    record::{Erasure, Record, Stored},
    store::Batch,
};

/// That a realm of this store is a copy which is not verified yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct UnfinishedCopy {
    pub(super) realm: Realm,
    /// The digest of the installation that is copied, in hexadecimal.
    pub(super) installation: String,
    /// The digest of all that is copied, in hexadecimal.
    pub(super) digest: String,
    /// The instant by which expiry is judged.
    pub(super) began_at: Timestamp,
    /// Rows of this realm that were copied.
    pub(super) rows: u64,
    /// The last of them: its table and its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) last: Option<(String, String)>,
}

/// The one id of its kind in a realm.
pub(crate) const MARK_ID: &str = "copy";

impl Record for UnfinishedCopy {
    const TABLE: &'static str = "unfinished_copies";
    const ON_ERASURE: Erasure = Erasure::Keep;
    type Id = String;

    fn id(&self) -> String {
        MARK_ID.into()
    }

    fn tenant(&self) -> Tenant {
        (&self.realm).into()
    }
}

impl UnfinishedCopy {
    /// Lets `batch` commit only where no copy is under way.
    pub(crate) fn refuse(batch: &mut Batch, realm: &Realm) {
        batch.check::<Self>(realm, &MARK_ID.to_owned(), Expectation::Absent);
    }
}

impl Copying {
    /// The marks of an earlier run, one a realm, where it is gone on with; none where the target is empty.
    pub(super) async fn begun(
        &self,
        begin: Begin,
    ) -> Result<Vec<Stored<UnfinishedCopy>>, CopyError> {
        let mut found = Vec::new();
        for realm in &self.source.realms {
            found.extend(unfinished(&self.target, realm).await.map_err(target)?);
        }
        if found.is_empty() {
            return self.is_empty().await.map(|()| found);
        }
        if begin == Begin::Anew {
            return Err(CopyError::CutShort);
        }
        for mark in &found {
            let installation = self.source.installation(&mark.realm).await?;
            if mark.installation != named(&installation)? {
                return Err(CopyError::OtherSource);
            }
        }
        if found.len() == self.source.realms.len() {
            Ok(found)
        } else {
            Err(CopyError::OtherSource)
        }
    }

    async fn is_empty(&self) -> Result<(), CopyError> {
        let now = self.target.now();
        for table in tables() {
            for realm in &self.source.realms {
                let found = rows::page(&self.target, (table.name, realm), None, (1, now)).await;
                if !found.map_err(target)?.is_empty() {
                    return Err(CopyError::NotEmpty { table: table.name });
                }
            }
        }
        Ok(())
    }

    /// Takes over the marks that were found, so that a run which is still under way ends; makes them where there are
    /// none, if the target is still nobody's.
    pub(super) async fn mark(
        &self,
        found: Vec<Stored<UnfinishedCopy>>,
        began_at: Timestamp,
        survey: &Survey,
    ) -> Result<Vec<Stored<UnfinishedCopy>>, CopyError> {
        fits(&found, survey)?;
        let digest = survey.digest();
        let mut batch = self.target.batch();
        let mut marks = Vec::new();
        for mark in &found {
            batch.replace(mark, &mark.record);
            marks.push((mark.record.clone(), mark.unknown.clone()));
        }
        for realm in self.source.realms.iter().filter(|_| found.is_empty()) {
            let installation = named(&self.source.installation(realm).await?)?;
            let (realm, digest) = (realm.clone(), digest.clone());
            let mark =
                UnfinishedCopy { realm, installation, digest, began_at, rows: 0, last: None };
            let id = installation::ID.to_owned();
            batch.create(&mark).check::<Installation>(&mark.realm, &id, Expectation::Absent);
            marks.push((mark, None));
        }
        let version = self.target.commit(batch).await.map_err(written)?;
        let stored = |(record, unknown)| Stored { record, version, unknown };
        Ok(marks.into_iter().map(stored).collect())
    }

    /// Takes the marks away: nodes may serve from then on.
    pub(super) async fn finish(&self, marks: Vec<Stored<UnfinishedCopy>>) -> Result<(), CopyError> {
        let mut batch = self.target.batch();
        for mark in &marks {
            batch.delete(mark);
        }
        self.target.commit(batch).await.map(drop).map_err(written)
    }
}

/// Whether what an earlier run began to copy is what the source holds.
pub(super) fn fits(found: &[Stored<UnfinishedCopy>], survey: &Survey) -> Result<(), CopyError> {
    let digest = survey.digest();
    let is_same = found.iter().all(|mark| mark.digest == digest);
    if is_same { Ok(()) } else { Err(CopyError::SourceChanged) }
}

/// Names an installation: the digest of its record.
fn named(installation: &Row) -> Result<String, CopyError> {
    Ok(digest::hexadecimal(&digest::of(installation).map_err(CopyError::Source)?))
}

fn target(error: StorageError) -> CopyError {
    CopyError::Target(error.into())
}

/// Why a batch of a copy was not committed.
pub(super) fn written(error: CommitError) -> CopyError {
    match error {
        CommitError::Refused(refusal) => CopyError::TargetChanged { table: refusal.table() },
        error => CopyError::Target(error),
    }
}
