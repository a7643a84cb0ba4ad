//! Who is the client, and is it? For every endpoint at which clients authenticate (RFC 6749 §2.3, OpenID Connect Core 1.0 §9).
//!
//! A client that signs an assertion is believed once for it (RFC 7523 §3). That it was used is written in the batch of what
//! the client gets for it, so that of many that present the same one, on whichever nodes, one gets something. A request that
//! is refused for another reason leaves it unused.

use std::{ops::Deref, sync::Arc};

use protocol::{
    client::Client,
    client_assertion::{Accepted, AssertionRefused, Presentation},
    client_authentication::{self, NotAuthenticated, NotPresented, Presented},
    discovery::Endpoint,
    jose::{ClientKeys, Refused},
    master_key::SealError,
    mutant::Mutant,
    parameters::Parameters,
};
use storage::{Batch, CommitError, Record, Stored, client_assertions::UsedAssertion};

use crate::{Context, Flows, client_keys::Keys, failure::Error};

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
        let believed =
            self.judge_presented((context, endpoint), client.as_deref(), &presented).await?;
        let assertion = believed.map_err(Error::refused)?;
        let client = client.ok_or_else(|| Error::refused(NotAuthenticated::UnknownClient))?;
        let now = self.store.now();
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

    /// The assertion for which `client` is believed, if it is for one. Where it names a key that we do not know, the client may
    /// have it elsewhere since.
    async fn judge_presented(
        &self,
        (context, endpoint): (&Context, Endpoint),
        client: Option<&Stored<Client>>,
        presented: &Presented,
    ) -> Result<Result<Option<Accepted>, NotAuthenticated>, SealError> {
        let judge = |keys: &ClientKeys| {
            let at = Presentation { issuer: &context.issuer, endpoint, now: self.store.now() };
            let client = client.map(|client| &client.record);
            let believed = client_authentication::judge(client, presented, keys, &at);
            believed.map(|believed| believed.assertion)
        };
        let (Some(token), Some(client)) = (presented.assertion(), client) else {
            return Ok(judge(&ClientKeys::None));
        };
        if client.jwks_uri.is_some() {
            // Nobody is asked for keys on behalf of what is refused whatever they are.
            let without = judge(&ClientKeys::None);
            if !is_for(&without, |why| why == Refused::UnknownKey) {
                return Ok(without);
            }
        }
        let keys = self.assertion_keys(client).await?;
        let judged = judge(keys.get());
        if let Keys::NotFetched(why) = keys {
            return Ok(Err(NotAuthenticated::Assertion(why.into())));
        }
        // Where a token names no key, it may be any that we do not know.
        let is_unknown = |why| match why {
            Refused::UnknownKey => true,
            Refused::Signature | Refused::Algorithm => !token.names_key(),
            _ => false,
        };
        if is_for(&judged, is_unknown)
            && let Some(newer) = self.newer_keys(client, &keys).await
        {
            return Ok(judge(newer.get()));
        }
        Ok(judged)
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
}

/// Whether an assertion is refused for such a fault of its signature.
fn is_for<T>(judged: &Result<T, NotAuthenticated>, is_so: impl FnOnce(Refused) -> bool) -> bool {
    match judged {
        Err(NotAuthenticated::Assertion(AssertionRefused::Token(why))) => is_so(*why),
        _ => false,
    }
}

fn used_before<R: From<NotAuthenticated>>() -> Error<R> {
    Error::refused(NotAuthenticated::Assertion(AssertionRefused::UsedBefore))
}
