//! The parameter `claims`: what a client asks to be told one by one, and of whom (OpenID Connect Core 1.0 §5.5).
//!
//! Of the standard claims only which are asked for, and where, changes anything: all that is known is told, essential or
//! not, whatever value was wished for. `sub` and `acr` are conditions (§5.5.1, §5.5.1.1).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::ClaimNames;
use crate::{acr::Acr, json, scope::ScopeSet};

/// Bytes of the parameter.
pub const CLAIMS_BYTES_MAX: usize = 4096;
/// Objects and lists within one another.
const DEPTH_MAX: usize = 8;
/// Values in all, whatever they are.
const VALUES_MAX: usize = 256;
/// Values of one claim that are looked at.
const WISHES_MAX: usize = 8;
/// Bytes of a `sub` or an `acr`.
const WISH_BYTES_MAX: usize = 255;

/// Standard claims that were asked for one by one, by where they are to be told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClaimsAsked {
    /// In the ID token.
    #[serde(skip_serializing_if = "ClaimNames::is_empty")]
    pub id_token: ClaimNames,
    /// At the userinfo endpoint.
    #[serde(skip_serializing_if = "ClaimNames::is_empty")]
    pub userinfo: ClaimNames,
}

/// What the parameter says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClaimsParameter {
    /// The claims.
    pub asked: ClaimsAsked,
    /// The subjects of whom one must sign in; none where anybody may.
    pub subjects: Vec<String>,
    /// How they may prove who they are; none where it does not matter.
    pub acr_values: Vec<String>,
    /// Whether that is a condition.
    pub acr_is_essential: bool,
}

/// A text that is not such a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotClaims {
    /// More than 4096 bytes, or too deep, or too much in it.
    #[error("claims is longer than 4096 bytes, or has too much in it")]
    TooMuch,
    /// No JSON object, or a member is repeated.
    #[error("claims is not a JSON object without repeated members")]
    Json,
    /// A member that has not the form of OpenID Connect Core 1.0 §5.5.
    #[error("claims has a member of another form than OpenID Connect Core 1.0 section 5.5 says")]
    Member,
}

impl ClaimsAsked {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.id_token.is_empty() && self.userinfo.is_empty()
    }

    /// All of them, wherever they are told.
    pub fn all(&self) -> ClaimNames {
        self.id_token.union(&self.userinfo)
    }

    /// What of them a client may have that may ask for these scopes.
    #[must_use]
    pub fn within(&self, scopes: &ScopeSet) -> Self {
        let allowed = ClaimNames::of(scopes);
        Self {
            id_token: self.id_token.intersection(&allowed),
            userinfo: self.userinfo.intersection(&allowed),
        }
    }

    /// All in the ID token, where no access token is ever given (as §5.4 has it for those of scopes).
    #[must_use]
    pub fn in_id_token(&self) -> Self {
        Self { id_token: self.all(), userinfo: ClaimNames::default() }
    }
}

impl ClaimsParameter {
    /// Reads the parameter. What is not known in it is left out (§5.5).
    pub fn read(text: &str) -> Result<Self, NotClaims> {
        if text.len() > CLAIMS_BYTES_MAX {
            return Err(NotClaims::TooMuch);
        }
        let object = json::object(text.as_bytes()).ok_or(NotClaims::Json)?;
        let mut left = VALUES_MAX;
        if !object.values().all(|value| is_small(value, DEPTH_MAX, &mut left)) {
            return Err(NotClaims::TooMuch);
        }
        let (id_token, userinfo) = (members(&object, "id_token")?, members(&object, "userinfo")?);
        let mut read = Self {
            asked: ClaimsAsked { id_token: names(id_token)?, userinfo: names(userinfo)? },
            ..Self::default()
        };
        // A subject is asked for wherever it is named; how somebody signed in is told in the ID token alone.
        for members in [id_token, userinfo].into_iter().flatten() {
            read.subjects.extend(wishes(members.get("sub"))?.values);
        }
        let acr = wishes(id_token.and_then(|members| members.get("acr")))?;
        (read.acr_values, read.acr_is_essential) = (acr.values, acr.is_essential);
        Ok(read)
    }

    /// Whether it asks as a condition for a proof that nobody can give here (§5.5.1.1).
    pub fn is_unmet(&self) -> bool {
        let is_known = |value: &String| Acr::ALL.iter().any(|acr| acr.as_str() == value);
        self.acr_is_essential
            && !self.acr_values.is_empty()
            && !self.acr_values.iter().any(is_known)
    }
}

/// What is asked of one claim.
#[derive(Default)]
struct Wishes {
    values: Vec<String>,
    is_essential: bool,
}

fn members<'a>(
    object: &'a Map<String, Value>,
    name: &str,
) -> Result<Option<&'a Map<String, Value>>, NotClaims> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(members)) => Ok(Some(members)),
        Some(_) => Err(NotClaims::Member),
    }
}

/// The standard claims among the members, each of the form that it must have.
fn names(members: Option<&Map<String, Value>>) -> Result<ClaimNames, NotClaims> {
    let Some(members) = members else { return Ok(ClaimNames::default()) };
    let names: ClaimNames = members.keys().map(String::as_str).collect();
    for name in names.iter() {
        form(members.get(name))?;
    }
    Ok(names)
}

/// `null`, or an object of which `essential`, `value` and `values` are understood.
fn form(claim: Option<&Value>) -> Result<Option<&Map<String, Value>>, NotClaims> {
    let object = match claim {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Object(object)) => object,
        Some(_) => return Err(NotClaims::Member),
    };
    let is_formed = object.get("essential").is_none_or(Value::is_boolean)
        && object.get("values").is_none_or(Value::is_array);
    if is_formed { Ok(Some(object)) } else { Err(NotClaims::Member) }
}

/// The texts that are wished for as the value of a claim.
fn wishes(claim: Option<&Value>) -> Result<Wishes, NotClaims> {
    let Some(object) = form(claim)? else { return Ok(Wishes::default()) };
    let several = object.get("values").and_then(Value::as_array).into_iter().flatten();
    let mut values = Vec::new();
    for value in object.get("value").into_iter().chain(several) {
        let text = value.as_str().filter(|text| (1..=WISH_BYTES_MAX).contains(&text.len()));
        values.push(text.ok_or(NotClaims::Member)?.to_owned());
    }
    if values.len() > WISHES_MAX {
        return Err(NotClaims::TooMuch);
    }
    let is_essential = object.get("essential").and_then(Value::as_bool).unwrap_or_default();
    Ok(Wishes { values, is_essential })
}

/// Whether a value is no deeper than `depth` and no more than `left` are in it.
fn is_small(value: &Value, depth: usize, left: &mut usize) -> bool {
    let (Some(next), Some(deeper)) = (left.checked_sub(1), depth.checked_sub(1)) else {
        return false;
    };
    *left = next;
    match value {
        Value::Array(list) => list.iter().all(|one| is_small(one, deeper, left)),
        Value::Object(object) => object.values().all(|one| is_small(one, deeper, left)),
        _ => true,
    }
}

#[cfg(test)]
mod tests;
