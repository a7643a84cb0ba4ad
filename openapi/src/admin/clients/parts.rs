//! What is written of a client as an object of its own: its keys, and the claims that are put into its tokens.

use std::collections::BTreeMap;

use poem_openapi::{Enum, Object};
use protocol::{
    client::{ClaimValue, CustomClaim, ToldIn},
    jose::ClientJwks,
};
use serde_json::{Value, json};

use crate::admin::written::Written;

/// A set of public keys (RFC 7517 §5).
#[derive(Debug, Object)]
#[oai(rename = "JwkSet")]
pub(super) struct JwkSet {
    /// The keys, at most 16. Members that are not of a public key are not kept.
    #[oai(validator(max_items = 16))]
    keys: Vec<BTreeMap<String, Value>>,
}

/// A claim that is put into tokens.
#[derive(Debug, Object)]
#[oai(rename = "CustomClaim", deny_unknown_fields, skip_serializing_if_is_none)]
pub(super) struct ClaimBody {
    /// Its name. Those that a specification defines are refused.
    #[oai(validator(min_length = 1, max_length = 128))]
    name: String,
    /// Where its value comes from.
    source: ClaimSource,
    /// For `fixed` the value itself; for `account` the name of the standard claim that it is.
    value: Option<Value>,
    /// Where it is told.
    #[oai(validator(min_items = 1, max_items = 3))]
    told_in: Vec<Written<ToldIn>>,
}

/// Where the value of a claim comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub(super) enum ClaimSource {
    /// It is the same for everybody.
    Fixed,
    /// It is a standard claim of the end-user, where its scope was granted.
    Account,
    /// It is the id of the end-user's account; for a client with pairwise subjects the subject.
    AccountId,
}

impl JwkSet {
    pub(super) fn read(self) -> Result<ClientJwks, String> {
        if self.keys.is_empty() {
            return Ok(ClientJwks::default());
        }
        ClientJwks::register(&json!({ "keys": self.keys })).map_err(|why| why.to_string())
    }

    /// The keys of a client, if it has any.
    pub(super) fn of(jwks: &ClientJwks) -> Option<Self> {
        let mut written = serde_json::to_value(jwks).ok().filter(|_| !jwks.is_empty())?;
        let keys = written.get_mut("keys")?.take();
        serde_json::from_value(keys).ok().map(|keys| Self { keys })
    }
}

impl ClaimBody {
    pub(super) fn read(self) -> Result<CustomClaim, String> {
        let expected = |what: &str| format!("claims: {}: value must be {what}", self.name);
        let value = match (self.source, self.value) {
            (ClaimSource::Fixed, Some(value)) => ClaimValue::Fixed(value),
            (ClaimSource::Account, Some(Value::String(claim))) => ClaimValue::Account(claim),
            (ClaimSource::AccountId, None) => ClaimValue::AccountId,
            (ClaimSource::Fixed, None) => return Err(expected("there")),
            (ClaimSource::Account, _) => return Err(expected("the name of a standard claim")),
            (ClaimSource::AccountId, Some(_)) => return Err(expected("left out")),
        };
        let told_in = self.told_in.into_iter().map(|one| one.0).collect();
        Ok(CustomClaim { name: self.name, value, told_in })
    }

    /// A claim of a client; nothing where its value comes from where only a later release knows.
    pub(super) fn of(claim: CustomClaim) -> Option<Self> {
        let CustomClaim { name, value, told_in } = claim;
        let (source, value) = match value {
            ClaimValue::Fixed(value) => (ClaimSource::Fixed, Some(value)),
            ClaimValue::Account(claim) => (ClaimSource::Account, Some(Value::String(claim))),
            ClaimValue::AccountId => (ClaimSource::AccountId, None),
            ClaimValue::Unknown(_) => return None,
        };
        let told_in = told_in.into_iter().map(Written).collect();
        Some(Self { name, source, value, told_in })
    }
}
