//! Is the assertion by which a client authenticates good now, and here? (RFC 7523 §3, OpenID Connect Core 1.0 §9)
//!
//! One function judges all of it but whether it was used before, which only the store knows: [`Accepted`] says what must be
//! remembered, and for how long.

use std::time::Duration;

use serde_json::Value;

use crate::{
    client::{AssertionAudience, Client, TokenEndpointAuthMethod},
    clock::Timestamp,
    discovery::Endpoint,
    jose::{ClientKeys, ClientToken, KeysNotFetched, LEEWAY, Refused},
    secret::{Token, TokenHash},
};

/// The only `client_assertion_type` (RFC 7523 §2.2).
pub const CLIENT_ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// How far ahead its end may lie. So long we remember that it was used.
pub const ASSERTION_LIFETIME_MAX: Duration = Duration::from_secs(3600);

/// Bytes of a `jti`.
pub const JTI_BYTES_MAX: usize = 255;

/// Where and when an assertion is presented.
#[derive(Debug, Clone, Copy)]
pub struct Presentation<'a> {
    /// Who we are.
    pub issuer: &'a str,
    /// What was called.
    pub endpoint: Endpoint,
    /// The present instant.
    pub now: Timestamp,
}

/// An assertion that is good, unless it was used before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accepted {
    /// Names it among all assertions of all clients.
    pub id: TokenHash,
    /// From then on no node believes it, whose clock is not further behind than the leeway.
    pub expires_at: Timestamp,
}

/// Why an assertion is not believed. Outside only that it is not is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AssertionRefused {
    /// It is no token that a key of the client has signed.
    #[error(transparent)]
    Token(#[from] Refused),
    /// The keys of the client are elsewhere, and none were ever got, or not for long.
    #[error("jwks_uri: {0}")]
    KeysNotFetched(#[from] KeysNotFetched),
    /// The client signs in another way: its method has other algorithms, or it is registered for another one.
    #[error("the client is registered for another algorithm")]
    Algorithm,
    /// `iss` is not the client.
    #[error("iss is not the client")]
    Issuer,
    /// `sub` is not the client.
    #[error("sub is not the client")]
    Subject,
    /// `aud` is somebody else, or more than the client's policy allows.
    #[error("aud is not who the client must mean")]
    Audience,
    /// No `exp`, or not a number.
    #[error("exp is missing")]
    EndMissing,
    /// `exp` is past.
    #[error("the assertion has expired")]
    Expired,
    /// `exp` is more than an hour ahead.
    #[error("exp is more than an hour ahead")]
    TooLongLived,
    /// `iat` or `nbf` is ahead, or not a number.
    #[error("iat or nbf is ahead")]
    NotYetValid,
    /// No `jti`, or one of more than 255 bytes.
    #[error("jti is missing, empty or longer than 255 bytes")]
    Jti,
    /// It was used before.
    #[error("the assertion was used before")]
    UsedBefore,
}

/// Judges an assertion of `client`, whose keys are `keys`.
pub fn judge(
    client: &Client,
    keys: &ClientKeys,
    token: &ClientToken,
    at: &Presentation<'_>,
) -> Result<Accepted, AssertionRefused> {
    let is_symmetric =
        *client.token_endpoint_auth_method() == TokenEndpointAuthMethod::ClientSecretJwt;
    let algorithm = token.algorithm();
    if algorithm.is_symmetric() != is_symmetric || !client.assertions.allows(algorithm) {
        return Err(AssertionRefused::Algorithm);
    }
    keys.verify(token, at.now)?;
    let client_id = client.client_id.to_string();
    let is_client = |name| token.claim(name).and_then(Value::as_str) == Some(&client_id);
    if !is_client("iss") {
        return Err(AssertionRefused::Issuer);
    }
    if !is_client("sub") {
        return Err(AssertionRefused::Subject);
    }
    if !is_meant(token.claim("aud"), client.assertions.audience, at) {
        return Err(AssertionRefused::Audience);
    }
    let ends_at = judge_times(token, at.now)?;
    let jti = token.claim("jti").and_then(Value::as_str);
    let jti = jti.filter(|jti| (1..=JTI_BYTES_MAX).contains(&jti.len()));
    let jti = jti.ok_or(AssertionRefused::Jti)?;
    // An id of ours has no space in it, so that no other pair has the same text.
    let id = Token::presented(format!("{client_id} {jti}")).hash();
    Ok(Accepted { id, expires_at: ends_at + LEEWAY + LEEWAY })
}

/// Whether `aud` is us, by what the client's policy takes for us.
fn is_meant(aud: Option<&Value>, policy: AssertionAudience, at: &Presentation<'_>) -> bool {
    let is_issuer = |name: &Value| name == at.issuer;
    match (policy, aud) {
        (_, None) => false,
        (AssertionAudience::Issuer, Some(one)) => is_issuer(one),
        (AssertionAudience::IssuerOrEndpoint, Some(aud)) => {
            let endpoints = [Endpoint::Token, at.endpoint].map(|endpoint| endpoint.url(at.issuer));
            let is_us = |name: &Value| {
                is_issuer(name) || endpoints.iter().any(|endpoint| name == endpoint.as_str())
            };
            match aud {
                // Whoever else is named could present it here, too.
                Value::Array(names) => !names.is_empty() && names.iter().all(is_us),
                one => is_us(one),
            }
        }
    }
}

/// When it ends.
fn judge_times(token: &ClientToken, now: Timestamp) -> Result<Timestamp, AssertionRefused> {
    let ends_at = token.claim("exp").and_then(date).ok_or(AssertionRefused::EndMissing)?;
    if ends_at + LEEWAY <= now {
        return Err(AssertionRefused::Expired);
    }
    if ends_at > now + ASSERTION_LIFETIME_MAX + LEEWAY {
        return Err(AssertionRefused::TooLongLived);
    }
    for name in ["iat", "nbf"] {
        let has_begun = match token.claim(name) {
            None => true,
            Some(value) => date(value).is_some_and(|begins_at| begins_at <= now + LEEWAY),
        };
        if !has_begun {
            return Err(AssertionRefused::NotYetValid);
        }
    }
    Ok(ends_at)
}

/// A `NumericDate`, which may have a fraction (RFC 7519 §2).
fn date(value: &Value) -> Option<Timestamp> {
    const SECONDS_MAX: f64 = 1e12;
    let seconds = value.as_f64().filter(|seconds| (0.0..SECONDS_MAX).contains(seconds))?;
    Some(Timestamp::from_millis(Duration::from_secs_f64(seconds).as_millis().try_into().ok()?))
}

#[cfg(test)]
mod tests;
