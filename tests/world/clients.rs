//! Relying parties: registered clients that make requests, redeem codes, refresh, and verify what they are given.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use protocol::{
    ClientId, Realm, Token,
    client::{Client, ClientKind, ClientSecret, GrantType, ResponseType, TokenEndpointAuthMethod},
    jose::{Expectations, Jwks, VerifyingKeys},
    paths,
    redirect_uri::RedirectUri,
    tokens::IdTokenClaims,
};
use serde_json::{Value, json};
use storage::Store;

use super::{Answer, Ask, Browser, Callback, Person, Sent, Wire, World};

/// Where answers go.
pub(crate) const REDIRECT_URI: &str = "https://client.example/cb";
/// Where browsers go after a logout.
pub(crate) const POST_LOGOUT_REDIRECT_URI: &str = "https://client.example/bye";

/// A client and what it knows.
#[derive(Clone)]
pub(crate) struct RelyingParty {
    pub(super) wire: Wire,
    pub(crate) client_id: ClientId,
    pub(crate) method: TokenEndpointAuthMethod,
    pub(crate) secret: String,
    pub(crate) redirect_uri: String,
}

/// What it was given.
#[derive(Debug, Clone)]
pub(crate) struct Tokens {
    pub(crate) access_token: String,
    pub(crate) refresh_token: Option<String>,
    pub(crate) id_token: Option<String>,
    pub(crate) scope: String,
    pub(crate) body: Value,
}

impl World {
    /// A confidential client that authenticates with `client_secret_basic`.
    pub(crate) async fn relying_party(&self) -> RelyingParty {
        self.client(|_| {}).await
    }

    /// A public client.
    pub(crate) async fn public_client(&self) -> RelyingParty {
        self.client(|client| client.kind = ClientKind::Public).await
    }

    /// A confidential client, but for what `change` changes.
    pub(crate) async fn client(&self, change: impl FnOnce(&mut Client)) -> RelyingParty {
        register(self.store(), self.wire(), change).await
    }

    /// From now on a client may do nothing.
    pub(crate) async fn disable_client(&self, party: &RelyingParty) {
        disable(self.store(), party).await;
    }

    /// Changes a client to one that authenticates in this way.
    pub(crate) fn authenticating(method: TokenEndpointAuthMethod) -> impl FnOnce(&mut Client) {
        move |client| {
            if let ClientKind::Confidential { token_endpoint_auth_method, .. } = &mut client.kind {
                *token_endpoint_auth_method = method;
            }
        }
    }
}

/// Changes a client to one that may ask for every response type.
pub(crate) fn answered_anyhow(client: &mut Client) {
    client.grant_types.push(GrantType::Implicit);
    client.response_types = ResponseType::ALL.into();
}

/// Puts a confidential client into a store, but for what `change` changes; it speaks over `wire`.
pub(crate) async fn register(
    store: &Store,
    wire: &Wire,
    change: impl FnOnce(&mut Client),
) -> RelyingParty {
    let secret = Token::new(store.randomness());
    let mut client: Client = serde_json::from_value(json!({
        "client_id": ClientId::new(store.randomness()),
        "realm": Realm::main(),
        "name": "The Client",
        "kind": { "type": "public" },
        "redirect_uris": [REDIRECT_URI],
        "post_logout_redirect_uris": [POST_LOGOUT_REDIRECT_URI],
        "scopes": "openid profile email address phone offline_access",
        "created_at": store.now(),
    }))
    .expect("a client");
    let kept = ClientSecret::new(&secret, store.now());
    client.kind = ClientKind::Confidential {
        token_endpoint_auth_method: TokenEndpointAuthMethod::ClientSecretBasic,
        secrets: vec![kept],
    };
    client.grant_types = vec![GrantType::AuthorizationCode, GrantType::RefreshToken];
    change(&mut client);
    let mut batch = store.batch();
    batch.create(&client);
    store.commit(batch).await.expect("the client is registered");
    RelyingParty {
        wire: wire.clone(),
        client_id: client.client_id,
        method: client.token_endpoint_auth_method().clone(),
        secret: secret.expose().to_owned(),
        redirect_uri: REDIRECT_URI.to_owned(),
    }
}

/// Disables a client in a store.
pub(crate) async fn disable(store: &Store, party: &RelyingParty) {
    let client = store.client(&Realm::main(), party.client_id).await;
    let client = client.expect("the store answers").expect("a client");
    let disabled = Client { disabled_at: Some(store.now()), ..client.record.clone() };
    let mut batch = store.batch();
    batch.replace(&client, &disabled);
    store.commit(batch).await.expect("it is written");
}

impl RelyingParty {
    /// A confidential client that another process has registered.
    pub(crate) fn registered(wire: Wire, client_id: ClientId, secret: &str, uri: &str) -> Self {
        let method = TokenEndpointAuthMethod::ClientSecretBasic;
        Self { wire, client_id, method, secret: secret.into(), redirect_uri: uri.into() }
    }

    /// Where its pages are.
    pub(crate) fn origin(&self) -> String {
        let uri: RedirectUri = self.redirect_uri.parse().expect("a redirect URI");
        uri.origin().expect("a web page")
    }

    pub(crate) fn id(&self) -> String {
        self.client_id.to_string()
    }

    /// A request for the scope `openid`, with PKCE, state and nonce.
    pub(crate) fn ask(&self) -> Ask {
        Ask::new(&self.wire, &self.id(), &self.redirect_uri)
    }

    /// As [`RelyingParty::ask`], for more than `openid`.
    pub(crate) fn ask_for(&self, scope: &str) -> Ask {
        self.ask().set("scope", scope)
    }

    /// As [`RelyingParty::ask`], for what `response_type` names.
    pub(crate) fn ask_by(&self, response_type: &ResponseType) -> Ask {
        self.ask().set("response_type", response_type.as_str())
    }

    /// A request to the token endpoint, authenticated as this client is registered to.
    pub(crate) fn token_request(&self, fields: &[(&str, &str)]) -> Sent {
        self.request_to(paths::TOKEN, fields)
    }

    /// A request to another endpoint at which clients authenticate as they do at the token endpoint.
    pub(crate) fn request_to(&self, path: &str, fields: &[(&str, &str)]) -> Sent {
        let id = self.id();
        let mut fields = fields.to_vec();
        match &self.method {
            TokenEndpointAuthMethod::ClientSecretBasic => {}
            TokenEndpointAuthMethod::ClientSecretPost => {
                fields.extend([("client_id", id.as_str()), ("client_secret", &self.secret)]);
            }
            _ => fields.push(("client_id", &id)),
        }
        let sent = Sent::post(path).form(&fields);
        match &self.method {
            TokenEndpointAuthMethod::ClientSecretBasic => {
                sent.header("authorization", basic(&id, &self.secret))
            }
            _ => sent,
        }
    }

    /// The request that redeems a code, not yet sent.
    pub(crate) fn redemption(&self, ask: &Ask, code: &str) -> Sent {
        self.token_request(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", ask.get("redirect_uri")),
            ("code_verifier", &ask.verifier),
        ])
    }

    pub(crate) async fn redeem(&self, ask: &Ask, code: &str) -> Answer {
        self.wire.send(self.redemption(ask, code)).await
    }

    /// The request that refreshes, not yet sent.
    pub(crate) fn refreshing(&self, refresh_token: &str) -> Sent {
        self.token_request(&[("grant_type", "refresh_token"), ("refresh_token", refresh_token)])
    }

    pub(crate) async fn refresh(&self, refresh_token: &str) -> Answer {
        self.wire.send(self.refreshing(refresh_token)).await
    }

    /// Sends `person` through the whole flow on `browser`.
    pub(crate) async fn sign_in(&self, browser: &mut Browser, person: &Person) -> Tokens {
        self.sign_in_for(&self.ask(), browser, person).await
    }

    /// As [`RelyingParty::sign_in`], with this request.
    pub(crate) async fn sign_in_for(
        &self,
        ask: &Ask,
        browser: &mut Browser,
        person: &Person,
    ) -> Tokens {
        let callback: Callback = browser.authorize(ask, person).await;
        assert_eq!(callback.get("state"), Some(ask.get("state")));
        Tokens::read(self.redeem(ask, callback.code()).await)
    }

    /// The request that asks whether a token holds, not yet sent.
    pub(crate) fn introspection(&self, token: &str) -> Sent {
        self.request_to(paths::INTROSPECT, &[("token", token)])
    }

    /// What is told of a token.
    pub(crate) async fn introspect(&self, token: &str) -> Value {
        let answer = self.wire.send(self.introspection(token)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    /// The request that takes a token back, not yet sent.
    pub(crate) fn revocation(&self, token: &str) -> Sent {
        self.request_to(paths::REVOKE, &[("token", token)])
    }

    pub(crate) async fn revoke(&self, token: &str) -> Answer {
        self.wire.send(self.revocation(token)).await
    }

    pub(crate) async fn userinfo(&self, access_token: &str) -> Answer {
        let bearer = format!("Bearer {access_token}");
        self.wire.send(Sent::get(paths::USERINFO).header("authorization", bearer)).await
    }

    /// Verifies an ID token as OpenID Connect Core 1.0 §3.1.3.7 says, with the keys at `jwks_uri`.
    pub(crate) async fn verify(&self, id_token: &str) -> IdTokenClaims {
        let jwks: Jwks =
            serde_json::from_value(self.wire.send(Sent::get(paths::JWKS)).await.json())
                .expect("a JWKS");
        let keys = VerifyingKeys::new(&jwks.keys).expect("keys");
        let (issuer, audience) = (self.wire.issuer(), self.id());
        let expected = Expectations { issuer, audience: Some(&audience), now: self.wire.now() };
        keys.verify(id_token, &expected).expect("a good ID token")
    }

    /// The logout request of this client (OpenID Connect RP-Initiated Logout 1.0 §2).
    pub(crate) fn logout(&self, parameters: &[(&str, &str)]) -> String {
        let query = super::http::encode(parameters);
        format!("{}{}?{query}", self.wire.issuer(), paths::END_SESSION)
    }
}

/// The header of `client_secret_basic`.
pub(crate) fn basic(client_id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{client_id}:{secret}")))
}

impl Tokens {
    /// Of an answer that must be a success.
    pub(crate) fn read(answer: Answer) -> Self {
        assert_eq!(answer.status, 200, "{answer:?}");
        let text = |member| answer.text(member);
        Self {
            access_token: text("access_token").expect("an access token"),
            refresh_token: text("refresh_token"),
            id_token: text("id_token"),
            scope: text("scope").expect("a scope"),
            body: answer.json(),
        }
    }

    pub(crate) fn refresh_token(&self) -> &str {
        self.refresh_token.as_deref().expect("a refresh token")
    }

    pub(crate) fn id_token(&self) -> &str {
        self.id_token.as_deref().expect("an ID token")
    }
}
