//! The public client by which the documentation page signs its reader in. Every installation has one, under an id that
//! follows from its master key, so that all nodes make the same.

use protocol::{
    ClientId,
    client::{
        AnswerPolicy, AssertionPolicy, Client, ClientKind, ConsentPolicy, GrantType,
        IdTokenSigningAlgorithm, REDIRECT_URIS_MAX, ResponseType, SubjectPolicy, TokenPolicy,
    },
    event::{Act, Actor, Event, Personal},
    paths,
    permission::Permission,
    redirect_uri::RedirectUri,
    scope::{self, ScopeSet},
};
use storage::CommitError;

use crate::{Context, Failure, Flows};

/// What people are shown when they are asked.
const NAME: &str = "Doorward API documentation";

impl Flows {
    /// The id of the client of the documentation page, which is registered when it is first asked for. It leads back to this
    /// issuer beside whatever was put there before, as long as there is room.
    pub async fn documentation_client(&self, context: &Context) -> Result<ClientId, Failure> {
        let client_id = self.documentation_client_id()?;
        let uri = format!("{}{}", context.issuer, paths::DOCS_REDIRECT);
        let uri: RedirectUri = uri.parse().map_err(Failure::fault)?;
        let found = self.store.client(&context.realm, client_id).await?;
        let mut batch = self.store.batch();
        let act = match &found {
            Some(found)
                if found.redirect_uris.contains(&uri)
                    || found.redirect_uris.len() >= REDIRECT_URIS_MAX =>
            {
                return Ok(client_id);
            }
            Some(found) => {
                let redirect_uris = [found.redirect_uris.as_slice(), &[uri]].concat();
                batch.replace(found, &Client { redirect_uris, ..found.record.clone() });
                Act::ClientChanged
            }
            None => {
                batch.create(&documentation(context, client_id, (uri, batch.now())));
                Act::ClientRegistered
            }
        };
        let event = Event {
            actor: Actor::Node,
            act,
            account_id: None,
            client_id: Some(client_id),
            request_id: Some(context.request_id.clone()),
            personal: Personal::default(),
        };
        self.events.record(&context.realm, &mut batch, event).await?;
        match self.store.commit(batch).await {
            // Whoever was quicker has made the same.
            Ok(_) | Err(CommitError::Refused(_)) => Ok(client_id),
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) fn documentation_client_id(&self) -> Result<ClientId, Failure> {
        use std::fmt::Write;
        let derived = self.ring.derive("doorward documentation client");
        let id = derived.expose().iter().take(16).fold(String::from("cli_"), |mut id, byte| {
            let _ = write!(id, "{byte:02x}");
            id
        });
        id.parse().map_err(Failure::fault)
    }
}

fn documentation(
    context: &Context,
    client_id: ClientId,
    (redirect_uri, created_at): (RedirectUri, protocol::Timestamp),
) -> Client {
    let permissions = Permission::ALL.iter().map(|permission| permission.as_str());
    let scopes = permissions.chain([scope::OPENID]).collect::<Vec<_>>().join(" ");
    Client {
        client_id,
        realm: context.realm.clone(),
        organisation_id: None,
        name: NAME.into(),
        kind: ClientKind::Public,
        redirect_uris: vec![redirect_uri],
        post_logout_redirect_uris: Vec::new(),
        grant_types: vec![GrantType::AuthorizationCode],
        response_types: vec![ResponseType::Code],
        scopes: scopes.parse::<ScopeSet>().unwrap_or_default(),
        require_pkce: true,
        id_token_signed_response_alg: IdTokenSigningAlgorithm::default(),
        consent: ConsentPolicy::Required,
        logo_uri: None,
        client_uri: None,
        policy_uri: None,
        tos_uri: None,
        jwks: Default::default(),
        jwks_uri: None,
        assertions: AssertionPolicy::default(),
        tokens: TokenPolicy::default(),
        logout: Default::default(),
        answers: AnswerPolicy::default(),
        subjects: SubjectPolicy::default(),
        created_at,
        tokens_revoked_at: None,
        disabled_at: None,
    }
}
