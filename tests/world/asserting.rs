//! Clients that sign a token to say who they are (RFC 7523 §2.2, OpenID Connect Core 1.0 §9).

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use protocol::{
    KeyId, Randomness, Timestamp, Token,
    client::{Client, ClientKind, ClientSecret, TokenEndpointAuthMethod},
    client_assertion::CLIENT_ASSERTION_TYPE,
    crypto::{hmac_sha256, sha256},
    jose::{Algorithm, Claims, ClientJwks, PrivateKey, Typ},
    paths,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Answer, Browser, Person, RelyingParty, Sent, Tokens, Wire, World};

/// A client, and what it signs with.
#[derive(Clone)]
pub(crate) struct Asserting {
    pub(crate) party: RelyingParty,
    pub(crate) key: Key,
    wire: Wire,
}

/// What assertions are signed with.
#[derive(Clone)]
pub(crate) enum Key {
    /// What nobody else has.
    Private(Arc<PrivateKey>),
    /// What the provider has too.
    Shared(String),
}

/// Claims as they are given.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct AsGiven(Value);

impl Claims for AsGiven {
    const TYP: Typ = Typ::Jwt;
}

impl Key {
    /// A new one for ES256.
    pub(crate) fn drawn(world: &World) -> Self {
        Self::drawn_by(world.store().randomness())
    }

    /// As [`Key::drawn`], with the chance of somebody else.
    pub(crate) fn drawn_by(randomness: &dyn Randomness) -> Self {
        let key_id = KeyId::new(randomness);
        Self::Private(Arc::new(PrivateKey::generate(Algorithm::Es256, key_id).expect("a key")))
    }

    /// The set to register.
    pub(crate) fn jwks(&self) -> ClientJwks {
        let Self::Private(key) = self else { return ClientJwks::default() };
        ClientJwks::register(&json!({ "keys": [key.public_jwk()] })).expect("a good key")
    }

    /// A token with these claims.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        match self {
            Self::Private(key) => key.sign(&AsGiven(claims.clone())).expect("it signs"),
            Self::Shared(secret) => {
                let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
                let header = encode(r#"{"alg":"HS256","typ":"JWT"}"#);
                let signed = format!("{header}.{}", encode(&claims.to_string()));
                // A key that is longer than a block is hashed first (RFC 2104 §2).
                let tag = hmac_sha256(&sha256(secret.as_bytes()), signed.as_bytes());
                format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag))
            }
        }
    }
}

/// Changes a client to one that signs with `key`.
pub(crate) fn signing_with(key: &Key) -> impl FnOnce(&mut Client) + use<> {
    let jwks = key.jwks();
    move |client| {
        let token_endpoint_auth_method = TokenEndpointAuthMethod::PrivateKeyJwt;
        client.kind = ClientKind::Confidential { token_endpoint_auth_method, secrets: Vec::new() };
        client.jwks = jwks;
    }
}

/// The claims of an assertion that is good at the token endpoint for a minute, and was never used.
pub(crate) fn good_claims(client_id: &str, audience: &str, now: Timestamp, jti: &str) -> Value {
    let (iat, exp) = (now.as_seconds(), now.as_seconds() + 60);
    json!({ "iss": client_id, "sub": client_id, "aud": audience, "iat": iat, "exp": exp, "jti": jti })
}

impl World {
    /// A client with `private_key_jwt`, but for what `change` changes.
    pub(crate) async fn client_with_key(&self, change: impl FnOnce(&mut Client)) -> Asserting {
        let key = Key::drawn(self);
        let with_key = signing_with(&key);
        let party = self.client(|client| {
            with_key(client);
            change(client);
        });
        Asserting::over(self, party.await, key)
    }

    /// A client with `client_secret_jwt`, but for what `change` changes.
    pub(crate) async fn client_with_shared_secret(
        &self,
        change: impl FnOnce(&mut Client),
    ) -> Asserting {
        let token_endpoint_auth_method = TokenEndpointAuthMethod::ClientSecretJwt;
        let secret = Token::new_for_hmac(self.store().randomness());
        let party = self.client(|client| {
            let secrets = vec![self.readable(&secret, client)];
            client.kind = ClientKind::Confidential { token_endpoint_auth_method, secrets };
            change(client);
        });
        let key = Key::Shared(secret.expose().to_owned());
        Asserting::over(self, party.await, key)
    }

    /// Changes a client that is registered.
    pub(crate) async fn change_client(
        &self,
        party: &RelyingParty,
        change: impl FnOnce(&mut Client),
    ) {
        let found = self.store().client(&self.realm(), party.client_id).await;
        let old = found.expect("the store answers").expect("a client");
        let (mut new, mut batch) = (old.record.clone(), self.store().batch());
        change(&mut new);
        batch.replace(&old, &new);
        self.store().commit(batch).await.expect("it is written");
    }

    /// What is kept of a secret that `client` signs with.
    pub(crate) fn readable(&self, secret: &Token, client: &Client) -> ClientSecret {
        let under = (&*self.flows().ring, self.store().randomness());
        ClientSecret::readable(secret, self.now(), client.client_id, under).expect("it is sealed")
    }
}

impl Asserting {
    /// A client that says that it signs with `key`.
    pub(crate) fn over(world: &World, party: RelyingParty, key: Key) -> Self {
        Self { party, key, wire: world.wire().clone() }
    }

    /// Good claims, never used before.
    pub(crate) fn claims(&self) -> Value {
        let jti = Token::new(self.wire.chance());
        good_claims(&self.party.id(), self.wire.issuer(), self.wire.now(), jti.expose())
    }

    /// Good claims, but for these; null leaves one out.
    pub(crate) fn claims_but(&self, changes: &Value) -> Value {
        let mut claims = self.claims();
        for (name, value) in changes.as_object().expect("an object") {
            claims[name] = value.clone();
        }
        claims.as_object_mut().expect("an object").retain(|_, value| !value.is_null());
        claims
    }

    /// A good assertion.
    pub(crate) fn assertion(&self) -> String {
        self.key.sign(&self.claims())
    }

    /// A good assertion, but for these claims.
    pub(crate) fn assertion_but(&self, changes: &Value) -> String {
        self.key.sign(&self.claims_but(changes))
    }

    /// A request to the token endpoint with this assertion and a refresh token, not yet sent.
    pub(crate) fn refreshing(&self, assertion: &str, refresh_token: &str) -> Sent {
        let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh_token)];
        presenting(assertion, paths::TOKEN, &fields)
    }

    /// What is answered to who presents this assertion with a grant that is not there: `invalid_grant` to who is believed.
    pub(crate) async fn tries(&self, assertion: &str) -> Answer {
        self.wire.send(self.refreshing(assertion, "none")).await
    }

    /// Sends `person` through the whole flow on `browser`.
    pub(crate) async fn sign_in(&self, browser: &mut Browser, person: &Person) -> Tokens {
        let ask = self.party.ask();
        let callback = browser.authorize(&ask, person).await;
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", callback.code()),
            ("redirect_uri", ask.get("redirect_uri")),
            ("code_verifier", &ask.verifier),
        ];
        let redemption = presenting(&self.assertion(), paths::TOKEN, &fields);
        Tokens::read(self.wire.send(redemption).await)
    }
}

/// A request with this assertion, not yet sent.
pub(crate) fn presenting(assertion: &str, path: &str, fields: &[(&str, &str)]) -> Sent {
    let by = [("client_assertion_type", CLIENT_ASSERTION_TYPE), ("client_assertion", assertion)];
    Sent::post(path).form(&[&by, fields].concat())
}
