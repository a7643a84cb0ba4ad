//! What a refused request brought, as far as an explanation needs it: read once, bounded, without any secret.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::Peeked;
use crate::{
    authorize::AuthorizationRequest,
    id::ClientId,
    parameters::Parameters,
    secret::{Secret, Token, TokenHash},
};

/// Bytes of a value that are looked at.
const RAW_BYTES_MAX: usize = 1_024;

/// A parameter that was received.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceivedParameter {
    /// Its name.
    pub name: String,
    /// Its value; nothing where it is a secret, or could be one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// How the value of a parameter is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Id,
    Uri,
    Words,
    Scopes,
    Number,
    /// Never: a secret, personal, or the client's own business.
    Withheld,
}

/// The parameters whose names are kept.
const KNOWN: &[(&str, Kind)] = &[
    ("client_id", Kind::Id),
    ("redirect_uri", Kind::Uri),
    ("post_logout_redirect_uri", Kind::Uri),
    ("resource", Kind::Uri),
    ("audience", Kind::Uri),
    ("response_type", Kind::Words),
    ("response_mode", Kind::Words),
    ("grant_type", Kind::Words),
    ("code_challenge_method", Kind::Words),
    ("prompt", Kind::Words),
    ("display", Kind::Words),
    ("client_assertion_type", Kind::Words),
    ("token_type_hint", Kind::Words),
    ("subject_token_type", Kind::Words),
    ("requested_token_type", Kind::Words),
    ("scope", Kind::Scopes),
    ("max_age", Kind::Number),
    ("access_token", Kind::Withheld),
    ("acr_values", Kind::Withheld),
    ("assertion", Kind::Withheld),
    ("claims", Kind::Withheld),
    ("client_assertion", Kind::Withheld),
    ("client_secret", Kind::Withheld),
    ("code", Kind::Withheld),
    ("code_challenge", Kind::Withheld),
    ("code_verifier", Kind::Withheld),
    ("id_token_hint", Kind::Withheld),
    ("login_hint", Kind::Withheld),
    ("nonce", Kind::Withheld),
    ("password", Kind::Withheld),
    ("refresh_token", Kind::Withheld),
    ("registration", Kind::Withheld),
    ("request", Kind::Withheld),
    ("request_uri", Kind::Withheld),
    ("state", Kind::Withheld),
    ("subject_token", Kind::Withheld),
    ("token", Kind::Withheld),
    ("ui_locales", Kind::Withheld),
    ("username", Kind::Withheld),
];

/// What a refused request brought. Values that may be shown are kept as they came until they are, and do not show themselves.
#[derive(Debug, Clone, Default)]
pub struct Received {
    pub(super) values: Vec<(&'static str, Kind, Secret<String>)>,
    pub(super) withheld: Vec<&'static str>,
    /// Parameters of other names.
    pub(super) others: usize,
    /// How the client authenticates, as OpenID Connect Core 1.0 §9 names it.
    pub(super) method: Option<&'static str>,
    pub(super) verifier: Option<Verifier>,
    pub(super) assertion: Option<Peeked>,
    /// The access token that was presented, where it is a JWT.
    pub bearer: Option<Peeked>,
    /// The access token that was presented, where it says nothing by itself.
    pub opaque_token: Option<TokenHash>,
    /// The code that was presented.
    pub code: Option<TokenHash>,
    /// The refresh token that was presented.
    pub refresh_token: Option<TokenHash>,
    named: Option<ClientId>,
}

/// What may be said of a `code_verifier`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Verifier {
    pub(super) bytes: usize,
    pub(super) is_unreserved: bool,
}

impl Received {
    /// Reads a request of a client: all its `Authorization` headers, and its parameters.
    pub fn read(authorization: &[&[u8]], parameters: &Parameters) -> Self {
        let mut received = Self::default();
        for (name, value) in parameters.iter() {
            received.take(name, value);
        }
        let first = |name: &str| parameters.iter().find(|(one, _)| *one == name).map(|(_, v)| v);
        let hash = |name: &str| first(name).map(|token| Token::presented(token).hash());
        received.code = hash("code");
        received.refresh_token = hash("refresh_token").or_else(|| hash("token"));
        received.opaque_token = hash("token");
        received.bearer = first("token").and_then(Peeked::into);
        received.assertion = first("client_assertion").and_then(Peeked::into);
        received.verifier = first("code_verifier").map(|verifier| Verifier {
            bytes: verifier.len(),
            is_unreserved: verifier
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)),
        });
        let in_header = basic(authorization);
        received.method = received.method_of(in_header.is_some());
        received.named = first("client_id")
            .and_then(|id| id.parse().ok())
            .or(in_header.flatten())
            .or_else(|| received.assertion.as_ref()?.client_id());
        received
    }

    /// Reads an access token that was presented.
    pub fn token(token: &str) -> Self {
        let opaque_token = Some(Token::presented(token).hash());
        Self { bearer: Peeked::into(token), opaque_token, ..Self::default() }
    }

    /// Reads an authorization request that was judged before.
    pub fn request(request: &AuthorizationRequest) -> Self {
        let mut received = Self { named: Some(request.client_id), ..Self::default() };
        let prompts: Vec<_> = crate::authorize::Prompt::ALL
            .into_iter()
            .filter(|prompt| request.prompt.contains(*prompt))
            .map(crate::authorize::Prompt::as_str)
            .collect();
        let values = [
            ("client_id", Some(request.client_id.to_string())),
            ("redirect_uri", Some(request.redirect_uri.to_string())),
            ("scope", Some(request.scope.to_string())),
            ("prompt", (!prompts.is_empty()).then(|| prompts.join(" "))),
            ("max_age", request.max_age_seconds.map(|seconds| seconds.to_string())),
        ];
        for (name, value) in values {
            if let Some(value) = value {
                received.take(name, &value);
            }
        }
        received
    }

    /// The client that the request names. Not believed.
    pub fn client_id(&self) -> Option<ClientId> {
        self.named
    }

    /// Whether it brought what a client proves with who it is.
    pub fn is_authenticated_by_proof(&self) -> bool {
        self.method.is_some_and(|method| method != "none")
    }

    /// The value of a parameter that may be shown, as it came.
    pub(super) fn raw(&self, name: &str) -> Option<&str> {
        let found = self.values.iter().find(|(one, ..)| *one == name);
        found.map(|(.., value)| value.expose().as_str())
    }

    fn take(&mut self, name: &str, value: &str) {
        match KNOWN.iter().find(|(known, _)| *known == name) {
            None => self.others += 1,
            Some((known, Kind::Withheld)) => self.withheld.push(known),
            Some((known, kind)) => {
                let value = value.get(..value.floor_char_boundary(RAW_BYTES_MAX));
                let value = Secret::new(value.unwrap_or_default().to_owned());
                self.values.push((known, *kind, value));
            }
        }
    }

    fn method_of(&self, in_header: bool) -> Option<&'static str> {
        let has = |name| self.withheld.contains(&name);
        let symmetric = self.assertion.as_ref().and_then(|peeked| peeked.alg.as_deref());
        match (in_header, has("client_secret"), has("client_assertion")) {
            (true, false, false) => Some("client_secret_basic"),
            (false, true, false) => Some("client_secret_post"),
            (false, false, true) if symmetric.is_some_and(|alg| alg.starts_with("HS")) => {
                Some("client_secret_jwt")
            }
            (false, false, true) => Some("private_key_jwt"),
            (false, false, false) => Some("none"),
            _ => Some("several"),
        }
    }
}

/// The client that the one header of scheme `Basic` names; nothing where there is no such header.
fn basic(authorization: &[&[u8]]) -> Option<Option<ClientId>> {
    let [header] = authorization else { return None };
    let (scheme, encoded) = header.split_at_checked(6)?;
    if !scheme.eq_ignore_ascii_case(b"basic ") {
        return None;
    }
    let joined = STANDARD.decode(encoded.trim_ascii()).ok().map(Zeroizing::new);
    Some(joined.and_then(|joined| {
        let client_id = joined.split(|byte| *byte == b':').next()?;
        std::str::from_utf8(client_id).ok()?.parse().ok()
    }))
}
