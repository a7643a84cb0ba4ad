//! What a token says of itself that was not believed: for operators, never to judge by.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use super::{Fact, shown};
use crate::{
    clock::Timestamp,
    id::{AccountId, ClientId, GrantId, KeyId},
};

/// Bytes of a token that is looked into.
const TOKEN_BYTES_MAX: usize = 8 * 1024;

/// The members of a JWT that tell what is wrong with it, and no others: what else is in it may be personal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Peeked {
    pub(super) alg: Option<String>,
    pub(super) kid: Option<KeyId>,
    pub(super) typ: Option<String>,
    pub(super) iss: Option<String>,
    pub(super) sub: Option<String>,
    pub(super) aud: Vec<String>,
    pub(super) scope: Option<String>,
    exp: Option<Timestamp>,
    iat: Option<Timestamp>,
    nbf: Option<Timestamp>,
    jti: Option<String>,
    client_id: Option<ClientId>,
    grant_id: Option<GrantId>,
}

impl Peeked {
    /// Nothing where it is no JWT at all.
    pub fn into(token: &str) -> Option<Self> {
        let parts: Vec<&str> = token.split('.').collect();
        let [header, claims, _] = *parts.as_slice() else { return None };
        if token.len() > TOKEN_BYTES_MAX {
            return None;
        }
        let (header, claims) = (object(header)?, object(claims)?);
        let text = |object: &Value, name| object.get(name)?.as_str().map(str::to_owned);
        let date = |name| claims.get(name).and_then(Value::as_u64).map(Timestamp::from_seconds);
        Some(Self {
            alg: text(&header, "alg"),
            kid: text(&header, "kid").and_then(|kid| kid.parse().ok()),
            typ: text(&header, "typ"),
            iss: text(&claims, "iss"),
            sub: text(&claims, "sub"),
            aud: audience(&claims),
            scope: text(&claims, "scope"),
            exp: date("exp"),
            iat: date("iat"),
            nbf: date("nbf"),
            jti: text(&claims, "jti"),
            client_id: text(&claims, "client_id").and_then(|id| id.parse().ok()),
            grant_id: text(&claims, "grant_id").and_then(|id| id.parse().ok()),
        })
    }

    /// The client that it says it is about.
    pub fn client_id(&self) -> Option<ClientId> {
        self.client_id.or_else(|| self.sub.as_ref()?.parse().ok())
    }

    /// The end-user that it says it is about.
    pub fn account_id(&self) -> Option<AccountId> {
        self.sub.as_ref()?.parse().ok()
    }

    /// The grant that it says it is of.
    pub fn grant_id(&self) -> Option<GrantId> {
        self.grant_id
    }

    /// What may be kept of it. A `jti` only where it is short: it names the token.
    pub(super) fn facts(&self) -> Vec<Fact> {
        let vocabulary: Vec<String> =
            ["RS256", "PS256", "ES256", "EdDSA", "HS256", "JWT", "at+jwt"]
                .map(str::to_owned)
                .into();
        let word = |text: &Option<String>| shown::words(text.as_deref()?, &vocabulary);
        let texts = [
            ("token_alg", word(&self.alg)),
            ("token_kid", self.kid.map(|kid| kid.to_string())),
            ("token_typ", word(&self.typ)),
            ("token_jti", self.jti.clone().filter(|jti| jti.len() <= 64 && jti.is_ascii())),
            ("token_client_id", self.client_id.map(|id| id.to_string())),
            ("token_grant_id", self.grant_id.map(|id| id.to_string())),
        ];
        let instants = [("token_iat", self.iat), ("token_nbf", self.nbf), ("token_exp", self.exp)];
        let texts = texts.into_iter().filter_map(|(name, text)| Some(Fact::text(name, text?)));
        let instants = instants.into_iter().filter_map(|(name, at)| Some(Fact::at(name, at?)));
        texts.chain(instants).collect()
    }
}

fn object(part: &str) -> Option<Value> {
    let value: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()?;
    value.is_object().then_some(value)
}

fn audience(claims: &Value) -> Vec<String> {
    match claims.get("aud") {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(all)) => {
            all.iter().filter_map(Value::as_str).take(4).map(str::to_owned).collect()
        }
        _ => Vec::new(),
    }
}
