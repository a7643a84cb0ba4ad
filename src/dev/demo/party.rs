//! A relying party (OpenID Connect Core 1.0 §3.1, §3.3): discovery, the code flow with PKCE, also with an ID token at once
//! in a posted form, `state` and `nonce`, the checks of an ID token, userinfo, refresh and logout.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD as BASE64, URL_SAFE_NO_PAD as BASE64URL},
};
use openapi::pages::view::RefusedBy;
use protocol::{
    ClientId, Randomness, Secret, Timestamp, Token, crypto,
    jose::{Algorithm, Expectations, Jwks, VerifyingKeys},
    parameters::Parameters,
    pkce,
    scope::STANDARD,
    tokens::{IdTokenClaims, at_hash, c_hash},
};
use serde::Deserialize;
use serde_json::{Map, Value};
use url::form_urlencoded::{Serializer, byte_serialize};

use super::calls::Calls;

/// What the client is, and where it asks.
pub(super) struct Party {
    pub(super) issuer: String,
    pub(super) client_id: ClientId,
    pub(super) client_secret: Secret<String>,
    pub(super) calls: Calls,
}

/// A sign-in that has begun.
#[derive(Clone, Default)]
pub(super) struct Pending {
    state: Secret<String>,
    nonce: Secret<String>,
    verifier: Secret<String>,
    /// Whether an ID token comes with the code, in a form.
    is_posted: bool,
}

/// What the provider's answer brings.
struct Answered {
    code: Secret<String>,
    id_token: Option<Secret<String>>,
}

/// Somebody who has signed in.
#[derive(Clone)]
pub(super) struct SignedIn {
    id_token: Secret<String>,
    pub(super) id_token_claims: Map<String, Value>,
    pub(super) userinfo: Map<String, Value>,
    pub(super) scope: String,
    pub(super) expires_at: Timestamp,
    pub(super) refresh_token: Option<Secret<String>>,
    pub(super) refresh_count: u64,
}

/// What went wrong, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trouble {
    pub(super) error: String,
    pub(super) description: String,
    pub(super) refused_by: RefusedBy,
}

impl Trouble {
    /// The provider said no.
    pub(super) fn told(error: impl Into<String>, description: impl Into<String>) -> Self {
        let refused_by = RefusedBy::Provider;
        Self { error: error.into(), description: description.into(), refused_by }
    }

    /// The provider answers otherwise than it should.
    pub(super) fn provider(description: impl Into<String>) -> Self {
        Self { refused_by: RefusedBy::Application, ..Self::told("provider", description) }
    }

    /// What this party has found wrong itself.
    fn found(description: impl Into<String>) -> Self {
        let told = Self::told("refused_by_the_application", description);
        Self { refused_by: RefusedBy::Application, ..told }
    }

    /// An answer to no question.
    pub(super) fn nobody_asked() -> Self {
        Self::found("nobody in this browser has begun to sign in here, or it took too long")
    }
}

/// What is used of the discovery document (OpenID Connect Discovery 1.0 §3).
#[derive(Deserialize)]
struct Discovered {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    userinfo_endpoint: String,
    jwks_uri: String,
    end_session_endpoint: String,
}

/// What the token endpoint answers (RFC 6749 §5.1).
#[derive(Deserialize)]
struct Tokens {
    access_token: String,
    token_type: String,
    expires_in: u64,
    #[serde(default)]
    scope: String,
    refresh_token: Option<String>,
    id_token: Option<String>,
}

impl Party {
    /// Begins a sign-in: what to remember, and where to send the browser.
    pub(super) async fn begin(
        &self,
        randomness: &dyn Randomness,
        is_posted: bool,
    ) -> Result<(Pending, String), Trouble> {
        let discovered = self.discover().await?;
        let draw = || Secret::new(Token::new(randomness).expose().to_owned());
        let pending = Pending { state: draw(), nonce: draw(), verifier: draw(), is_posted };
        let (response_type, response_mode) =
            if is_posted { ("code id_token", "form_post") } else { ("code", "query") };
        let challenge = BASE64URL.encode(crypto::sha256(pending.verifier.expose().as_bytes()));
        let query = Serializer::new(String::new())
            .append_pair("response_type", response_type)
            .append_pair("response_mode", response_mode)
            .append_pair("client_id", &self.client_id.to_string())
            .append_pair("redirect_uri", &self.redirect_uri())
            .append_pair("scope", &STANDARD.join(" "))
            .append_pair("state", pending.state.expose())
            .append_pair("nonce", pending.nonce.expose())
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", pkce::CODE_CHALLENGE_METHOD)
            .finish();
        Ok((pending, format!("{}?{query}", discovered.authorization_endpoint)))
    }

    /// Takes the provider's answer (RFC 6749 §4.1.2, RFC 9207) to the end.
    pub(super) async fn complete(
        &self,
        pending: &Pending,
        answer: &str,
        now: Timestamp,
    ) -> Result<SignedIn, Trouble> {
        let answered = self.answered(pending, answer)?;
        let at_once = self.told_at_once(pending, &answered, now).await?;
        let form = [
            ("grant_type", "authorization_code"),
            ("code", answered.code.expose()),
            ("redirect_uri", &self.redirect_uri()),
            ("code_verifier", pending.verifier.expose()),
        ];
        let (discovered, tokens) = self.tokens(&form).await?;
        let id_token =
            tokens.id_token.clone().ok_or_else(|| Trouble::found("there is no ID token"))?;
        let claims = self.verify(&discovered, &id_token, (&tokens.access_token, now)).await?;
        if claims.nonce.as_ref() != Some(pending.nonce.expose()) {
            return Err(Trouble::found("the ID token has another nonce"));
        }
        if at_once.is_some_and(|first| first.sub != claims.sub) {
            return Err(Trouble::found("the second ID token is another end-user's"));
        }
        self.signed_in(&discovered, tokens, (&id_token, &claims), now).await
    }

    /// The ID token that came with the code: its nonce is ours, and it belongs to that code (OpenID Connect Core 1.0
    /// §3.3.2.11).
    async fn told_at_once(
        &self,
        pending: &Pending,
        answered: &Answered,
        now: Timestamp,
    ) -> Result<Option<IdTokenClaims>, Trouble> {
        if !pending.is_posted {
            return Ok(None);
        }
        let id_token = answered.id_token.as_ref();
        let id_token = id_token.ok_or_else(|| Trouble::found("no ID token came with the code"))?;
        let claims = self.authentic(&self.discover().await?, id_token.expose(), now).await?;
        // This client registered RS256.
        if claims.c_hash != Some(c_hash(Algorithm::Rs256, answered.code.expose())) {
            return Err(Trouble::found("the ID token belongs to another code"));
        }
        if claims.nonce.as_ref() != Some(pending.nonce.expose()) {
            return Err(Trouble::found("the ID token has another nonce"));
        }
        Ok(Some(claims))
    }

    fn answered(&self, pending: &Pending, query: &str) -> Result<Answered, Trouble> {
        let malformed = |why: &dyn std::fmt::Display| Trouble::found(why.to_string());
        let answer = Parameters::parse(query.as_bytes()).map_err(|why| malformed(&why))?;
        let get = |name| answer.get(name).map_err(|why| malformed(&why));
        let state = get("state")?.unwrap_or_default();
        if !crypto::same(state.as_bytes(), pending.state.expose().as_bytes()) {
            return Err(Trouble::found("the answer has another state"));
        }
        if get("iss")? != Some(self.issuer.as_str()) {
            return Err(Trouble::found("the answer comes from another issuer"));
        }
        if let Some(error) = get("error")? {
            return Err(Trouble::told(error, get("error_description")?.unwrap_or_default()));
        }
        let code = get("code")?.ok_or_else(|| Trouble::found("the answer has no code"))?;
        let id_token = get("id_token")?.map(|token| Secret::new(token.to_owned()));
        Ok(Answered { code: Secret::new(code.to_owned()), id_token })
    }

    /// The same end-user, with new tokens (RFC 6749 §6).
    pub(super) async fn refresh(
        &self,
        before: &SignedIn,
        now: Timestamp,
    ) -> Result<SignedIn, Trouble> {
        let refresh_token = before
            .refresh_token
            .as_ref()
            .ok_or_else(|| Trouble::found("there is no refresh token"))?;
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh_token.expose())];
        let (discovered, mut tokens) = self.tokens(&form).await?;
        tokens.refresh_token.get_or_insert_with(|| refresh_token.expose().clone());
        let id_token = tokens.id_token.clone().unwrap_or_else(|| before.id_token.expose().clone());
        let claims = match &tokens.id_token {
            Some(id_token) => {
                self.verify(&discovered, id_token, (&tokens.access_token, now)).await?
            }
            None => serde_json::from_value(Value::Object(before.id_token_claims.clone()))
                .map_err(|error| Trouble::found(error.to_string()))?,
        };
        if before.id_token_claims.get("sub").and_then(Value::as_str) != Some(claims.sub.as_str()) {
            return Err(Trouble::found("the new ID token is another end-user's"));
        }
        let signed_in = self.signed_in(&discovered, tokens, (&id_token, &claims), now).await?;
        Ok(SignedIn { refresh_count: before.refresh_count + 1, ..signed_in })
    }

    /// Where to send the browser to sign out (OpenID Connect RP-Initiated Logout 1.0 §2).
    pub(super) async fn sign_out(&self, signed_in: &SignedIn) -> Result<String, Trouble> {
        let discovered = self.discover().await?;
        let query = Serializer::new(String::new())
            .append_pair("id_token_hint", signed_in.id_token.expose())
            .append_pair("client_id", &self.client_id.to_string())
            .append_pair(
                "post_logout_redirect_uri",
                &format!("{}{}", self.issuer, super::SIGNED_OUT),
            )
            .finish();
        Ok(format!("{}?{query}", discovered.end_session_endpoint))
    }

    async fn signed_in(
        &self,
        discovered: &Discovered,
        tokens: Tokens,
        (id_token, claims): (&str, &IdTokenClaims),
        now: Timestamp,
    ) -> Result<SignedIn, Trouble> {
        let userinfo: Map<String, Value> =
            self.calls.get(&discovered.userinfo_endpoint, Some(&tokens.access_token)).await?;
        // OpenID Connect Core 1.0 §5.3.2.
        if userinfo.get("sub").and_then(Value::as_str) != Some(claims.sub.as_str()) {
            return Err(Trouble::found("userinfo tells of another end-user"));
        }
        let id_token_claims = serde_json::to_value(claims).ok();
        Ok(SignedIn {
            id_token: Secret::new(id_token.to_owned()),
            id_token_claims: id_token_claims
                .and_then(|claims| claims.as_object().cloned())
                .unwrap_or_default(),
            userinfo,
            scope: tokens.scope,
            expires_at: now + std::time::Duration::from_secs(tokens.expires_in),
            refresh_token: tokens.refresh_token.map(Secret::new),
            refresh_count: 0,
        })
    }

    async fn discover(&self) -> Result<Discovered, Trouble> {
        let address = format!("{}{}", self.issuer, protocol::paths::OPENID_CONFIGURATION);
        let discovered: Discovered = self.calls.get(&address, None).await?;
        if discovered.issuer == self.issuer {
            Ok(discovered)
        } else {
            Err(Trouble::found("the discovery document is another issuer's"))
        }
    }

    async fn tokens(&self, form: &[(&str, &str)]) -> Result<(Discovered, Tokens), Trouble> {
        let discovered = self.discover().await?;
        let form = Serializer::new(String::new()).extend_pairs(form).finish();
        let tokens: Tokens =
            self.calls.post(&discovered.token_endpoint, &self.authorization(), form).await?;
        if tokens.token_type.eq_ignore_ascii_case("bearer") {
            Ok((discovered, tokens))
        } else {
            Err(Trouble::found("the token is of an unknown type"))
        }
    }

    /// The checks of OpenID Connect Core 1.0 §3.1.3.7 and §3.1.3.8.
    async fn verify(
        &self,
        discovered: &Discovered,
        id_token: &str,
        (access_token, now): (&str, Timestamp),
    ) -> Result<IdTokenClaims, Trouble> {
        let claims = self.authentic(discovered, id_token, now).await?;
        // This client registered RS256.
        let hash = at_hash(Algorithm::Rs256, access_token);
        if claims.at_hash.as_ref().is_some_and(|found| *found != hash) {
            return Err(Trouble::found("the ID token belongs to another access token"));
        }
        Ok(claims)
    }

    /// Those of them that are about the ID token alone.
    async fn authentic(
        &self,
        discovered: &Discovered,
        id_token: &str,
        now: Timestamp,
    ) -> Result<IdTokenClaims, Trouble> {
        let jwks: Jwks = self.calls.get(&discovered.jwks_uri, None).await?;
        let keys =
            VerifyingKeys::new(&jwks.keys).map_err(|error| Trouble::found(error.to_string()))?;
        let client_id = self.client_id.to_string();
        let expected = Expectations { issuer: &self.issuer, audience: Some(&client_id), now };
        let claims: IdTokenClaims =
            keys.verify(id_token, &expected).map_err(|error| Trouble::found(error.to_string()))?;
        if claims.azp.is_some_and(|azp| azp != self.client_id) {
            return Err(Trouble::found("the ID token was issued to another client"));
        }
        Ok(claims)
    }

    fn redirect_uri(&self) -> String {
        format!("{}{}", self.issuer, super::CALLBACK)
    }

    /// `client_secret_basic` (RFC 6749 §2.3.1): both parts form-encoded, then base64.
    fn authorization(&self) -> String {
        let encode = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
        let pair = format!(
            "{}:{}",
            encode(&self.client_id.to_string()),
            encode(self.client_secret.expose())
        );
        format!("Basic {}", BASE64.encode(pair))
    }
}
