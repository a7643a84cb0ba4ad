//! Erasing an account: one of each record is made, and none is found afterwards (DESIGN 5).

#![expect(
    clippy::expect_used,
    clippy::too_many_lines,
    reason = "a test that cannot go on has failed; one record of each kind is a long list"
)]

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use protocol::{
    AccountId, ClientId, Clock, GrantId, KeyRing, MasterKey, Randomness, Realm, SessionId,
    SignInId, Timestamp, Token,
    authorize::AuthorizationRequest,
    claims::StandardClaims,
    event::{Act, Actor, Event, Personal},
    scope::ScopeSet,
    sign_in::{SessionFacts, SignInState},
};
use storage::{
    Batch, Erasure, Store,
    account_keys::AccountKey,
    accounts::{Account, AccountState},
    codes::{Code, CodeState},
    consents::Consent,
    ended_sessions::EndedSession,
    engine::Range,
    erasure::{TABLES, Tombstone},
    grants::Grant,
    identifiers::IdentifierRecord,
    lockouts::Lockout,
    passwords::Password,
    refresh_tokens::{RefreshToken, RefreshTokenState},
    sessions::Session,
    sign_ins::SignIn,
};
use storage_redb::Redb;

const NOW: Timestamp = Timestamp::from_seconds(1_790_000_000);

struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        NOW
    }
}

#[derive(Default)]
struct Counted(AtomicU64);

impl Randomness for Counted {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
        for (to, from) in bytes.iter_mut().zip(self.0.fetch_add(1, Ordering::Relaxed).to_le_bytes())
        {
            *to = from;
        }
    }
}

fn store() -> Store {
    Store::new(
        Arc::new(Redb::in_memory().expect("in memory")),
        Arc::new(Still),
        Arc::new(Counted::default()),
    )
}

fn request(client_id: ClientId) -> AuthorizationRequest {
    let request = serde_json::json!({
        "client_id": client_id, "redirect_uri": "https://client.example/", "response_type": "code",
        "response_mode": "query", "scope": "openid",
    });
    serde_json::from_value(request).expect("a request as it is stored")
}

/// Puts one record of each kind that tells of `account_id`.
fn put_one_of_each(store: &Store, batch: &mut Batch, ring: &KeyRing, account_id: AccountId) {
    let (realm, chance) = (Realm::main(), store.randomness());
    let (client_id, grant_id) = (ClientId::new(chance), GrantId::new(chance));
    let (session_id, token) = (SessionId::new(chance), Token::new(chance));
    let scope: ScopeSet = "openid".parse().expect("a scope");
    let later = NOW + Duration::from_secs(3600);
    let amr = vec!["pwd".to_owned()];
    let state = AccountState::Active;
    let facts = SessionFacts { session_id, account_id, authenticated_at: NOW, amr: amr.clone() };
    batch
        .create(&Account {
            account_id,
            realm: realm.clone(),
            state,
            claims: StandardClaims::default(),
            created_at: NOW,
        })
        .create(&Password {
            account_id,
            realm: realm.clone(),
            phc: "$argon2id$".into(),
            chosen_at: NOW,
        })
        .create(&AccountKey::new(&realm, account_id, ring, chance).expect("a key"))
        .create(&IdentifierRecord {
            identifier: format!("{account_id}@example.com").parse().expect("a name"),
            realm: realm.clone(),
            account_id,
        })
        .create(&Grant {
            grant_id,
            realm: realm.clone(),
            client_id,
            account_id,
            session_id,
            offline: true,
            scope: scope.clone(),
            authenticated_at: NOW,
            amr: amr.clone(),
            given_at: NOW,
            refreshable_until: later,
            expires_at: later,
            revoked: None,
        })
        .create(&Session {
            session_id,
            realm: realm.clone(),
            account_id,
            cookie: token.hash(),
            authenticated_at: NOW,
            amr: amr.clone(),
            started_at: NOW,
            last_seen_at: NOW,
            idle_timeout_ms: 3_600_000,
            ends_at: later,
            remembered: false,
            address: None,
            user_agent: None,
        })
        .create(&EndedSession {
            session_id: SessionId::new(chance),
            realm: realm.clone(),
            account_id,
            ended_at: NOW,
            expires_at: later,
        })
        .create(&Code {
            code: token.hash(),
            realm: realm.clone(),
            client_id,
            redirect_uri: "https://client.example/".into(),
            code_challenge: None,
            nonce: None,
            scope: scope.clone(),
            account_id,
            session_id,
            authenticated_at: NOW,
            amr,
            issued_at: NOW,
            expires_at: later,
            state: CodeState::Issued,
        })
        .create(&RefreshToken {
            refresh_token: token.hash(),
            realm: realm.clone(),
            grant_id,
            client_id,
            account_id,
            issued_at: NOW,
            expires_at: later,
            state: RefreshTokenState::Active,
        })
        .create(&SignIn {
            sign_in_id: SignInId::new(chance),
            realm: realm.clone(),
            browser: token.hash(),
            request: request(client_id),
            state: SignInState::Authenticated { session: facts },
            began_at: NOW,
            expires_at: later,
        })
        .create(&Consent { account_id, client_id, realm: realm.clone(), scope, given_at: NOW })
        .create(&Lockout {
            subject: format!("account:{account_id}"),
            realm,
            account_id: Some(account_id),
            failures: 1,
            first_failed_at: NOW,
            last_failed_at: NOW,
            locks: 0,
            locked_until: None,
            expires_at: later,
        });
}

/// The rows of the tables that are deleted with an account, as (table, body).
async fn deletable(store: &Store) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    for table in TABLES.iter().filter(|table| table.on_erasure == Erasure::Delete) {
        let range = Range {
            table: table.name,
            index: None,
            tenant: Realm::main().into(),
            from: std::ops::Bound::Unbounded,
            to: std::ops::Bound::Unbounded,
        };
        let found = store.engine().scan(&range, None, 100, NOW).await.expect("in memory");
        let text = |body| String::from_utf8(body).expect("JSON");
        rows.extend(found.into_iter().map(|found| (table.name, text(found.row.body))));
    }
    rows
}

#[tokio::test]
async fn an_erased_account_leaves_no_record_and_no_other_account_loses_one() {
    let store = store();
    let ring = KeyRing::new(MasterKey::new(store.randomness()));
    let (erased, other) = (AccountId::new(store.randomness()), AccountId::new(store.randomness()));
    let mut batch = store.batch();
    put_one_of_each(&store, &mut batch, &ring, erased);
    put_one_of_each(&store, &mut batch, &ring, other);
    store.commit(batch).await.expect("in memory");
    let before = deletable(&store).await;
    for table in TABLES.iter().filter(|table| table.on_erasure == Erasure::Delete) {
        let rows = before.iter().filter(|(name, _)| *name == table.name).count();
        assert_eq!(rows, 2, "one {} of each account was made", table.name);
    }

    store.erase(&Realm::main(), erased, store.batch()).await.expect("in memory");

    let after = deletable(&store).await;
    assert!(after.iter().all(|(_, body)| !body.contains(&erased.to_string())), "{after:?}");
    assert_eq!(after.len(), before.len() / 2, "the other account has all of its records");
    assert!(store.get::<Tombstone>(&Realm::main(), &erased).await.expect("in memory").is_some());
}

#[tokio::test]
async fn what_is_personal_in_the_events_of_an_erased_account_cannot_be_read_any_more() {
    let store = store();
    let realm = Realm::main();
    let ring = KeyRing::new(MasterKey::new(store.randomness()));
    let account_id = AccountId::new(store.randomness());
    let mut batch = store.batch();
    put_one_of_each(&store, &mut batch, &ring, account_id);
    store.commit(batch).await.expect("in memory");
    let personal = Personal { address: Some([192, 0, 2, 7].into()), user_agent: None };
    let event = Event {
        actor: Actor::Node,
        act: Act::AccountCreated,
        account_id: Some(account_id),
        client_id: None,
        request_id: None,
        personal: personal.clone(),
    };
    let mut batch = store.batch();
    store.record_event(&mut batch, (&realm, "node"), event, &ring).await.expect("in memory");
    store.commit(batch).await.expect("in memory");
    let page = store.unsealed_events(&realm, "node", 10).await.expect("in memory");
    let told = page.items.into_iter().next().expect("the event").record;
    let sealed = told.personal.expect("sealed");
    let whose = (told.event_id, Some(account_id));
    assert_eq!(store.open_personal(&realm, whose, &sealed, &ring).await, Ok(Some(personal)));

    store.erase(&realm, account_id, store.batch()).await.expect("in memory");

    assert_eq!(store.open_personal(&realm, whose, &sealed, &ring).await, Ok(None));
}
