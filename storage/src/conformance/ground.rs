//! Short words for rows, batches and questions.

use std::{
    ops::Bound,
    sync::atomic::{AtomicU64, Ordering},
};

use protocol::{OrganisationId, Randomness, Realm, Tenant, Timestamp};

use crate::engine::{
    Batch, BatchId, Check, Engine, Expectation, IndexEntry, IndexKey, Key, Outcome, Position,
    Range, Refusal, Row, Version, Write,
};

/// When the tests take place.
pub(crate) const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// The table of most tests.
pub(crate) const TABLE: &str = "things";

/// `seconds` after [`NOW`].
pub(crate) const fn after(seconds: u64) -> Timestamp {
    Timestamp::from_millis(NOW.as_millis() + seconds * 1000)
}

/// Bytes that never come again in this process.
pub(crate) struct Counted;

impl Randomness for Counted {
    fn fill(&self, bytes: &mut [u8]) {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let next = NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        bytes.iter_mut().rev().zip(next.iter().rev()).for_each(|(to, from)| *to = *from);
    }
}

pub(crate) fn organisation() -> OrganisationId {
    OrganisationId::new(&Counted)
}

pub(crate) fn of(organisation_id: OrganisationId) -> Tenant {
    Tenant { realm: Realm::main(), organisation_id: Some(organisation_id) }
}

pub(crate) fn key(id: &str) -> Key {
    Key { table: TABLE, realm: Realm::main(), id: id.into() }
}

/// A row to put.
pub(crate) struct Put {
    pub(crate) key: Key,
    tenant: Tenant,
    body: String,
    indexes: Vec<IndexEntry>,
    expires_at: Option<Timestamp>,
    expectation: Option<Expectation>,
}

pub(crate) fn put(id: &str) -> Put {
    let key = key(id);
    let tenant = (&key.realm).into();
    Put { key, tenant, body: "{}".into(), indexes: Vec::new(), expires_at: None, expectation: None }
}

impl Put {
    pub(crate) fn body(self, body: impl Into<String>) -> Self {
        Self { body: body.into(), ..self }
    }

    pub(crate) fn table(mut self, table: &'static str) -> Self {
        self.key.table = table;
        self
    }

    pub(crate) fn realm(mut self, realm: &Realm) -> Self {
        self.key.realm = realm.clone();
        self.tenant = realm.into();
        self
    }

    pub(crate) fn of(self, organisation_id: OrganisationId) -> Self {
        Self { tenant: of(organisation_id), ..self }
    }

    /// In an index in which many may hold a value.
    pub(crate) fn many(mut self, index: &'static str, value: impl Into<String>) -> Self {
        self.indexes.push(IndexEntry { index, value: value.into(), unique: false });
        self
    }

    pub(crate) fn unique(mut self, index: &'static str, value: impl Into<String>) -> Self {
        self.indexes.push(IndexEntry { index, value: value.into(), unique: true });
        self
    }

    pub(crate) fn until(self, expires_at: Timestamp) -> Self {
        Self { expires_at: Some(expires_at), ..self }
    }

    pub(crate) fn expect(self, expectation: Expectation) -> Self {
        Self { expectation: Some(expectation), ..self }
    }

    pub(crate) fn write(self) -> Write {
        let Self { key, tenant, body, indexes, expires_at, expectation } = self;
        Write::Put {
            key,
            tenant,
            schema: 1,
            body: body.into_bytes(),
            indexes,
            expires_at,
            expectation,
        }
    }
}

impl From<Put> for Write {
    fn from(put: Put) -> Self {
        put.write()
    }
}

pub(crate) fn delete(id: &str) -> Write {
    Write::Delete { key: key(id), expectation: None }
}

pub(crate) fn delete_if(id: &str, expectation: Expectation) -> Write {
    Write::Delete { key: key(id), expectation: Some(expectation) }
}

/// A batch at [`NOW`].
pub(crate) fn batch(writes: Vec<Write>) -> Batch {
    batch_at(NOW, writes)
}

pub(crate) fn batch_at(now: Timestamp, writes: Vec<Write>) -> Batch {
    let id = BatchId::new(now, protocol::randomness::random(&Counted));
    Batch { id, now, writes, checks: Vec::new() }
}

/// A batch at [`NOW`] that also checks a row.
pub(crate) fn batch_if(id: &str, expectation: Expectation, writes: Vec<Write>) -> Batch {
    Batch { checks: vec![Check { key: key(id), expectation }], ..batch(writes) }
}

/// Commits, which must succeed.
pub(crate) async fn commit(engine: &dyn Engine, writes: Vec<Write>) -> Version {
    committed(engine, batch(writes)).await
}

pub(crate) async fn committed(engine: &dyn Engine, batch: Batch) -> Version {
    let id = batch.id;
    assert_eq!(engine.commit(batch).await, Outcome::Committed);
    id
}

/// That the batch is refused for what it expects of a row.
pub(crate) async fn refused(engine: &dyn Engine, batch: Batch, id: &str) {
    let refusal = Refusal::Expectation { table: TABLE, id: id.into() };
    assert_eq!(engine.commit(batch).await, Outcome::Refused(refusal));
}

/// That the batch is refused for a unique index.
pub(crate) async fn not_unique(engine: &dyn Engine, batch: Batch, index: &'static str) {
    assert_eq!(
        engine.commit(batch).await,
        Outcome::Refused(Refusal::NotUnique { table: TABLE, index })
    );
}

/// The row at [`NOW`].
pub(crate) async fn get(engine: &dyn Engine, id: &str) -> Option<Row> {
    get_at(engine, id, NOW).await
}

pub(crate) async fn get_at(engine: &dyn Engine, id: &str, now: Timestamp) -> Option<Row> {
    ok(engine.get(&key(id), now).await)
}

/// The body at [`NOW`].
pub(crate) async fn body(engine: &dyn Engine, id: &str) -> Option<String> {
    get(engine, id).await.map(|row| ok(String::from_utf8(row.body)))
}

/// The id of the row that holds a unique value.
pub(crate) async fn holder(
    engine: &dyn Engine,
    tenant: Tenant,
    index: &'static str,
    value: &str,
) -> Option<String> {
    holder_at(engine, tenant, (index, value), NOW).await
}

pub(crate) async fn holder_at(
    engine: &dyn Engine,
    tenant: Tenant,
    (index, value): (&'static str, &str),
    now: Timestamp,
) -> Option<String> {
    let key = IndexKey { table: TABLE, index, tenant, value: value.into() };
    ok(engine.find(&key, now).await).map(|row| row.key.id)
}

pub(crate) fn main() -> Tenant {
    Realm::main().into()
}

/// All of an index, or of a table.
pub(crate) fn all(index: Option<&'static str>, tenant: Tenant) -> Range {
    Range { table: TABLE, index, tenant, from: Bound::Unbounded, to: Bound::Unbounded }
}

/// The ids of a scan at [`NOW`].
pub(crate) async fn ids(engine: &dyn Engine, range: &Range) -> Vec<String> {
    page(engine, range, None, 1_000).await.into_iter().map(|position| position.id).collect()
}

pub(crate) async fn page(
    engine: &dyn Engine,
    range: &Range,
    after: Option<&Position>,
    limit: usize,
) -> Vec<Position> {
    ok(engine.scan(range, after, limit, NOW).await)
        .into_iter()
        .map(|found| found.position)
        .collect()
}

/// What must not fail in a test.
#[track_caller]
#[expect(clippy::panic, reason = "a test that cannot go on ends here")]
pub(crate) fn ok<T, E: std::fmt::Debug>(result: Result<T, E>) -> T {
    result.unwrap_or_else(|error| panic!("{error:?}"))
}

/// What must be there in a test.
#[track_caller]
pub(crate) fn some<T>(value: Option<T>) -> T {
    ok(value.ok_or("nothing is there"))
}
