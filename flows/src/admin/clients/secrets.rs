//! What clients prove who they are with: made here, shown once, several at a time while one replaces another.

use std::time::Duration;

use protocol::{
    ClientId, ClientSecretId, Timestamp, Token,
    client::{
        CLIENT_SECRETS_MAX, Client, ClientKind, ClientSecret, TokenEndpointAuthMethod,
        needs_readable_secrets,
    },
    event::Act,
    master_key::SealError,
};
use serde::{Deserialize, Serialize};
use storage::engine::Version;

use super::{ATTEMPTS_MAX, ClientMetadata, ClientRefused, lost_race, may_touch};
use crate::{
    Error, Failure, Flows,
    admin::{Administrator, Creation, Made, Seen},
};

/// The longest time for which the secrets before a new one go on holding.
pub const OVERLAP_MAX: Duration = Duration::from_secs(90 * 24 * 3600);

/// A secret that was made. Nobody can be told it again.
#[derive(Debug, Clone)]
pub struct MadeSecret {
    /// Names it.
    pub secret_id: ClientSecretId,
    /// The secret.
    pub secret: Token,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What operators are shown of the secrets of a client.
#[derive(Debug, Clone)]
pub struct ClientSecrets {
    /// Each that still holds.
    pub secrets: Vec<ListedSecret>,
    /// The version of the client.
    pub version: Version,
}

/// What operators are shown of a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListedSecret {
    /// What it is called.
    pub secret_id: ClientSecretId,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it proves nothing.
    pub expires_at: Option<Timestamp>,
}

/// What is remembered of a creation under its key. Sealed there.
#[derive(Serialize, Deserialize)]
struct Remembered {
    secret_id: ClientSecretId,
    secret: String,
    created_at: Timestamp,
}

/// What a secret is called. One that was made before secrets had ids was the only one of its client, and has its client's.
fn secret_id(client_id: ClientId, secret: &ClientSecret) -> ClientSecretId {
    secret.secret_id.unwrap_or_else(|| ClientSecretId::from_bytes(*client_id.as_bytes()))
}

impl Flows {
    /// What a client proves who it is with, those that have ended left out; nothing where there is no such client.
    pub async fn client_secrets(
        &self,
        by: &Administrator,
        client_id: ClientId,
    ) -> Result<Option<ClientSecrets>, Failure> {
        let Some(client) = self.client(by, client_id).await? else { return Ok(None) };
        let now = self.now();
        let listed = |secret: &ClientSecret| ListedSecret {
            secret_id: secret_id(client_id, secret),
            created_at: secret.created_at,
            expires_at: secret.expires_at,
        };
        let holding = client.secrets().iter().filter(|secret| secret.holds(now));
        let secrets = holding.map(listed).collect();
        Ok(Some(ClientSecrets { secrets, version: client.version }))
    }

    /// Whether a client keeps a secret, and which: those of `old` that are of use, or else a new one if it needs one.
    pub(super) fn kind(
        &self,
        chosen: &ClientMetadata,
        (client_id, now): (ClientId, Timestamp),
        old: Option<&Client>,
    ) -> Result<(ClientKind, Option<MadeSecret>), SealError> {
        let method = &chosen.token_endpoint_auth_method;
        if *method == TokenEndpointAuthMethod::None {
            return Ok((ClientKind::Public, None));
        }
        let is_readable = needs_readable_secrets(method, &chosen.id_token_signed_response_alg);
        let is_of_use = |secret: &&ClientSecret| match method {
            TokenEndpointAuthMethod::PrivateKeyJwt => false,
            _ => !is_readable || secret.sealed.is_some(),
        };
        let kept = old.map(Client::secrets).unwrap_or_default().iter().filter(is_of_use);
        let mut secrets: Vec<ClientSecret> = kept.cloned().collect();
        let mut made = None;
        if !secrets.iter().any(|secret| secret.expires_at.is_none())
            && let Some((secret, stored)) =
                self.new_secret((method, is_readable), client_id, now)?
        {
            secrets.retain(|secret| secret.holds(now));
            secrets.push(stored);
            made = Some(secret);
        }
        Ok((ClientKind::Confidential { token_endpoint_auth_method: method.clone(), secrets }, made))
    }

    /// A new secret for a client of this method, and what is kept of it, to be read again or not; nothing where it needs none.
    fn new_secret(
        &self,
        (method, is_readable): (&TokenEndpointAuthMethod, bool),
        client_id: ClientId,
        now: Timestamp,
    ) -> Result<Option<(MadeSecret, ClientSecret)>, SealError> {
        let randomness = self.store.randomness();
        let Some(secret) = method.new_secret(randomness) else { return Ok(None) };
        let secret_id = ClientSecretId::new(randomness);
        let kept = match is_readable {
            true => ClientSecret::readable(&secret, now, client_id, (&self.ring, randomness))?,
            false => ClientSecret::new(&secret, now),
        };
        let kept = ClientSecret { secret_id: Some(secret_id), ..kept };
        Ok(Some((MadeSecret { secret_id, secret, created_at: now }, kept)))
    }

    /// Makes another secret for a client. Those that it has go on holding for `overlap`, or as long as they would have.
    pub async fn add_client_secret(
        &self,
        by: &Administrator,
        creation: &Creation,
        (client_id, overlap): (ClientId, Duration),
    ) -> Result<Made<MadeSecret>, Error<ClientRefused>> {
        if let Some(before) = self.made_before::<Remembered, _>(by, creation).await? {
            may_touch(by, &self.client_as_seen(by, client_id, Seen::Any).await?.scopes)?;
            return Ok(Made::Before(before.into()));
        }
        for _ in 0..ATTEMPTS_MAX {
            match self.try_add_client_secret(by, creation, (client_id, overlap)).await {
                Err(Error::Refused(ClientRefused::Changed)) => {}
                done => return done,
            }
        }
        Err(Failure::unavailable("making a secret lost too many races").into())
    }

    async fn try_add_client_secret(
        &self,
        by: &Administrator,
        creation: &Creation,
        (client_id, overlap): (ClientId, Duration),
    ) -> Result<Made<MadeSecret>, Error<ClientRefused>> {
        let old = self.client_as_seen(by, client_id, Seen::Any).await?;
        may_touch(by, &old.scopes)?;
        let ClientKind::Confidential { token_endpoint_auth_method: method, secrets } = &old.kind
        else {
            return Err(Error::Refused(ClientRefused::NeedsNoSecret));
        };
        let mut batch = self.store.batch();
        let now = batch.now();
        let made = self.new_secret((method, old.needs_readable_secrets()), client_id, now)?;
        let (made, new) = made.ok_or(Error::Refused(ClientRefused::NeedsNoSecret))?;
        let ends_at = now + overlap;
        let ending = secrets.iter().cloned().map(|secret| ClientSecret {
            expires_at: Some(secret.expires_at.map_or(ends_at, |at| at.min(ends_at))),
            ..secret
        });
        let secrets: Vec<_> = ending.filter(|secret| secret.holds(now)).chain([new]).collect();
        if secrets.len() > CLIENT_SECRETS_MAX {
            return Err(Error::Refused(ClientRefused::TooManySecrets));
        }
        batch.replace(&old, &with_secrets(&old, secrets));
        let act = Act::ClientSecretAdded { secret_id: made.secret_id };
        self.tell(by, &mut batch, act, (None, Some(client_id))).await?;
        let lost = |_| Error::Refused(ClientRefused::Changed);
        let made =
            self.commit_creation(by, creation, (batch, Remembered::from(made)), lost).await?;
        Ok(match made {
            Made::Now(made) => Made::Now(made.into()),
            Made::Before(made) => Made::Before(made.into()),
        })
    }

    /// Takes a secret from a client that has another one, which holds as long as that would have.
    pub async fn remove_client_secret(
        &self,
        by: &Administrator,
        (client_id, seen): (ClientId, Seen),
        removed: ClientSecretId,
    ) -> Result<(), Error<ClientRefused>> {
        let old = self.client_as_seen(by, client_id, seen).await?;
        may_touch(by, &old.scopes)?;
        let (gone, kept): (Vec<_>, Vec<_>) = old
            .secrets()
            .iter()
            .cloned()
            .partition(|secret| secret_id(client_id, secret) == removed);
        let mut batch = self.store.batch();
        if gone.is_empty() {
            return Err(Error::Refused(ClientRefused::UnknownSecret));
        }
        let outlasts = |one: &ClientSecret| gone.iter().all(|gone| ends_by(gone, one));
        if !kept.iter().any(|secret| secret.holds(batch.now()) && outlasts(secret)) {
            return Err(Error::Refused(ClientRefused::LastSecret));
        }
        batch.replace(&old, &with_secrets(&old, kept));
        let act = Act::ClientSecretRemoved { secret_id: removed };
        self.tell(by, &mut batch, act, (None, Some(client_id))).await?;
        self.store.commit(batch).await.map(drop).map_err(lost_race)
    }
}

/// Whether `one` has ended when `other` ends, or earlier.
fn ends_by(one: &ClientSecret, other: &ClientSecret) -> bool {
    match (one.expires_at, other.expires_at) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(one), Some(other)) => one <= other,
    }
}

fn with_secrets(client: &Client, secrets: Vec<ClientSecret>) -> Client {
    let token_endpoint_auth_method = client.token_endpoint_auth_method().clone();
    let kind = ClientKind::Confidential { token_endpoint_auth_method, secrets };
    Client { kind, ..client.clone() }
}

impl From<MadeSecret> for Remembered {
    fn from(made: MadeSecret) -> Self {
        let MadeSecret { secret_id, secret, created_at } = made;
        Self { secret_id, secret: secret.expose().to_owned(), created_at }
    }
}

impl From<Remembered> for MadeSecret {
    fn from(Remembered { secret_id, secret, created_at }: Remembered) -> Self {
        Self { secret_id, secret: Token::presented(secret), created_at }
    }
}
