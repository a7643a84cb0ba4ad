//! Records over an engine: read by the releases before and after the one that wrote them, and committed under what was
//! read.

#![expect(clippy::indexing_slicing, reason = "a test that finds less than it expects ends there")]

use std::sync::Arc;

use protocol::{Clock, OrganisationId, Realm, Tenant, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::ground::{Counted, NOW, after, batch, committed, main, ok, some};
use crate::{
    CommitError, Engine, Erasure, Expectation, Index, Record, Refusal, StorageError, Store,
    engine::{IndexEntry, Key, Write},
    record::{SCHEMA, SCHEMA_READABLE_MAX},
};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Thing {
    realm: Realm,
    id: u32,
    organisation_id: Option<OrganisationId>,
    name: String,
    state: State,
    expires_at: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Open { opened_at: Timestamp, by: Person },
    Closed { closed_at: Timestamp },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Person {
    name: String,
}

const BY_NAME: Index<Thing> = Index::unique("name");
const BY_STATE: Index<Thing> = Index::many("state");

impl Record for Thing {
    const TABLE: &'static str = "things";
    const ON_ERASURE: Erasure = Erasure::Keep;
    type Id = u32;

    fn id(&self) -> u32 {
        self.id
    }

    fn tenant(&self) -> Tenant {
        Tenant { realm: self.realm.clone(), organisation_id: self.organisation_id }
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        let state = if matches!(self.state, State::Open { .. }) { "open" } else { "closed" };
        vec![BY_NAME.entry(&self.name), BY_STATE.entry(state)]
    }

    fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }
}

struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        NOW
    }
}

fn store(engine: &Arc<dyn Engine>) -> Store {
    Store::new(engine.clone(), Arc::new(Still), Arc::new(Counted))
}

fn thing(id: u32) -> Thing {
    let state = State::Open { opened_at: NOW, by: Person { name: "Anna".into() } };
    Thing {
        realm: Realm::main(),
        id,
        organisation_id: None,
        name: format!("thing {id}"),
        state,
        expires_at: None,
    }
}

fn closed(thing: &Thing) -> Thing {
    Thing { state: State::Closed { closed_at: NOW }, ..thing.clone() }
}

/// A row as another release wrote it.
async fn written_elsewhere(engine: &dyn Engine, id: u32, schema: u16, body: Vec<u8>) {
    let key = Key { table: Thing::TABLE, realm: Realm::main(), id: id.to_string() };
    let write = Write::Put {
        key,
        tenant: main(),
        schema,
        body,
        indexes: Vec::new(),
        expires_at: None,
        expectation: None,
    };
    committed(engine, batch(vec![write])).await;
}

/// The encoding and the fields of a row.
async fn raw(engine: &dyn Engine, id: u32) -> (u16, Value) {
    let key = Key { table: Thing::TABLE, realm: Realm::main(), id: id.to_string() };
    let row = some(ok(engine.get(&key, NOW).await));
    (row.schema, ok(serde_json::from_slice(&row.body)))
}

async fn read(store: &Store, id: u32) -> crate::Stored<Thing> {
    some(ok(store.get::<Thing>(&Realm::main(), &id).await))
}

pub(crate) async fn a_record_is_read_back(engine: Arc<dyn Engine>) {
    let store = store(&engine);
    let organisation = Some(super::ground::organisation());
    let written = Thing { organisation_id: organisation, expires_at: Some(after(60)), ..thing(1) };
    let mut batch = store.batch();
    batch.create(&written);
    let version = ok(store.commit(batch).await);
    let by_id = read(&store, 1).await;
    assert_eq!((&by_id.record, by_id.version), (&written, version));
    let by_name = some(ok(store.find(&written.tenant(), BY_NAME, "thing 1").await));
    assert_eq!(by_name.record, written);
    let open = ok(store.having(&written.tenant(), BY_STATE, "open", None, 10).await);
    assert_eq!(open.items.len(), 1);
    assert!(open.next.is_none());
    assert!(
        ok(store.find(&main(), BY_NAME, "thing 1").await).is_none(),
        "it is the organisation's"
    );
}

pub(crate) async fn a_record_of_encoding_1_is_read_and_written_alike(engine: Arc<dyn Engine>) {
    let fixture = include_bytes!("../../fixtures/encoding_1/thing.json");
    written_elsewhere(&*engine, 9, 1, fixture.to_vec()).await;
    let store = store(&engine);
    let stored = read(&store, 9).await;
    let organisation_id = ok("org_000102030405060708090a0b0c0d0e0f".parse());
    let expected = Thing {
        organisation_id: Some(organisation_id),
        name: "Ninth".into(),
        expires_at: Some(after(60)),
        ..thing(9)
    };
    assert_eq!(stored.record, expected);
    let mut batch = store.batch();
    batch.replace(&stored, &expected);
    ok(store.commit(batch).await);
    assert_eq!(raw(&*engine, 9).await, (SCHEMA, ok(serde_json::from_slice(fixture))));
}

fn of_a_later_release(id: u32) -> Value {
    let mut value = ok(serde_json::to_value(thing(id)));
    value["colour"] = json!({ "red": 1 });
    value["state"]["open"]["reason"] = json!("new");
    value["state"]["open"]["by"]["nick"] = json!(["A"]);
    value
}

pub(crate) async fn fields_of_a_later_release_survive_a_rewrite(engine: Arc<dyn Engine>) {
    written_elsewhere(
        &*engine,
        1,
        SCHEMA_READABLE_MAX,
        ok(serde_json::to_vec(&of_a_later_release(1))),
    )
    .await;
    let store = store(&engine);
    for name in ["renamed", "renamed again"] {
        let stored = read(&store, 1).await;
        let mut batch = store.batch();
        batch.replace(&stored, &Thing { name: name.into(), ..stored.record.clone() });
        ok(store.commit(batch).await);
    }
    let mut expected = of_a_later_release(1);
    expected["name"] = json!("renamed again");
    assert_eq!(raw(&*engine, 1).await, (SCHEMA_READABLE_MAX, expected));
}

pub(crate) async fn fields_of_a_state_that_was_left_go_with_it(engine: Arc<dyn Engine>) {
    written_elsewhere(
        &*engine,
        1,
        SCHEMA_READABLE_MAX,
        ok(serde_json::to_vec(&of_a_later_release(1))),
    )
    .await;
    let store = store(&engine);
    let stored = read(&store, 1).await;
    let mut batch = store.batch();
    batch.replace(&stored, &closed(&stored));
    ok(store.commit(batch).await);
    let (_, fields) = raw(&*engine, 1).await;
    assert_eq!(fields["state"], json!({ "closed": { "closed_at": NOW } }), "a state is one thing");
    assert_eq!(fields["colour"], json!({ "red": 1 }));
    assert_eq!(read(&store, 1).await.record, closed(&stored));
}

pub(crate) async fn a_record_of_an_unreadable_encoding_is_refused(engine: Arc<dyn Engine>) {
    let body = ok(serde_json::to_vec(&thing(1)));
    written_elsewhere(&*engine, 1, SCHEMA_READABLE_MAX + 1, body).await;
    let answer = store(&engine).get::<Thing>(&Realm::main(), &1).await;
    assert!(
        matches!(&answer, Err(StorageError::Unreadable { table, id, .. }) if table == "things" && id == "1"),
        "{answer:?}"
    );
}

pub(crate) async fn a_damaged_record_is_refused(engine: Arc<dyn Engine>) {
    for (id, body) in [(1, r#"{}"#), (2, r#"{"realm":"#), (3, "[]"), (4, "")] {
        written_elsewhere(&*engine, id, SCHEMA, body.into()).await;
        let answer = store(&engine).get::<Thing>(&Realm::main(), &id).await;
        assert!(matches!(answer, Err(StorageError::Unreadable { .. })), "{body}");
    }
}

pub(crate) async fn a_record_created_twice_is_refused(engine: Arc<dyn Engine>) {
    let store = store(&engine);
    for is_first in [true, false] {
        let mut batch = store.batch();
        batch.create(&thing(1));
        assert_eq!(store.commit(batch).await.is_ok(), is_first);
    }
    let mut batch = store.batch();
    batch.create(&Thing { name: "thing 1".into(), ..thing(2) });
    let refusal = Refusal::NotUnique { table: "things", index: "name" };
    assert_eq!(store.commit(batch).await, Err(CommitError::Refused(refusal)));
}

pub(crate) async fn a_record_replaced_by_another_is_not_replaced_again(engine: Arc<dyn Engine>) {
    let store = store(&engine);
    let mut create = store.batch();
    create.create(&thing(1));
    ok(store.commit(create).await);
    let stored = read(&store, 1).await;
    let refusal = CommitError::Refused(Refusal::Expectation { table: "things", id: "1".into() });
    for expected in [Ok(()), Err(refusal.clone())] {
        let mut batch = store.batch();
        batch.replace(&stored, &closed(&stored));
        assert_eq!(store.commit(batch).await.map(drop), expected);
    }
    let mut batch = store.batch();
    batch.delete(&stored);
    assert_eq!(store.commit(batch).await.map(drop), Err(refusal));
    let mut batch = store.batch();
    batch.delete(&read(&store, 1).await);
    ok(store.commit(batch).await);
    assert!(ok(store.get::<Thing>(&Realm::main(), &1).await).is_none());
}

pub(crate) async fn a_record_checked_as_unchanged_must_be(engine: Arc<dyn Engine>) {
    let store = store(&engine);
    let mut create = store.batch();
    create.create(&thing(1));
    ok(store.commit(create).await);
    let stored = read(&store, 1).await;
    let mut batch = store.batch();
    batch.overwrite(&thing(2)).unchanged(&stored).check::<Thing>(
        &Realm::main(),
        &3,
        Expectation::Absent,
    );
    ok(store.commit(batch).await);
    let mut change = store.batch();
    change.overwrite(&closed(&thing(1)));
    ok(store.commit(change).await);
    let mut batch = store.batch();
    batch.remove::<Thing>(&Realm::main(), &2).unchanged(&stored);
    assert!(matches!(store.commit(batch).await, Err(CommitError::Refused(_))));
    assert!(ok(store.get::<Thing>(&Realm::main(), &2).await).is_some());
}

pub(crate) async fn pages_follow_one_another(engine: Arc<dyn Engine>) {
    let store = store(&engine);
    let mut batch = store.batch();
    for id in 10..20 {
        batch.create(&thing(id));
    }
    ok(store.commit(batch).await);
    let (mut ids, mut sizes, mut after) = (Vec::new(), Vec::new(), None);
    loop {
        let page = ok(store.all::<Thing>(&Realm::main(), after.as_ref(), 4).await);
        sizes.push(page.items.len());
        ids.extend(page.items.iter().map(|stored| stored.id));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(sizes, [4, 4, 2]);
    assert_eq!(ids, (10..20).collect::<Vec<_>>());
    let exact = ok(store.all::<Thing>(&Realm::main(), None, 10).await);
    assert!(exact.next.is_none(), "nothing follows a page that holds the last");
}
