//! What a client may take back, and how a grant remembers access tokens that were taken back one by one (RFC 7009).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    client_authentication::{NotAuthenticated, NotPresented},
    clock::Timestamp,
    jose::LEEWAY,
    oauth_error::ErrorCode,
    parameters::Repeated,
    tokens::{AccessTokenClaims, Jti},
};

/// Access tokens of one grant that are remembered each by its name.
pub const NAMED_MAX: usize = 32;

/// How long after its `exp` a token is remembered: a node whose clock is behind ours by [`LEEWAY`] believes it for
/// another [`LEEWAY`].
pub const REMEMBERED: Duration = LEEWAY.saturating_mul(2);

/// The access tokens of one grant that were taken back, until their time is over. Bounded: what is too much to name is
/// forgotten by name and refused by age, and with it access tokens of the same grant that are as old.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevokedAccessTokens {
    /// All that were issued up to this instant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    issued_until: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    named: Vec<Named>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Named {
    jti: Jti,
    issued_at: Timestamp,
    expires_at: Timestamp,
}

impl RevokedAccessTokens {
    /// Whether none was taken back.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether this one was.
    pub fn contains(&self, token: &AccessTokenClaims) -> bool {
        let issued_at = Timestamp::from(token.iat);
        self.issued_until.is_some_and(|until| issued_at <= until)
            || self.named.iter().any(|named| named.jti == token.jti)
    }

    /// These and this one.
    #[must_use]
    pub fn with(&self, token: &AccessTokenClaims, now: Timestamp) -> Self {
        let mut all = self.clone();
        all.named.retain(|named| now < named.expires_at + REMEMBERED);
        all.named.push(Named {
            jti: token.jti.clone(),
            issued_at: token.iat.into(),
            expires_at: token.exp.into(),
        });
        if all.named.len() > NAMED_MAX {
            let oldest = all.named.iter().map(|named| named.issued_at).min();
            all.issued_until = all.issued_until.max(oldest);
            all.named.retain(|named| Some(named.issued_at) > oldest);
        }
        all
    }
}

/// Why something that was given was taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevocationReason {
    /// Its code was presented twice (RFC 6749 §4.1.2).
    CodeReused,
    /// A rotated refresh token was presented after its grace (RFC 9700 §4.14).
    RefreshTokenReused,
    /// The client gave it back (RFC 7009 §2.1).
    ByClient,
    /// An operator: somebody may have it who should not.
    Compromised,
    /// An operator: nobody needs it any more.
    NoLongerNeeded,
    /// An operator: a rule of theirs asks for it.
    Policy,
    /// An operator: the end-user asked for it.
    Requested,
    /// An operator, who said no more.
    Unspecified,
}

/// Why the revocation endpoint refuses. A token that does not hold is not refused (RFC 7009 §2.2).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RevocationError {
    /// A parameter is sent twice.
    #[error(transparent)]
    Repeated(#[from] Repeated),
    /// How the client says who it is cannot be read.
    #[error(transparent)]
    NotPresented(#[from] NotPresented),
    /// The client did not prove who it is.
    #[error(transparent)]
    NotAuthenticated(#[from] NotAuthenticated),
    /// There is nothing to take back.
    #[error("the parameter token is missing")]
    TokenMissing,
    /// The token was given to another client (RFC 7009 §2.1).
    #[error("the token was issued to another client")]
    TokenOfAnotherClient,
}

impl RevocationError {
    /// The code (RFC 7009 §2.2.1, RFC 6749 §5.2). Only `invalid_client` may be answered by 401.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Repeated(_) | Self::TokenMissing => ErrorCode::InvalidRequest,
            Self::NotPresented(error) => error.code(),
            Self::NotAuthenticated(_) => ErrorCode::InvalidClient,
            // Of the codes of RFC 6749 §5.2 the one that is defined so.
            Self::TokenOfAnotherClient => ErrorCode::InvalidGrant,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{id::ClientId, jose::Audience, randomness::tests::Counting};

    const LIFETIME: u64 = 900;

    /// Access tokens of one grant, issued one a second.
    fn tokens(count: u64) -> Vec<AccessTokenClaims> {
        let randomness = Counting::default();
        let token = |second: u64| AccessTokenClaims {
            iss: "https://id.example".into(),
            aud: Audience::One("https://id.example".into()),
            sub: "acc".into(),
            client_id: ClientId::new(&randomness),
            iat: Timestamp::from_seconds(second).into(),
            exp: Timestamp::from_seconds(second + LIFETIME).into(),
            jti: Jti::new(&randomness),
            scope: String::new(),
            auth_time: None,
            acr: None,
            amr: vec![],
            sid: None,
            grant_id: None,
            epoch: None,
            custom: Default::default(),
        };
        (0..count).map(token).collect()
    }

    fn revoked(tokens: &[AccessTokenClaims], now: u64) -> RevokedAccessTokens {
        let now = Timestamp::from_seconds(now);
        tokens.iter().fold(RevokedAccessTokens::default(), |all, token| all.with(token, now))
    }

    #[test]
    fn what_was_taken_back_is_known_and_nothing_else_is() {
        let tokens = tokens(3);
        let all = revoked(&tokens[1..2], 3);
        assert_eq!([0, 1, 2].map(|index| all.contains(&tokens[index])), [false, true, false]);
        assert!(!all.is_empty() && RevokedAccessTokens::default().is_empty());
    }

    #[test]
    fn whatever_the_order_and_number_all_stay_taken_back_and_few_are_named() {
        let tokens = tokens(200);
        for step in [1, 7, 33, 199] {
            let mut order = tokens.clone();
            order.rotate_left(step);
            let all = revoked(&order, 200);
            assert!(tokens.iter().all(|token| all.contains(token)), "{step}");
            assert!(all.named.len() <= NAMED_MAX, "{step}");
        }
    }

    #[test]
    fn too_many_take_with_them_only_what_is_as_old_as_the_oldest() {
        let mut tokens = tokens(40);
        let fresh = tokens.split_off(39);
        let kept = tokens.remove(38);
        let before = tokens.remove(2);
        let all = revoked(&tokens, 40);
        assert!(all.contains(&before), "it is older than one that is no longer named");
        assert!(!all.contains(&kept) && !all.contains(&fresh[0]));
    }

    #[test]
    fn a_token_is_forgotten_when_no_node_can_believe_it_any_more() {
        let tokens = tokens(2);
        let first = revoked(&tokens[..1], 0);
        let last = LIFETIME + REMEMBERED.as_secs();
        let kept = first.with(&tokens[1], Timestamp::from_seconds(last - 1));
        assert!(kept.contains(&tokens[0]));
        let forgotten = first.with(&tokens[1], Timestamp::from_seconds(last));
        assert_eq!(forgotten.named.len(), 1);
        assert!(forgotten.contains(&tokens[1]));
    }

    #[test]
    fn a_grant_of_an_earlier_release_has_none_and_encoding_keeps_all() {
        let none: RevokedAccessTokens = serde_json::from_str("{}").unwrap();
        assert!(none.is_empty());
        let all = revoked(&tokens(40), 40);
        let text = serde_json::to_string(&all).unwrap();
        assert_eq!(serde_json::from_str::<RevokedAccessTokens>(&text).unwrap(), all);
    }
}
