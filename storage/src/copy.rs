//! Copying everything from one store into another, whatever engines serve them: what is copied, what is refused, and
//! when a copy may be believed.
//!
//! Rows go through the engine's contract and by the list of records (`erasure.rs`): each with its encoding, its body with
//! the fields of later releases, and its expiry, to the letter. Left behind are rows that have expired, the ids of batches
//! and the log of changes. Each row has a new version in the target, the batch that copied it: nothing that is stored
//! names a version.
//!
//! Everything is judged by one instant, the one at which the copy began, so that what expires meanwhile changes nothing. The
//! source must not be in use: its change log is read until the end, and a copy of a source that changed is not verified.
//! The target bears a mark ([`mark`]) until the copy is verified, and serves nobody before.

mod digest;
mod mark;
mod rows;
mod source;
mod survey;
mod watch;

use protocol::{Realm, Timestamp};

use crate::{
    engine::{CommitError, StorageError},
    erasure::{TABLES, Table},
    record::{Record, Stored},
    store::Store,
};
pub(crate) use mark::{MARK_ID, UnfinishedCopy};
pub use source::Source;
pub use survey::{Survey, TableSurvey};
use watch::Watch;

/// Copies one store into another.
pub struct Copying {
    /// What is copied.
    pub source: Source,
    /// Where it goes: an empty store, or one that holds the beginning of this copy.
    pub target: Store,
}

/// What the target may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begin {
    /// Nothing.
    Anew,
    /// Also what an earlier run of the same copy left, which is gone on with.
    Resume,
}

/// What a copy is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The source is read, to count and to see that every row can be copied.
    Reading,
    /// Rows are written.
    Copying,
    /// Both sides are read and compared.
    Verifying,
}

/// Hears how far a copy is.
pub trait Progress: Send + Sync {
    /// A stage begins, of so many rows if that is known, of which so many are done already.
    fn begins(&self, stage: Stage, rows: Option<u64>, done: u64);

    /// So many more rows of a table are done.
    fn advances(&self, table: &'static str, rows: u64);
}

/// A copy that is complete and verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// What both sides hold.
    pub survey: Survey,
    /// Rows that this run wrote; the rest was there from the runs before it.
    pub written: u64,
}

/// Why a copy was not made, or may not be believed.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// Nothing has served on the source.
    #[error("the source holds no installation")]
    NothingToCopy,
    /// The source is not whole.
    #[error("the source is itself a copy that was not finished")]
    SourceUnfinished,
    /// A node works on the source.
    #[error(
        "the source is in use: {holder} holds the lease {lease} for another {remaining_seconds} s. Stop every node, and wait so long"
    )]
    InUse {
        /// The node.
        holder: String,
        /// What it holds.
        lease: String,
        /// For how long, in seconds.
        remaining_seconds: u64,
    },
    /// Somebody wrote to the source.
    #[error(
        "the source has changed since the copy began, so the copy is not whole: stop every node, empty the target, begin anew"
    )]
    SourceChanged,
    /// There is something in the target.
    #[error("the target is not empty: it has rows in {table}, and no copy into it was cut short")]
    NotEmpty {
        /// The first table with rows.
        table: &'static str,
    },
    /// The target holds the beginning of a copy.
    #[error("the target holds a copy that was cut short: go on with it (--resume), or empty it")]
    CutShort,
    /// The target holds the beginning of another copy.
    #[error(
        "the target holds the beginning of a copy of another installation: empty it, or take another"
    )]
    OtherSource,
    /// Somebody else writes to the target.
    #[error("somebody else writes to the target: {table} is not as this copy left it")]
    TargetChanged {
        /// Where it was seen.
        table: &'static str,
    },
    /// The sides differ.
    #[error(
        "the copy differs from the source in {table} ({source_rows} rows there, {target_rows} in the copy): empty the target, begin anew"
    )]
    Mismatch {
        /// The first table that differs.
        table: &'static str,
        /// Rows in the source.
        source_rows: u64,
        /// Rows in the target.
        target_rows: u64,
    },
    /// The source did not answer, or has a row that this release cannot read.
    #[error("the source: {0}")]
    Source(StorageError),
    /// The target did not answer. What was copied stays.
    #[error("the target: {0}")]
    Target(CommitError),
}

impl Copying {
    /// Does what [`Self::copy`] does before its first write, and tells what would be copied. Nodes may serve on the source:
    /// then it tells of this moment.
    ///
    /// # Errors
    /// [`CopyError`].
    pub async fn rehearse(
        &self,
        begin: Begin,
        progress: &dyn Progress,
    ) -> Result<Survey, CopyError> {
        self.source.is_whole().await?;
        let found = self.begun(begin).await?;
        let at = found.first().map_or_else(|| self.source.store.now(), |mark| mark.began_at);
        progress.begins(Stage::Reading, None, 0);
        let survey = self.source.survey(at, progress).await?;
        mark::fits(&found, &survey).map(|()| survey)
    }

    /// Copies every row, compares both sides, and lets the target be served.
    ///
    /// A copy that fails once it has written leaves its mark, and what it has copied, in the target.
    ///
    /// # Errors
    /// [`CopyError`].
    pub async fn copy(&self, begin: Begin, progress: &dyn Progress) -> Result<Copied, CopyError> {
        self.source.is_whole().await?;
        self.source.is_not_in_use().await?;
        let mut watch = Watch::begin(&self.source.store).await?;
        let found = self.begun(begin).await?;
        let at = found.first().map_or_else(|| self.source.store.now(), |mark| mark.began_at);
        progress.begins(Stage::Reading, None, 0);
        let survey = self.source.survey(at, progress).await?;
        let mut marks = self.mark(found, at, &survey).await?;

        let done = marks.iter().map(|mark| mark.rows).sum();
        progress.begins(Stage::Copying, Some(survey.rows()), done);
        let mut written = 0;
        for mark in &mut marks {
            written += self.copy_rows(mark, &mut watch, progress).await?;
        }

        progress.begins(Stage::Verifying, Some(survey.rows().saturating_mul(2)), 0);
        self.verify((&survey, at), &mut watch, progress).await?;
        self.finish(marks).await?;
        Ok(Copied { survey, written })
    }

    /// Reads both sides, and holds them against what was to be copied.
    async fn verify(
        &self,
        (expected, at): (&Survey, Timestamp),
        watch: &mut Watch,
        progress: &dyn Progress,
    ) -> Result<(), CopyError> {
        let source = self.source.survey(at, progress).await?;
        if source != *expected {
            return Err(CopyError::SourceChanged);
        }
        let target = survey::of(&self.target, &self.source.realms, at, |table, found| {
            progress.advances(table.name, found.len() as u64);
            Ok(())
        });
        let target = target.await.map_err(|error| CopyError::Target(error.into()))?;
        watch.still(&self.source.store).await?;
        match source.first_difference(&target) {
            None => Ok(()),
            Some((source, target)) => Err(CopyError::Mismatch {
                table: source.table,
                source_rows: source.rows,
                target_rows: target.rows,
            }),
        }
    }
}

async fn unfinished(
    store: &Store,
    realm: &Realm,
) -> Result<Option<Stored<UnfinishedCopy>>, StorageError> {
    store.get(realm, &MARK_ID.to_owned()).await
}

/// The tables whose rows are copied: all but the mark's.
fn tables() -> impl Iterator<Item = Table> {
    TABLES.into_iter().filter(|table| table.name != UnfinishedCopy::TABLE)
}
