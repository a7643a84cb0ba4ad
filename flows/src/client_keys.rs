//! The keys with which a client proves what it signed, and those that its answers are encrypted with: registered (`jwks`, a
//! secret), or elsewhere (`jwks_uri`).

use std::sync::Arc;

use protocol::{
    client::{Client, TokenEndpointAuthMethod},
    jose::{ClientKeys, EncryptionAlgorithm, EncryptionKey, KeysNotFetched},
    master_key::SealError,
};
use storage::Stored;

use crate::{
    Flows,
    fetched_keys::{FetchedSet, Wanted},
    remembered::KeysOfClient,
};

/// The keys of a client, as they are known now.
pub(crate) enum Keys {
    /// The secrets in its record.
    Shared(Arc<KeysOfClient>),
    /// The public keys in its record.
    Registered(Arc<KeysOfClient>),
    /// Public keys that were got from where it has them.
    Fetched(Arc<FetchedSet>),
    /// They could not be got.
    NotFetched(KeysNotFetched),
}

impl Keys {
    /// For who verifies with them.
    pub(crate) fn get(&self) -> &ClientKeys {
        match self {
            Self::Shared(kept) => &kept.shared,
            Self::Registered(kept) => &kept.public,
            Self::Fetched(set) => &set.keys,
            Self::NotFetched(_) => &ClientKeys::None,
        }
    }
}

impl Flows {
    /// The keys that `client` signs its assertions with.
    pub(crate) async fn assertion_keys(&self, client: &Stored<Client>) -> Result<Keys, SealError> {
        match client.token_endpoint_auth_method() {
            TokenEndpointAuthMethod::PrivateKeyJwt => self.public_keys(client).await,
            _ => self.registered_keys(client).map(Keys::Shared),
        }
    }

    /// The public keys of `client`, wherever they are. What it has elsewhere is asked for where nothing is known of it, or that
    /// for too long.
    pub(crate) async fn public_keys(&self, client: &Stored<Client>) -> Result<Keys, SealError> {
        let Some(jwks_uri) = &client.jwks_uri else {
            return self.registered_keys(client).map(Keys::Registered);
        };
        let got = self.remembered.fetched_keys.get(self, jwks_uri, Wanted::Any).await;
        Ok(got.map_or_else(Keys::NotFetched, Keys::Fetched))
    }

    /// Newer public keys of `client` than `known`, which lack one that it names; nothing where there are none.
    pub(crate) async fn newer_keys(&self, client: &Client, known: &Keys) -> Option<Keys> {
        let (Some(jwks_uri), Keys::Fetched(known)) = (&client.jwks_uri, known) else {
            return None;
        };
        let wanted = Wanted::NewerThan(known);
        let newer = self.remembered.fetched_keys.get(self, jwks_uri, wanted).await;
        newer.ok().filter(|newer| !Arc::ptr_eq(newer, known)).map(Keys::Fetched)
    }

    /// The key to encrypt with for `client`, wherever its keys are; nothing where it has none for `algorithm`.
    pub(crate) async fn encryption_key(
        &self,
        client: &Client,
        algorithm: EncryptionAlgorithm,
    ) -> Result<Option<EncryptionKey>, KeysNotFetched> {
        let Some(jwks_uri) = &client.jwks_uri else {
            return Ok(client.jwks.encryption_key(algorithm));
        };
        let set = self.remembered.fetched_keys.get(self, jwks_uri, Wanted::Any).await?;
        Ok(set.jwks.encryption_key(algorithm))
    }

    /// The keys in the record of a client, parsed once for each version of it.
    fn registered_keys(&self, client: &Stored<Client>) -> Result<Arc<KeysOfClient>, SealError> {
        let key = (client.realm.clone(), client.client_id);
        let is_current = |kept: &KeysOfClient| kept.version == client.version;
        self.remembered.client_keys.get(key, is_current, || {
            let mut secrets = Vec::new();
            if *client.token_endpoint_auth_method() == TokenEndpointAuthMethod::ClientSecretJwt {
                for kept in client.secrets() {
                    let secret = kept.open(client.client_id, &self.ring)?;
                    secrets.extend(secret.map(|secret| (secret, kept.expires_at)));
                }
            }
            Ok(KeysOfClient {
                version: client.version,
                public: ClientKeys::of_jwks(&client.jwks),
                shared: ClientKeys::of_secrets(secrets),
            })
        })
    }
}
