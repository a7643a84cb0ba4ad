//! The store of an installation as an operator reaches it, beside its nodes and not through them: people and clients are
//! put into it, and rows are looked at.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use config::Config;
use doorward::start::{self, OsRandomness, SystemClock};
use protocol::{
    AccountId, KeyRing, MasterKey, Realm, client::Client, identifier::Identifier,
    randomness::random,
};
use serde_json::{Value, json};
use storage::{
    Engine, Expectation, Index, Record, Store, Stored,
    account_keys::AccountKey,
    accounts::Account,
    engine::{Batch, BatchId, Key, Outcome, Row, Write},
    identifiers::IdentifierRecord,
    passwords::Password,
    record::SCHEMA_READABLE_MAX,
};
use tokio::sync::OnceCell;

use super::node::{Node, master_key};
use crate::world::{PASSWORD, Person, RelyingParty, Wire, World, clients};

/// Cheap to clone.
#[derive(Clone)]
pub(crate) struct Ground {
    pub(crate) store: Store,
    ring: Arc<KeyRing>,
    people: Arc<AtomicU64>,
}

impl Ground {
    /// Over the store of `node`, which has it already.
    pub(crate) async fn open(node: &Node, database: SocketAddr) -> Self {
        let url = format!("ws://{database}");
        let named = [("DOORWARD_SURREAL__URL", url.as_str())];
        let config = Config::load(Some(&node.configuration()), named).expect("a configuration");
        let engine = start::open(&config, node.folder()).await.expect("the store opens");
        let store = Store::new(engine, Arc::new(SystemClock), Arc::new(OsRandomness));
        let key = MasterKey::parse(&master_key()).expect("a key");
        Self { store, ring: Arc::new(KeyRing::new(key)), people: Arc::default() }
    }

    pub(crate) fn engine(&self) -> &Arc<dyn Engine> {
        self.store.engine()
    }

    /// Somebody new.
    pub(crate) async fn person(&self) -> Person {
        let username = format!("person{}", self.people.fetch_add(1, Ordering::SeqCst));
        let (realm, account_id) = (Realm::main(), AccountId::new(self.store.randomness()));
        let key = AccountKey::new(&realm, account_id, &self.ring, self.store.randomness());
        let mut batch = self.store.batch();
        let (now, identifier) = (batch.now(), Identifier::canonical(&username).expect("a name"));
        let claims = serde_json::from_value(json!({ "name": username })).expect("claims");
        batch
            .create(&IdentifierRecord { identifier, realm: realm.clone(), account_id })
            .create(&Account::new(account_id, realm.clone(), claims, now))
            .create(&Password { account_id, realm, phc: phc().await, chosen_at: now })
            .create(&key.expect("it is sealed"));
        self.store.commit(batch).await.expect("the name is free");
        Person { account_id, ..Person::known(&username, PASSWORD) }
    }

    /// A confidential client, but for what `change` changes.
    pub(crate) async fn client(
        &self,
        wire: &Wire,
        change: impl FnOnce(&mut Client),
    ) -> RelyingParty {
        clients::register(&self.store, wire, change).await
    }

    /// A row as it is kept.
    pub(crate) async fn row(&self, table: &'static str, id: &str) -> Option<Row> {
        let key = Key { table, realm: Realm::main(), id: id.to_owned() };
        self.engine().get(&key, self.store.now()).await.expect("the store answers")
    }

    /// Writes a row as the release after this one would, with fields that this one does not know.
    pub(crate) async fn write_as_later<R: Record>(
        &self,
        stored: &Stored<R>,
        change: impl FnOnce(&mut Value),
    ) {
        let row = self.row(R::TABLE, &stored.id().to_string()).await.expect("a row");
        let mut fields = serde_json::from_slice(&row.body).expect("a JSON object");
        change(&mut fields);
        let mut indexes = stored.indexes();
        let subject = stored.subject().map(|account| Index::<R>::of_subject().entry(account));
        indexes.extend(subject);
        let write = Write::Put {
            key: row.key,
            tenant: stored.tenant(),
            schema: SCHEMA_READABLE_MAX,
            body: serde_json::to_vec(&fields).expect("JSON"),
            indexes,
            expires_at: row.expires_at,
            expectation: Some(Expectation::Version(row.version)),
        };
        let now = self.store.now();
        let id = BatchId::new(now, random(self.store.randomness()));
        let batch = Batch { id, now, writes: vec![write], checks: Vec::new() };
        assert_eq!(self.engine().commit(batch).await, Outcome::Committed);
    }

    /// The records of a kind that tell of somebody.
    pub(crate) async fn of<R: Record>(&self, person: AccountId) -> Vec<Stored<R>> {
        let tenant = (&Realm::main()).into();
        let found = self.store.having(&tenant, Index::<R>::of_subject(), person, None, 100).await;
        found.expect("the store answers").items
    }

    /// The fields of a row.
    pub(crate) async fn fields(&self, table: &'static str, id: &str) -> Option<Value> {
        let row = self.row(table, id).await?;
        Some(serde_json::from_slice(&row.body).expect("a JSON object"))
    }
}

/// The hash of everybody's password, made once.
async fn phc() -> String {
    static PHC: OnceCell<String> = OnceCell::const_new();
    let made = PHC.get_or_init(async || {
        let world = World::new().await;
        let somebody = world.person("somebody").await.account_id;
        let password = world.store().password(&world.realm(), somebody).await;
        password.expect("the store answers").expect("a password").phc.clone()
    });
    made.await.clone()
}
