//! Custom claims: what an operator has put into the tokens of a client beyond what the specifications ask (MISSION T1).
//!
//! A claim that somebody else defines the meaning of cannot be taken over (ATTACKS 33): it is refused when the client is
//! registered, and left out of every token even where a stored client has it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::NotAClient;
use crate::{claims::CLAIMS_OF_SCOPES, tokens::CustomClaims};

/// Claims of one client.
pub const CUSTOM_CLAIMS_MAX: usize = 16;
/// Bytes of the name of a claim.
pub const CLAIM_NAME_BYTES_MAX: usize = 128;
/// Bytes of a value that is the same for everybody, as JSON.
pub const FIXED_VALUE_BYTES_MAX: usize = 1024;

/// Names that mean something to somebody who reads a token, whichever it is: RFC 7519 §4.1, OpenID Connect Core 1.0 §2,
/// §3.3.2.11 and §5.6.2, logout, RFC 7662 §2.2, 7800, 8693, 9068, 9396, RFC 8417, SD-JWT, and our own. In lower case.
pub const RESERVED: &[&str] = &[
    "_claim_names",
    "_claim_sources",
    "_sd",
    "_sd_alg",
    "acr",
    "act",
    "active",
    "at_hash",
    "at_use_nbr",
    "aud",
    "auth_time",
    "authorization_details",
    "amr",
    "azp",
    "c_hash",
    "client_id",
    "cnf",
    "crit",
    "epoch",
    "events",
    "exp",
    "grant_id",
    "iat",
    "iss",
    "jti",
    "may_act",
    "nbf",
    "nonce",
    "organisation_id",
    "organization_id",
    "org_id",
    "orig",
    "realm",
    "s_hash",
    "scope",
    "sid",
    "sub",
    "sub_id",
    "sub_jwk",
    "toe",
    "token_type",
    "token_use",
    "txn",
    "typ",
    "username",
    "vot",
];

/// One claim of a client's tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomClaim {
    /// Its name: 1 to 128 letters, digits and `_ - . : /` of ASCII.
    pub name: String,
    /// Where its value comes from.
    pub value: ClaimValue,
    /// Where it is told.
    pub told_in: Vec<ToldIn>,
}

/// Where the value of a claim comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimValue {
    /// It is the same for everybody.
    Fixed(Value),
    /// It is this standard claim of the end-user (OpenID Connect Core 1.0 §5.1), where its scope was granted.
    Account(String),
    /// It is the id of the account; for a client with pairwise subjects, which must not learn that, the subject.
    AccountId,
    /// It comes from where a later release knows; nothing is told.
    #[serde(untagged)]
    Unknown(Value),
}

/// Where a claim is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToldIn {
    /// Access tokens, and introspection of them.
    AccessToken,
    /// ID tokens.
    IdToken,
    /// The userinfo endpoint.
    Userinfo,
    /// Somewhere that a later release knows.
    #[serde(untagged)]
    Unknown(String),
}

/// What is known of the end-user for whom something is given.
#[derive(Debug, Clone, Copy)]
pub struct KnownOfEndUser<'a> {
    /// What this client calls them: the id of the account where its subjects are public.
    pub subject: &'a str,
    /// The standard claims of the scopes that were granted.
    pub released: &'a Map<String, Value>,
}

/// Whether a client may have a claim of this name: it is one, and nobody else defines it.
pub fn is_custom(name: &str) -> bool {
    let is_name = (1..=CLAIM_NAME_BYTES_MAX).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.:/".contains(&byte));
    // Some readers do not tell cases apart, so that `Sub` would be the subject for one of them.
    let folded = name.to_ascii_lowercase();
    is_name && !RESERVED.contains(&folded.as_str())
}

fn is_standard(name: &str) -> bool {
    CLAIMS_OF_SCOPES
        .iter()
        .any(|(_, claims)| claims.iter().any(|claim| name.eq_ignore_ascii_case(claim)))
}

impl CustomClaim {
    fn judge(&self) -> Result<(), NotAClient> {
        let is_bounded = |value: &Value| value.to_string().len() <= FIXED_VALUE_BYTES_MAX;
        let fault = match &self.value {
            _ if !is_custom(&self.name) => Some(NotAClient::ClaimReserved),
            _ if self.told_in.is_empty() => Some(NotAClient::ClaimMalformed),
            _ if self.told_in.iter().any(|one| matches!(one, ToldIn::Unknown(_))) => {
                Some(NotAClient::Unknown)
            }
            ClaimValue::Unknown(_) => Some(NotAClient::Unknown),
            // What is told of an end-user under a name that everybody knows is what they have, or nothing.
            ClaimValue::Account(claim) if is_standard(&self.name) => {
                (*claim != self.name).then_some(NotAClient::ClaimReserved)
            }
            _ if is_standard(&self.name) => Some(NotAClient::ClaimReserved),
            ClaimValue::Account(claim) => {
                (!is_standard(claim)).then_some(NotAClient::ClaimMalformed)
            }
            ClaimValue::Fixed(value) => (!is_bounded(value)).then_some(NotAClient::ClaimMalformed),
            ClaimValue::AccountId => None,
        };
        fault.map_or(Ok(()), Err)
    }

    fn value(&self, known: Option<KnownOfEndUser<'_>>) -> Option<Value> {
        match &self.value {
            ClaimValue::Fixed(value) => Some(value.clone()),
            ClaimValue::Account(claim) => known?.released.get(claim).cloned(),
            ClaimValue::AccountId => Some(known?.subject.into()),
            ClaimValue::Unknown(_) => None,
        }
    }
}

/// Refuses what must not or cannot be told, before it is stored.
pub(super) fn judge(claims: &[CustomClaim]) -> Result<(), NotAClient> {
    if claims.len() > CUSTOM_CLAIMS_MAX {
        return Err(NotAClient::TooManyClaims);
    }
    let repeats = |(index, claim): (usize, &CustomClaim)| {
        claims.iter().take(index).any(|before| before.name.eq_ignore_ascii_case(&claim.name))
    };
    if claims.iter().enumerate().any(repeats) {
        return Err(NotAClient::ClaimMalformed);
    }
    claims.iter().try_for_each(CustomClaim::judge)
}

/// What is told in one place; of an end-user, where there is one. What registration would refuse is left out.
pub fn told(
    claims: &[CustomClaim],
    told_in: &ToldIn,
    known: Option<KnownOfEndUser<'_>>,
) -> CustomClaims {
    let here =
        claims.iter().take(CUSTOM_CLAIMS_MAX).filter(|claim| claim.told_in.contains(told_in));
    here.filter(|claim| claim.judge().is_ok())
        .filter_map(|claim| Some((claim.name.clone(), claim.value(known)?)))
        .collect()
}

#[cfg(test)]
mod tests;
