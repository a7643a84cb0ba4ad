//! Clients: registered by an operator. Their secrets are made here, shown once, and kept as hashes.

use protocol::{
    ClientId, Token,
    client::{
        AssertionPolicy, Client, ClientKind, ClientSecret, ConsentPolicy, GrantType, NotAClient,
        ResponseType, SigningAlgorithm, TokenEndpointAuthMethod, TokenPolicy,
    },
    event::Act,
    redirect_uri::RedirectUri,
    scope::ScopeSet,
};
use storage::{CommitError, Stored};

use super::Administrator;
use crate::{Error, Failure, Flows};

/// A client to be.
#[derive(Debug, Clone)]
pub struct NewClient {
    /// What people are shown.
    pub name: String,
    /// How it proves who it is; a public client does not.
    pub token_endpoint_auth_method: TokenEndpointAuthMethod,
    /// Where it may be answered.
    pub redirects: Redirects,
    /// What it may ask the token endpoint for.
    pub grant_types: Vec<GrantType>,
    /// What it may ask of end-users.
    pub scopes: ScopeSet,
    /// Whether its codes must be bound by PKCE. A public client's always are.
    pub require_pkce: bool,
    /// Whether end-users are asked.
    pub consent: ConsentPolicy,
}

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

/// Why a client is not registered or changed. Nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClientRefused {
    /// It could not work.
    #[error(transparent)]
    NotAClient(#[from] NotAClient),
    /// There is none with this id.
    #[error("no client has this id")]
    Unknown,
    /// Somebody else changed it at this moment.
    #[error("the client was changed by somebody else at this moment")]
    Changed,
}

impl Flows {
    /// Registers a client.
    pub async fn register_client(
        &self,
        by: &Administrator,
        new: NewClient,
    ) -> Result<Registered, Error<ClientRefused>> {
        let mut batch = self.store.batch();
        let secret = match new.token_endpoint_auth_method {
            TokenEndpointAuthMethod::None => None,
            _ => Some(Token::new(self.store.randomness())),
        };
        let kind = match &secret {
            None => ClientKind::Public,
            Some(secret) => ClientKind::Confidential {
                token_endpoint_auth_method: new.token_endpoint_auth_method,
                secrets: vec![ClientSecret {
                    hash: secret.hash(),
                    created_at: batch.now(),
                    expires_at: None,
                }],
            },
        };
        let codes = new.grant_types.contains(&GrantType::AuthorizationCode);
        let client = Client {
            client_id: ClientId::new(self.store.randomness()),
            realm: by.realm.clone(),
            organisation_id: None,
            name: new.name,
            kind,
            redirect_uris: new.redirects.redirect_uris,
            post_logout_redirect_uris: new.redirects.post_logout_redirect_uris,
            grant_types: new.grant_types,
            response_types: codes.then_some(ResponseType::Code).into_iter().collect(),
            scopes: new.scopes,
            require_pkce: new.require_pkce || secret.is_none(),
            id_token_signed_response_alg: SigningAlgorithm::default(),
            consent: new.consent,
            logo_uri: None,
            client_uri: None,
            policy_uri: None,
            tos_uri: None,
            created_at: batch.now(),
            assertions: AssertionPolicy::default(),
            tokens: TokenPolicy::default(),
            tokens_revoked_at: None,
            disabled_at: None,
        };
        client.judge().map_err(Error::refused)?;
        let client_id = client.client_id;
        batch.create(&client);
        self.tell(by, &mut batch, Act::ClientRegistered, (None, Some(client_id))).await?;
        self.store.commit(batch).await?;
        Ok(Registered { client_id, client_secret: secret })
    }

    /// A client, whatever its state.
    pub async fn client(
        &self,
        by: &Administrator,
        client_id: ClientId,
    ) -> Result<Option<Stored<Client>>, Failure> {
        Ok(self.store.client(&by.realm, client_id).await?)
    }

    /// Puts `redirects` in place of those that a client has.
    pub async fn set_redirects(
        &self,
        by: &Administrator,
        client_id: ClientId,
        redirects: Redirects,
    ) -> Result<(), Error<ClientRefused>> {
        let old =
            self.client(by, client_id).await?.ok_or(Error::Refused(ClientRefused::Unknown))?;
        let Redirects { redirect_uris, post_logout_redirect_uris } = redirects;
        let new = Client { redirect_uris, post_logout_redirect_uris, ..old.record.clone() };
        if new == old.record {
            return Ok(());
        }
        new.judge().map_err(Error::refused)?;
        let mut batch = self.store.batch();
        batch.replace(&old, &new);
        self.tell(by, &mut batch, Act::ClientChanged, (None, Some(client_id))).await?;
        match self.store.commit(batch).await {
            Ok(_) => Ok(()),
            Err(CommitError::Refused(_)) => Err(Error::Refused(ClientRefused::Changed)),
            Err(error) => Err(error.into()),
        }
    }
}
