//! Who is the client, and is it? For every endpoint at which clients authenticate (RFC 6749 §2.3, OpenID Connect Core 1.0 §9).
//!
//! A client that signs an assertion is believed once for it (RFC 7523 §3). That it was used is written in the batch of what
//! the client gets for it, so that of many that present the same one, on whichever nodes, one gets something. A request that
//! is refused for another reason leaves it unused.

use std::{ops::Deref, sync::Arc};

use protocol::{
    client::{Client, TokenEndpointAuthMethod},
    client_assertion::{AssertionRefused, Presentation},
    client_authentication::{self, NotAuthenticated, NotPresented, Presented},
    discovery::Endpoint,
    jose::ClientKeys,
    master_key::SealError,
    mutant::Mutant,
    parameters::Parameters,
};
use storage::{Batch, CommitError, Record, Stored, client_assertions::UsedAssertion};

use crate::{
    Context, Flows,
    failure::Error,
    remembered::{KeysOfClient, record},
};

/// A client that is believed, and what must be written before it may have anything for that.
pub(crate) struct Authenticated {
    client: Arc<Stored<Client>>,
    used: Option<UsedAssertion>,
}

impl Deref for Authenticated {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Authenticated {
    /// Adds to what is committed that the assertion is used. Where nothing is committed, that alone is.
    pub(crate) fn uses_up(
        &self,
        batch: Option<Batch>,
        empty: impl FnOnce() -> Batch,
    ) -> Option<Batch> {
        let Some(used) = self.used.as_ref().filter(|_| !Mutant::AssertionOnce.is_out()) else {
            return batch;
        };
        let mut batch = batch.unwrap_or_else(empty);
        batch.create(used);
        Some(batch)
    }
}

impl Flows {
    /// Who the client is, and that it is.
    ///
    /// `authorization` is every `Authorization` header, as it came; `parameters` is the body. The caller must write down that
    /// the assertion is used ([`Authenticated::uses_up`], [`Self::use_up`]) before it gives or does anything.
    #[tracing::instrument(level = "debug", name = "token.authenticate", skip_all)]
    pub(crate) async fn authenticate<R: From<NotPresented> + From<NotAuthenticated>>(
        &self,
        (context, endpoint): (&Context, Endpoint),
        authorization: &[&[u8]],
        parameters: &Parameters,
    ) -> Result<Authenticated, Error<R>> {
        let presented =
            client_authentication::present(authorization, parameters).map_err(Error::refused)?;
        let client = match presented.client_id() {
            Some(client_id) => self.present_client(context, client_id).await?,
            None => None,
        };
        let keys = match (&presented, &client) {
            (Presented::ClientAssertion(_), Some(client)) => Some(self.keys_of(client)?),
            _ => None,
        };
        let keys = keys.as_ref().map_or(&ClientKeys::None, |kept| &kept.keys);
        let (issuer, now) = (context.issuer.as_str(), self.store.now());
        let at = Presentation { issuer, endpoint, now };
        let believed = client_authentication::judge(record(&client), &presented, keys, &at);
        let assertion = believed.map_err(Error::refused)?.assertion;
        let client = client.ok_or_else(|| Error::refused(NotAuthenticated::UnknownClient))?;
        let used = assertion.map(|accepted| UsedAssertion {
            assertion: accepted.id,
            realm: context.realm.clone(),
            client_id: client.client_id,
            used_at: now,
            expires_at: accepted.expires_at,
        });
        let authenticated = Authenticated { client, used };
        self.not_used_before(&authenticated).await?;
        self.admit_caller(context, &authenticated).await?;
        Ok(authenticated)
    }

    /// Refuses a client whose assertion was used before; asked again when a batch lost a race, which may have been this one.
    pub(crate) async fn not_used_before<R: From<NotAuthenticated>>(
        &self,
        authenticated: &Authenticated,
    ) -> Result<(), Error<R>> {
        let Some(used) = &authenticated.used else { return Ok(()) };
        match self.store.used_assertion(&used.realm, &used.assertion).await? {
            Some(_) if !Mutant::AssertionOnce.is_out() => Err(used_before()),
            _ => Ok(()),
        }
    }

    /// Writes down that the assertion is used: for who gives something that is in no batch.
    pub(crate) async fn use_up<R: From<NotAuthenticated>>(
        &self,
        authenticated: &Authenticated,
    ) -> Result<(), Error<R>> {
        let Some(batch) = authenticated.uses_up(None, || self.store.batch()) else { return Ok(()) };
        match self.store.commit(batch).await {
            Ok(_) => Ok(()),
            Err(CommitError::Refused(refusal)) if refusal.table() == UsedAssertion::TABLE => {
                Err(used_before())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The keys that a client signs its assertions with, parsed once for each version of it.
    fn keys_of(&self, client: &Stored<Client>) -> Result<Arc<KeysOfClient>, SealError> {
        let key = (client.realm.clone(), client.client_id);
        let is_current = |kept: &KeysOfClient| kept.version == client.version;
        self.remembered.client_keys.get(key, is_current, || {
            let keys = match client.token_endpoint_auth_method() {
                TokenEndpointAuthMethod::PrivateKeyJwt => ClientKeys::of_jwks(&client.jwks),
                TokenEndpointAuthMethod::ClientSecretJwt => {
                    let mut secrets = Vec::new();
                    for kept in client.secrets() {
                        let secret = kept.open(client.client_id, &self.ring)?;
                        secrets.extend(secret.map(|secret| (secret, kept.expires_at)));
                    }
                    ClientKeys::of_secrets(secrets)
                }
                _ => ClientKeys::None,
            };
            Ok(KeysOfClient { version: client.version, keys })
        })
    }
}

fn used_before<R: From<NotAuthenticated>>() -> Error<R> {
    Error::refused(NotAuthenticated::Assertion(AssertionRefused::UsedBefore))
}
