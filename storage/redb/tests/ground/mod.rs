//! A store in memory, and one record of each kind that tells of an account.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use protocol::{
    AccountId, ClientId, Clock, GrantId, KeyRing, Randomness, Realm, SessionId, SignInId,
    Timestamp, Token,
    authorize::AuthorizationRequest,
    claims::StandardClaims,
    randomness::random,
    scope::ScopeSet,
    sign_in::{SessionFacts, SignInState},
};
use storage::{
    Batch, Engine, Store,
    account_keys::AccountKey,
    accounts::Account,
    codes::{Code, CodeState},
    consents::Consent,
    ended_sessions::EndedSession,
    grants::Grant,
    identifiers::IdentifierRecord,
    lockouts::Lockout,
    opaque_tokens::OpaqueToken,
    passwords::Password,
    refresh_tokens::{RefreshToken, RefreshTokenState},
    refusals::RefusalRecord,
    session_clients::SessionClient,
    sessions::Session,
    sign_ins::SignIn,
};
use storage_redb::Redb;

/// When the tests take place.
pub(crate) const NOW: Timestamp = Timestamp::from_seconds(1_790_000_000);

/// A clock that stands still.
pub(crate) struct Still(pub(crate) Timestamp);

impl Clock for Still {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// Bytes that never come again in this process.
pub(crate) struct Counted;

static COUNTED: AtomicU64 = AtomicU64::new(0);

impl Randomness for Counted {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
        for (to, from) in
            bytes.iter_mut().zip(COUNTED.fetch_add(1, Ordering::Relaxed).to_le_bytes())
        {
            *to = from;
        }
    }
}

/// An empty store in memory.
pub(crate) fn store() -> Store {
    over(Arc::new(Redb::in_memory().expect("in memory")), NOW)
}

/// What `engine` keeps, at `now`.
pub(crate) fn over(engine: Arc<dyn Engine>, now: Timestamp) -> Store {
    Store::new(engine, Arc::new(Still(now)), Arc::new(Counted))
}

fn request(client_id: ClientId) -> AuthorizationRequest {
    let request = serde_json::json!({
        "client_id": client_id, "redirect_uri": "https://client.example/", "response_type": "code",
        "response_mode": "query", "scope": "openid",
    });
    serde_json::from_value(request).expect("a request as it is stored")
}

/// An access token that says nothing.
fn opaque_token(token: &Token, (client_id, account_id): (ClientId, AccountId)) -> OpaqueToken {
    let expires_at = NOW + Duration::from_secs(900);
    let claims = serde_json::json!({
        "iss": "https://id.example", "aud": "https://id.example", "sub": account_id, "client_id": client_id,
        "iat": NOW.as_seconds(), "exp": expires_at.as_seconds(), "jti": "AAAAAAAAAAAAAAAAAAAAAA",
    });
    OpaqueToken {
        access_token: token.hash(),
        realm: Realm::main(),
        account_id: Some(account_id),
        claims: serde_json::from_value(claims).expect("claims"),
        expires_at,
    }
}

/// Puts one record of each kind that tells of `account_id`.
pub(crate) fn put_one_of_each(
    store: &Store,
    batch: &mut Batch,
    ring: &KeyRing,
    account_id: AccountId,
) {
    let (realm, chance) = (Realm::main(), store.randomness());
    let (client_id, grant_id) = (ClientId::new(chance), GrantId::new(chance));
    let (session_id, token) = (SessionId::new(chance), Token::new(chance));
    let scope: ScopeSet = "openid".parse().expect("a scope");
    let later = NOW + Duration::from_secs(3600);
    let amr = vec!["pwd".to_owned()];
    let epochs = Default::default();
    let facts = SessionFacts {
        session_id,
        account_id,
        authenticated_at: NOW,
        amr: amr.clone(),
        ends_at: later,
        epochs,
    };
    batch
        .create(&Account::new(account_id, realm.clone(), StandardClaims::default(), NOW))
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
            revoked_access_tokens: Default::default(),
            resources: Default::default(),
            epochs,
            claims: Default::default(),
        })
        .create(&Session {
            session_id,
            realm: realm.clone(),
            account_id,
            epoch: None,
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
        .create(&SessionClient {
            session_id,
            client_id,
            realm: realm.clone(),
            account_id,
            issuer: "https://id.example".into(),
            joined_at: NOW,
            expires_at: later,
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
            claims: Default::default(),
            resources: Default::default(),
            epochs,
            account_id,
            session_id,
            authenticated_at: NOW,
            amr,
            issued_at: NOW,
            expires_at: later,
            state: CodeState::Issued,
            grant_id: Some(grant_id),
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
        .create(&opaque_token(&token, (client_id, account_id)))
        .create(&SignIn {
            sign_in_id: SignInId::new(chance),
            realm: realm.clone(),
            browser: token.hash(),
            request: request(client_id),
            state: SignInState::Authenticated { session: facts },
            began_at: NOW,
            expires_at: later,
        })
        .create(&Consent {
            account_id,
            client_id,
            realm: realm.clone(),
            scope,
            claims: Default::default(),
            given_at: NOW,
        })
        .create(&RefusalRecord {
            refusal_id: format!("{:032x}", u128::from_be_bytes(random(chance)))
                .parse()
                .expect("an id"),
            realm: realm.clone(),
            node: "node".into(),
            at: NOW,
            endpoint: "token".into(),
            error: "invalid_grant".into(),
            reason: "grant_revoked".into(),
            client_id: Some(client_id),
            is_proved: true,
            account_id: Some(account_id),
            explanation: Default::default(),
        })
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
