//! The typed door to an engine: what every concern reads and commits through.

use std::{fmt, ops::Bound, sync::Arc, time::Duration};

use protocol::{
    Clock, Randomness, Realm, Tenant, Timestamp,
    mutant::{self, Mutant},
    randomness::random,
};

use crate::{
    engine::{
        self, BatchId, Check, CommitError, Engine, Expectation, IndexEntry, IndexKey, Key, Outcome,
        Position, Range, Row, StorageError, Version, Write,
    },
    feed::Feed,
    record::{Erasure, Index, Record, Stored, Unknown, decode, encode, realm_of},
};

/// How often, and how long apart, the outcome of a batch is asked for when its answer was lost.
const LOOK_UPS_MAX: u32 = 5;
const LOOK_UP_WAIT: Duration = Duration::from_millis(50);

/// Reads and commits records. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    engine: Arc<dyn Engine>,
    clock: Arc<dyn Clock>,
    randomness: Arc<dyn Randomness>,
    feed: Arc<Feed>,
}

/// A page of a scan.
#[derive(Debug)]
pub struct Page<R> {
    /// The records, in order.
    pub items: Vec<Stored<R>>,
    /// Where the next page begins; nothing when this was the last.
    pub next: Option<Position>,
}

impl Store {
    /// Over `engine`, with the time and chance of the caller.
    pub fn new(
        engine: Arc<dyn Engine>,
        clock: Arc<dyn Clock>,
        randomness: Arc<dyn Randomness>,
    ) -> Self {
        Self { engine, clock, randomness, feed: Arc::default() }
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The source of chance.
    pub fn randomness(&self) -> &dyn Randomness {
        &*self.randomness
    }

    /// The engine below, for what goes over all records.
    pub fn engine(&self) -> &Arc<dyn Engine> {
        &self.engine
    }

    /// Who keeps what was read through this store, and how much of the changes of others they have been told.
    pub fn feed(&self) -> &Arc<Feed> {
        &self.feed
    }

    /// The record with this id.
    pub async fn get<R: Record>(
        &self,
        realm: &Realm,
        id: &R::Id,
    ) -> Result<Option<Stored<R>>, StorageError> {
        let key = key::<R>(realm, id);
        self.engine.get(&key, self.now()).await?.map(|row| decode(&row)).transpose()
    }

    /// The record that holds `value` in a unique index.
    pub async fn find<R: Record>(
        &self,
        tenant: &Tenant,
        index: Index<R>,
        value: impl fmt::Display,
    ) -> Result<Option<Stored<R>>, StorageError> {
        let key = IndexKey {
            table: R::TABLE,
            index: index.name(),
            tenant: tenant.clone(),
            value: value.to_string(),
        };
        self.engine.find(&key, self.now()).await?.map(|row| decode(&row)).transpose()
    }

    /// At most `limit` records that hold `value` in an index, after `after`.
    pub async fn having<R: Record>(
        &self,
        tenant: &Tenant,
        index: Index<R>,
        value: impl fmt::Display,
        after: Option<&Position>,
        limit: usize,
    ) -> Result<Page<R>, StorageError> {
        let value = value.to_string();
        let range = Range {
            table: R::TABLE,
            index: Some(index.name()),
            tenant: tenant.clone(),
            from: Bound::Included(value.clone()),
            to: Bound::Included(value),
        };
        self.page(&range, after, limit).await
    }

    /// At most `limit` records of a tenant in the order of an index, after `after`.
    pub async fn ordered<R: Record>(
        &self,
        tenant: &Tenant,
        index: Index<R>,
        (from, to): (Bound<String>, Bound<String>),
        after: Option<&Position>,
        limit: usize,
    ) -> Result<Page<R>, StorageError> {
        let range =
            Range { table: R::TABLE, index: Some(index.name()), tenant: tenant.clone(), from, to };
        self.page(&range, after, limit).await
    }

    /// At most `limit` records of a realm in the order of their ids, after `after`.
    pub async fn all<R: Record>(
        &self,
        realm: &Realm,
        after: Option<&Position>,
        limit: usize,
    ) -> Result<Page<R>, StorageError> {
        let range = Range {
            table: R::TABLE,
            index: None,
            tenant: realm.into(),
            from: Bound::Unbounded,
            to: Bound::Unbounded,
        };
        self.page(&range, after, limit).await
    }

    async fn page<R: Record>(
        &self,
        range: &Range,
        after: Option<&Position>,
        limit: usize,
    ) -> Result<Page<R>, StorageError> {
        let mut found = self.engine.scan(range, after, limit.saturating_add(1), self.now()).await?;
        let is_last = found.len() <= limit;
        found.truncate(limit);
        let next = if is_last { None } else { found.last().map(|found| found.position.clone()) };
        let items = found.iter().map(|found| decode(&found.row)).collect::<Result<_, _>>()?;
        Ok(Page { items, next })
    }

    /// An empty batch, with its id and instant.
    pub fn batch(&self) -> Batch {
        let now = self.now();
        let id = BatchId::new(now, random(&*self.randomness));
        Batch {
            inner: engine::Batch { id, now, writes: Vec::new(), checks: Vec::new() },
            malformed: None,
        }
    }

    /// Commits: durable when it returns the version that every written record now has.
    ///
    /// A lost answer is resolved by looking the batch's id up, never by sending it again. Whoever keeps what the batch
    /// wrote has forgotten it when this returns.
    #[tracing::instrument(level = "debug", name = "storage.commit", skip_all)]
    pub async fn commit(&self, mut batch: Batch) -> Result<Version, CommitError> {
        if let Some(error) = batch.malformed {
            return Err(error.into());
        }
        let id = batch.inner.id;
        let tables = batch.inner.writes.iter().map(|write| write.key().table);
        let is_held = mutant::holds_after_commit(tables);
        let _forgets =
            (!Mutant::ForgetsOwn.is_out()).then(|| self.feed.forgets(&batch.inner.writes));
        if Mutant::Checks.is_out() {
            batch.inner.checks.clear();
        }
        let sent_again = Mutant::BatchLookUp.is_out().then(|| engine::Batch {
            id: BatchId::new(self.now(), random(&*self.randomness)),
            ..batch.inner.clone()
        });
        let mut outcome = self.engine.commit(batch.inner).await;
        if let Some(again) = sent_again.filter(|_| outcome == Outcome::Unknown) {
            outcome = self.engine.commit(again).await;
        }
        match outcome {
            Outcome::Committed if is_held => held().await,
            Outcome::Committed => Ok(id),
            Outcome::Refused(refusal) => Err(refusal.into()),
            Outcome::NotApplied(error) => Err(error.into()),
            Outcome::Unknown => self.look_up(id).await,
        }
    }

    async fn look_up(&self, id: BatchId) -> Result<Version, CommitError> {
        for look_up in 1..=LOOK_UPS_MAX {
            match self.engine.is_committed(id).await {
                Ok(true) => return Ok(id),
                Ok(false) => {
                    let reason = "the connection went before the commit".into();
                    return Err(StorageError::Unavailable { reason }.into());
                }
                Err(error) => {
                    tracing::warn!(%id, %error, look_up, "the outcome of a batch is not known yet")
                }
            }
            tokio::time::sleep(LOOK_UP_WAIT * look_up).await;
        }
        Err(CommitError::Unknown)
    }
}

/// Where a test has asked for it a commit gives no answer: the process is killed here.
async fn held() -> Result<Version, CommitError> {
    tracing::error!("held after a commit");
    std::future::pending().await
}

/// Writes and checks that are committed together.
#[must_use = "a batch does nothing until it is committed"]
pub struct Batch {
    inner: engine::Batch,
    malformed: Option<StorageError>,
}

impl Batch {
    /// The instant of the batch: the `now` of whatever it records.
    pub fn now(&self) -> Timestamp {
        self.inner.now
    }

    /// The version that every record it writes will have.
    pub fn version(&self) -> Version {
        self.inner.id
    }

    /// How many rows it writes.
    pub fn len(&self) -> usize {
        self.inner.writes.len()
    }

    /// Whether it writes nothing.
    pub fn is_empty(&self) -> bool {
        self.inner.writes.is_empty()
    }

    /// Whether it writes the record with this id, which it then need not and must not check.
    pub fn writes<R: Record>(&self, realm: &Realm, id: &R::Id) -> bool {
        let key = key::<R>(realm, id);
        self.inner.writes.iter().any(|write| *write.key() == key)
    }

    /// Puts a record that must not exist yet.
    pub fn create<R: Record>(&mut self, record: &R) -> &mut Self {
        self.write(record, None, Some(Expectation::Absent))
    }

    /// Puts a record in place of the one that was read, which must still be as it was read.
    pub fn replace<R: Record>(&mut self, old: &Stored<R>, new: &R) -> &mut Self {
        self.write(new, old.unknown.as_deref(), Some(Expectation::Version(old.version)))
    }

    /// Puts a record over whatever is there.
    pub fn overwrite<R: Record>(&mut self, record: &R) -> &mut Self {
        self.write(record, None, None)
    }

    /// Deletes the record that was read, which must still be as it was read.
    pub fn delete<R: Record>(&mut self, old: &Stored<R>) -> &mut Self {
        let key = key::<R>(&realm_of(&old.record), &old.record.id());
        self.inner
            .writes
            .push(Write::Delete { key, expectation: Some(Expectation::Version(old.version)) });
        self
    }

    /// Deletes the record with this id, if it is there.
    pub fn remove<R: Record>(&mut self, realm: &Realm, id: &R::Id) -> &mut Self {
        self.inner.writes.push(Write::Delete { key: key::<R>(realm, id), expectation: None });
        self
    }

    /// Requires that a record which this batch does not write is still as it was read.
    pub fn unchanged<R: Record>(&mut self, read: &Stored<R>) -> &mut Self {
        let key = key::<R>(&realm_of(&read.record), &read.record.id());
        self.inner.checks.push(Check { key, expectation: Expectation::Version(read.version) });
        self
    }

    /// Requires something of a record that this batch does not write.
    pub fn check<R: Record>(
        &mut self,
        realm: &Realm,
        id: &R::Id,
        expectation: Expectation,
    ) -> &mut Self {
        self.inner.checks.push(Check { key: key::<R>(realm, id), expectation });
        self
    }

    /// Adds writes of rows whose kind is only known by name.
    pub(crate) fn write_raw(&mut self, writes: impl IntoIterator<Item = Write>) {
        self.inner.writes.extend(writes);
    }

    fn write<R: Record>(
        &mut self,
        record: &R,
        unknown: Option<&Unknown>,
        expectation: Option<Expectation>,
    ) -> &mut Self {
        match encode(record, unknown) {
            Ok((schema, body)) => self.inner.writes.push(Write::Put {
                key: key::<R>(&realm_of(record), &record.id()),
                tenant: record.tenant(),
                schema,
                body,
                indexes: indexes(record),
                expires_at: record.expires_at(),
                expectation,
            }),
            Err(error) => self.malformed = Some(error),
        }
        self
    }
}

/// The write that puts a row as it was read into a store that does not have it: its encoding and its body to the letter,
/// its indexes as this release has them.
pub(crate) fn put_as_read<R: Record>(row: &Row) -> Result<Write, StorageError> {
    let record = decode::<R>(row)?.record;
    Ok(Write::Put {
        key: row.key.clone(),
        tenant: record.tenant(),
        schema: row.schema,
        body: row.body.clone(),
        indexes: indexes(&record),
        expires_at: row.expires_at,
        expectation: Some(Expectation::Absent),
    })
}

/// Its own indexes, and the one by which it is found when its subject is erased.
fn indexes<R: Record>(record: &R) -> Vec<IndexEntry> {
    let mut indexes = record.indexes();
    if R::ON_ERASURE == Erasure::Delete {
        indexes
            .extend(record.subject().map(|account_id| Index::<R>::of_subject().entry(account_id)));
    }
    indexes
}

fn key<R: Record>(realm: &Realm, id: &R::Id) -> Key {
    Key { table: R::TABLE, realm: realm.clone(), id: id.to_string() }
}
