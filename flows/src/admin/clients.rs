//! Clients: registered and changed by operators. Their secrets are made here, shown once, and kept as hashes.
//!
//! Nobody gives a client more of the admin API than they have themselves, nor changes one that has more: whoever chooses
//! how a client is reached or what proves it could act as it. Nor does anybody disable or delete such a one, or take a
//! secret from it.

mod ends;
mod metadata;
mod secrets;

use protocol::{
    ClientId, ClientSecretId, Token,
    client::{Client, NotAClient},
    event::Act,
    jose::NotClientJwks,
    outgoing::NotAnswered,
    permission::{Missing, Permissions},
    redirect_uri::RedirectUri,
    scope::ScopeSet,
};
use serde::{Deserialize, Serialize};
use storage::{CommitError, Expectation, Stored, deleted_clients::DeletedClient, engine::Version};

use super::{Administrator, Creation, Cursor, ITEMS_MAX, KeyReused, List, Made, NotACursor, Seen};
use crate::{Error, Failure, Flows};

pub use metadata::{ClientMetadata, NewClient, Pages};
pub use secrets::{ClientSecrets, ListedSecret, MadeSecret, OVERLAP_MAX};

/// The list of them.
const CLIENTS: &str = "clients";

/// How often an act that needs no version may lose a race against another change of the client.
const ATTEMPTS_MAX: usize = 10;

/// Where browsers may be sent on a client's behalf.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Redirects {
    /// With an answer.
    pub redirect_uris: Vec<RedirectUri>,
    /// After a logout.
    pub post_logout_redirect_uris: Vec<RedirectUri>,
}

/// A client that was registered.
#[derive(Debug)]
pub struct Registered {
    /// Its id.
    pub client_id: ClientId,
    /// Its secret, which nobody can be told again; a public client has none.
    pub client_secret: Option<Token>,
}

/// A client as it was registered or changed, and the secret that was made for it, which nobody can be told again.
#[derive(Debug, Clone)]
pub struct MadeClient {
    /// The client.
    pub client: Client,
    /// Its new secret, if one was made.
    pub secret: Option<MadeSecret>,
}

/// A client as it was changed.
#[derive(Debug)]
pub struct ChangedClient {
    /// The client, and its new secret if one was made.
    pub made: MadeClient,
    /// Its version now.
    pub version: Version,
}

/// Why a client is not registered or changed. Nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClientRefused {
    /// It could not work.
    #[error(transparent)]
    NotAClient(#[from] NotAClient),
    /// Its keys are none.
    #[error(transparent)]
    NotJwks(#[from] NotClientJwks),
    /// Its keys are where nothing can be fetched from.
    #[error("jwks_uri: {0}")]
    JwksUri(NotAnswered),
    /// It would serve what the provider serves itself, and be told of the tokens of all others.
    #[error("resource_server: a client does not serve the issuer or the admin API")]
    OwnResource,
    /// There is none with this id.
    #[error("no client has this id")]
    Unknown,
    /// It is not as its author saw it, or somebody else changed it at this moment.
    #[error("the client was changed by somebody else")]
    Changed,
    /// The client has, or would have, a scope of the admin API that its author does not have.
    #[error("the client has {0} among its scopes, and who changes it must have that too")]
    Escalation(Missing),
    /// It is the one of the documentation page.
    #[error("the client of the documentation page cannot be deleted; it can be disabled")]
    BuiltIn,
    /// It has four that still hold.
    #[error("the client has as many secrets as it can have; remove one, or let the others end")]
    TooManySecrets,
    /// It proves who it is in another way, or not at all.
    #[error("the client does not authenticate with a secret")]
    NeedsNoSecret,
    /// It has no secret with this id.
    #[error("no secret of the client has this id")]
    UnknownSecret,
    /// Without it the client could not prove who it is, at once or once the others have ended.
    #[error("no other secret of the client holds as long; make another one first")]
    LastSecret,
    /// The key of a creation was used for something else.
    #[error(transparent)]
    KeyReused(#[from] KeyReused),
}

/// What is remembered of a creation under its key. Sealed there, as it holds the secret.
#[derive(Serialize, Deserialize)]
struct Remembered {
    client: Client,
    secret: Option<(ClientSecretId, String)>,
}

impl Flows {
    /// Registers a client.
    pub async fn register_client(
        &self,
        by: &Administrator,
        new: NewClient,
    ) -> Result<Registered, Error<ClientRefused>> {
        let made = self.create_client(by, &Creation::once("register"), new.into()).await?;
        let MadeClient { client, secret } = made.into_inner();
        let client_secret = secret.map(|secret| secret.secret);
        Ok(Registered { client_id: client.client_id, client_secret })
    }

    /// Registers a client: once for each key of a creation, whose answer then is the same, the secret included.
    pub async fn create_client(
        &self,
        by: &Administrator,
        creation: &Creation,
        chosen: ClientMetadata,
    ) -> Result<Made<MadeClient>, Error<ClientRefused>> {
        if let Some(before) = self.made_before::<Remembered, _>(by, creation).await? {
            may_touch(by, &before.client.scopes)?;
            return Ok(Made::Before(before.into()));
        }
        let mut batch = self.store.batch();
        let client_id = ClientId::new(self.store.randomness());
        let (kind, secret) = self.kind(&chosen, (client_id, batch.now()), None)?;
        let client = chosen.into_client((client_id, &by.realm, batch.now()), kind);
        may_touch(by, &client.scopes)?;
        self.judge_client(&client, None)?;
        batch.create(&client);
        batch.check::<DeletedClient>(&by.realm, &client_id, Expectation::Absent);
        self.tell(by, &mut batch, Act::ClientRegistered, (None, Some(client_id))).await?;
        let made = Remembered::from(MadeClient { client, secret });
        let lost = |refusal| Error::Failed(Failure::unavailable(refusal));
        let made = self.commit_creation(by, creation, (batch, made), lost).await?;
        Ok(match made {
            Made::Now(made) => Made::Now(made.into()),
            Made::Before(made) => Made::Before(made.into()),
        })
    }

    /// A client, whatever its state.
    pub async fn client(
        &self,
        by: &Administrator,
        client_id: ClientId,
    ) -> Result<Option<Stored<Client>>, Failure> {
        Ok(self.store.client(&by.realm, client_id).await?)
    }

    /// A page of the clients, in the order of their ids.
    pub async fn clients(
        &self,
        by: &Administrator,
        after: Option<&Cursor>,
    ) -> Result<List<Stored<Client>>, Error<NotACursor>> {
        let position = self.after(CLIENTS, after).map_err(Error::Refused)?;
        let page = self.store.all::<Client>(&by.realm, position.as_ref(), ITEMS_MAX).await?;
        Ok(self.listed(CLIENTS, page, |client| client)?)
    }

    /// Puts `chosen` in place of all that can be chosen of a client. Where it authenticates in another way from now on,
    /// secrets that are of no use for that end, and one is made if it needs one.
    pub async fn replace_client(
        &self,
        by: &Administrator,
        (client_id, seen): (ClientId, Seen),
        chosen: ClientMetadata,
    ) -> Result<ChangedClient, Error<ClientRefused>> {
        let old = self.client_as_seen(by, client_id, seen).await?;
        may_touch(by, &old.scopes)?;
        let mut batch = self.store.batch();
        let (kind, secret) = self.kind(&chosen, (client_id, batch.now()), Some(&old.record))?;
        let new = chosen.put_on((&old.record, batch.now()), kind);
        may_touch(by, &new.scopes)?;
        self.judge_client(&new, Some(&old))?;
        if new == old.record {
            let made = MadeClient { client: new, secret: None };
            return Ok(ChangedClient { made, version: old.version });
        }
        batch.replace(&old, &new);
        self.tell(by, &mut batch, Act::ClientChanged, (None, Some(client_id))).await?;
        let version = self.store.commit(batch).await.map_err(lost_race)?;
        Ok(ChangedClient { made: MadeClient { client: new, secret }, version })
    }

    /// Puts `redirects` in place of those that a client has.
    pub async fn set_redirects(
        &self,
        by: &Administrator,
        client_id: ClientId,
        redirects: Redirects,
    ) -> Result<(), Error<ClientRefused>> {
        let old = self.client_as_seen(by, client_id, Seen::Any).await?;
        let chosen = ClientMetadata { redirects, ..ClientMetadata::of(&old.record) };
        self.replace_client(by, (client_id, Seen::Version(old.version)), chosen).await.map(drop)
    }

    /// Refuses what cannot work, as far as that can be seen without asking anybody. An address that a client had before may
    /// have been opened then.
    fn judge_client(&self, new: &Client, old: Option<&Client>) -> Result<(), Error<ClientRefused>> {
        new.judge().map_err(Error::refused)?;
        let had = old.and_then(|old| old.jwks_uri.as_ref());
        let Some(jwks_uri) = new.jwks_uri.as_ref().filter(|uri| Some(*uri) != had) else {
            return Ok(());
        };
        let judged = self.outgoing.judge(jwks_uri.as_str());
        judged.map_err(|why| Error::Refused(ClientRefused::JwksUri(why)))
    }

    /// A client as the author of a change has seen it.
    async fn client_as_seen(
        &self,
        by: &Administrator,
        client_id: ClientId,
        seen: Seen,
    ) -> Result<Stored<Client>, Error<ClientRefused>> {
        let client =
            self.client(by, client_id).await?.ok_or(Error::Refused(ClientRefused::Unknown))?;
        if seen.is(client.version) {
            Ok(client)
        } else {
            Err(Error::Refused(ClientRefused::Changed))
        }
    }
}

/// Whether `by` has all of the admin API that a client with these scopes may be given.
fn may_touch(by: &Administrator, scopes: &ScopeSet) -> Result<(), Error<ClientRefused>> {
    let missing = missing_to_touch(by, scopes);
    missing.map_or(Ok(()), |missing| Err(Error::Refused(ClientRefused::Escalation(missing))))
}

/// What `by` lacks of the admin API that a client with these scopes may be given. What this release knows as no permission
/// is a scope of somebody else's API, which a client may be given by whoever changes clients.
pub(in crate::admin) fn missing_to_touch(by: &Administrator, scopes: &ScopeSet) -> Option<Missing> {
    by.lacks(&Permissions::of_scopes(scopes))
}

/// A batch that expected the client as it was read is refused because somebody was quicker.
fn lost_race(error: CommitError) -> Error<ClientRefused> {
    match error {
        CommitError::Refused(_) => Error::Refused(ClientRefused::Changed),
        error => error.into(),
    }
}

impl From<MadeClient> for Remembered {
    fn from(MadeClient { client, secret }: MadeClient) -> Self {
        let text = |secret: MadeSecret| (secret.secret_id, secret.secret.expose().to_owned());
        Self { client, secret: secret.map(text) }
    }
}

impl From<Remembered> for MadeClient {
    fn from(Remembered { client, secret }: Remembered) -> Self {
        let secret = secret.map(|(secret_id, text)| MadeSecret {
            secret_id,
            secret: Token::presented(text),
            created_at: client.created_at,
        });
        Self { client, secret }
    }
}
