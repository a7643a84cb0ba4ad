//! What is in the store before anything is measured, written through the storage crate into a store that nobody serves:
//! two clients, accounts with their names, password and sealing key, and sessions whose cookies are known here.

use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use doorward::start::{OsRandomness, SystemClock};
use protocol::{
    AccountId, ClientId, KeyRing, Realm, SessionId, Timestamp, Token,
    client::{
        Client, ClientKind, ClientSecret, ConsentPolicy, GrantType, ResponseType, SigningAlgorithm,
        TokenEndpointAuthMethod,
    },
    crypto::sha256,
    event::Actor,
    identifier::Identifier,
    jose::{Algorithm, IdTokenAlgorithm},
    settings::{Exclusions, Level, ServerSettings, Settings},
};
use serde_json::json;
use storage::{
    Batch, Engine, Store, account_keys::AccountKey, accounts::Account,
    identifiers::IdentifierRecord, passwords::Password, sessions::Session,
    settings::SettingsRecord,
};
use storage_redb::{Options, Redb};
use storage_surreal::SurrealDb;

use crate::{Failure, database, floors, server::Installation, told};

/// Everybody's password.
pub(crate) const PASSWORD: &str = "correct-horse-battery-staple";

/// Accounts that can sign in, each with a session.
const ACCOUNTS: usize = 1_000;

/// Of many sessions every so many is of one of those accounts; the others are of nobody who is asked about.
const TOUCHABLE: usize = 50;

/// Rows of one batch: as many as a batch may write.
const ROWS_MAX: usize = 1_000;

/// Accounts of one batch, each of five rows.
const PEOPLE_MAX: usize = 100;

/// As configured by default (`sessions.idle_timeout`, `sessions.absolute_timeout`).
const IDLE: Duration = Duration::from_secs(30 * 60);
const ABSOLUTE: Duration = Duration::from_secs(12 * 3600);

/// A client and what it proves who it is with.
#[derive(Debug, Clone)]
pub(crate) struct RelyingParty {
    pub(crate) client_id: ClientId,
    /// The `Authorization` header (RFC 6749 §2.3.1).
    pub(crate) authorization: String,
}

/// Who there is.
#[derive(Debug, Clone)]
pub(crate) struct Seed {
    /// Its ID tokens are signed with RS256.
    pub(crate) rs256: RelyingParty,
    /// Its ID tokens are signed with ES256.
    pub(crate) es256: RelyingParty,
    /// They act for themselves; their access tokens are signed with RS256, ES256 and EdDSA.
    pub(crate) machines: [RelyingParty; 3],
    /// Names that sign in.
    pub(crate) usernames: Vec<String>,
    /// The session of each, as a browser presents it.
    pub(crate) cookies: Vec<String>,
    accounts: Vec<AccountId>,
}

/// A store that nobody else has open.
pub(crate) struct Seeder {
    store: Store,
    realm: Realm,
}

impl Seeder {
    /// Opens the store of an installation.
    pub(crate) async fn of(installation: &Installation) -> Result<Self, Failure> {
        match &installation.database {
            Some(database) => Self::at(database.address).await,
            None => Self::open(&installation.store_file()),
        }
    }

    /// Opens the store in `file`.
    pub(crate) fn open(file: &Path) -> Result<Self, Failure> {
        Ok(Self::over(Arc::new(Redb::open(file, Options::default())?)))
    }

    /// Opens the store in the database at `address`.
    pub(crate) async fn at(address: SocketAddr) -> Result<Self, Failure> {
        let options = storage_surreal::Options {
            url: format!("ws://{address}"),
            namespace: "doorward".into(),
            database: "doorward".into(),
            username: database::USERNAME.into(),
            password: database::PASSWORD.to_owned().into(),
            ca_file: None,
            live: false,
            deadline: Duration::from_secs(30),
            node: "benchmarks".into(),
        };
        Ok(Self::over(Arc::new(SurrealDb::open(options).await?)))
    }

    fn over(engine: Arc<dyn Engine>) -> Self {
        let store = Store::new(engine, Arc::new(SystemClock), Arc::new(OsRandomness));
        Self { store, realm: Realm::main() }
    }

    /// The store itself.
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// Puts clients, accounts and their sessions.
    pub(crate) async fn people(&self, ring: &KeyRing) -> Result<Seed, Failure> {
        let mut batch = self.store.batch();
        let rs256 = self.client(&mut batch, Algorithm::Rs256, |_| ())?;
        let es256 = self.client(&mut batch, Algorithm::Es256, |_| ())?;
        let mut machine = |algorithm| {
            self.client(&mut batch, Algorithm::Rs256, |client| {
                client.grant_types.push(GrantType::ClientCredentials);
                client.scopes = "api:read".parse().unwrap_or_default();
                client.tokens.access_token_signed_response_alg = SigningAlgorithm::Known(algorithm);
            })
        };
        let machines =
            [machine(Algorithm::Rs256)?, machine(Algorithm::Es256)?, machine(Algorithm::EdDsa)?];
        self.spare_loopback(&mut batch)?;
        self.store.commit(batch).await?;
        let mut seed =
            Seed { rs256, es256, machines, usernames: vec![], cookies: vec![], accounts: vec![] };
        let phc = floors::phc(PASSWORD)?;
        for first in (0..ACCOUNTS).step_by(PEOPLE_MAX) {
            let mut batch = self.store.batch();
            for number in first..ACCOUNTS.min(first + PEOPLE_MAX) {
                let account_id = self.account(&mut batch, number, (&phc, ring))?;
                let (session, cookie) =
                    self.session(("person", number), account_id, batch.now())?;
                batch.create(&session);
                seed.accounts.push(account_id);
                seed.usernames.push(username(number));
                seed.cookies.push(cookie);
            }
            self.store.commit(batch).await?;
        }
        Ok(seed)
    }

    /// Puts `count` more sessions. Says how browsers present those of the accounts that there are.
    pub(crate) async fn crowd(&self, seed: &Seed, count: usize) -> Result<Vec<String>, Failure> {
        let mut cookies = Vec::new();
        let mut owners = seed.accounts.iter().cycle();
        for first in (0..count).step_by(ROWS_MAX) {
            let mut batch = self.store.batch();
            for number in first..count.min(first + ROWS_MAX) {
                let owner = if number % TOUCHABLE == 0 { owners.next() } else { None };
                let account_id = match owner {
                    Some(account_id) => *account_id,
                    None => format!("acc_{}", spread("crowd's account", number / 3)).parse()?,
                };
                let (session, cookie) = self.session(("crowd", number), account_id, batch.now())?;
                batch.create(&session);
                cookies.extend(owner.map(|_| cookie));
            }
            self.store.commit(batch).await?;
            if first % 100_000 == 0 {
                told(format_args!("  {first} of {count} sessions are stored"));
            }
        }
        Ok(cookies)
    }

    /// Excludes this machine from limits: all browsers of a measurement have its address.
    fn spare_loopback(&self, batch: &mut Batch) -> Result<(), Failure> {
        let exclusions = Exclusions { networks: vec!["127.0.0.0/8".parse()?], clients: Vec::new() };
        let settings = ServerSettings { exclusions, ..ServerSettings::default() };
        let settings = SettingsRecord {
            level: Level::Server,
            realm: self.realm.clone(),
            number: 1,
            settings: Settings::Server(settings),
            changed_at: batch.now(),
            changed_by: Actor::Node,
            restored_from: None,
        };
        batch.put_settings(None, settings);
        Ok(())
    }

    fn client(
        &self,
        batch: &mut Batch,
        algorithm: Algorithm,
        change: impl FnOnce(&mut Client),
    ) -> Result<RelyingParty, Failure> {
        let client_id = ClientId::new(self.store.randomness());
        let secret = Token::new(self.store.randomness());
        let kept = ClientSecret::new(&secret, batch.now());
        let mut client = Client {
            client_id,
            realm: self.realm.clone(),
            organisation_id: None,
            name: format!("Client with {algorithm}"),
            kind: ClientKind::Confidential {
                token_endpoint_auth_method: TokenEndpointAuthMethod::ClientSecretBasic,
                secrets: vec![kept],
            },
            redirect_uris: vec!["https://client.example/callback".parse()?],
            post_logout_redirect_uris: vec![],
            grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
            response_types: vec![ResponseType::Code],
            scopes: "openid profile email offline_access".parse()?,
            require_pkce: true,
            id_token_signed_response_alg: IdTokenAlgorithm::Key(algorithm).into(),
            consent: ConsentPolicy::Skip,
            logo_uri: None,
            client_uri: None,
            policy_uri: None,
            tos_uri: None,
            jwks: Default::default(),
            jwks_uri: None,
            created_at: batch.now(),
            assertions: Default::default(),
            tokens: Default::default(),
            logout: Default::default(),
            answers: Default::default(),
            subjects: Default::default(),
            tokens_revoked_at: None,
            disabled_at: None,
        };
        change(&mut client);
        batch.create(&client);
        let authorization = STANDARD.encode(format!("{client_id}:{}", secret.expose()));
        Ok(RelyingParty { client_id, authorization: format!("Basic {authorization}") })
    }

    pub(crate) fn account(
        &self,
        batch: &mut Batch,
        number: usize,
        (phc, ring): (&str, &KeyRing),
    ) -> Result<AccountId, Failure> {
        let account_id = AccountId::new(self.store.randomness());
        let (realm, now) = (self.realm.clone(), batch.now());
        let name = username(number);
        let claims = json!({ "name": "Ada Lovelace", "email": name, "email_verified": true });
        let claims = serde_json::from_value(claims)?;
        let key = AccountKey::new(&realm, account_id, ring, self.store.randomness())?;
        let identifier = Identifier::canonical(&name)?;
        batch
            .create(&IdentifierRecord { identifier, realm: realm.clone(), account_id })
            .create(&Account::new(account_id, realm.clone(), claims, now))
            .create(&Password { account_id, realm, phc: phc.to_owned(), chosen_at: now })
            .create(&key);
        Ok(account_id)
    }

    pub(crate) fn session(
        &self,
        (kind, number): (&str, usize),
        account_id: AccountId,
        now: Timestamp,
    ) -> Result<(Session, String), Failure> {
        let session_id: SessionId = format!("ses_{}", spread(kind, number)).parse()?;
        let token = floors::base64url(&sha256(session_id.to_string().as_bytes()));
        let session = Session {
            session_id,
            realm: self.realm.clone(),
            account_id,
            cookie: Token::presented(token.as_str()).hash(),
            authenticated_at: now,
            amr: vec!["pwd".to_owned()],
            started_at: now,
            last_seen_at: now,
            idle_timeout_ms: u64::try_from(IDLE.as_millis())?,
            ends_at: now + ABSOLUTE,
            remembered: false,
            address: Some([203, 0, 113, 7].into()),
            user_agent: Some(
                "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0".into(),
            ),
            epoch: None,
        };
        Ok((session, format!("{session_id}.{token}")))
    }
}

fn username(number: usize) -> String {
    format!("person-{number}@example.com")
}

/// 128 bits in hexadecimal, spread over the keys as random ones are, and the same in every run.
fn spread(kind: &str, number: usize) -> String {
    let digest = sha256(format!("{kind} {number}").as_bytes());
    let first = digest.first_chunk().copied().unwrap_or_default();
    format!("{:032x}", u128::from_be_bytes(first))
}
