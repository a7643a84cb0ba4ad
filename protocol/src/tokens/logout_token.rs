//! Logout tokens: which session is over, or whose (OpenID Connect Back-Channel Logout 1.0 §2.4).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Jti;
use crate::{
    id::SessionId,
    jose::{Audience, Claims, NumericDate, Typ},
};

/// For how long a logout token holds: as long as a slow client takes, and no longer (§2.4).
pub const LOGOUT_TOKEN_LIFETIME: Duration = Duration::from_secs(120);

/// The claims of a logout token (§2.4). It never has a `nonce`, so that it cannot be taken for an ID token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogoutTokenClaims {
    /// The issuer.
    pub iss: String,
    /// The client.
    pub aud: Audience,
    /// When it was signed.
    pub iat: NumericDate,
    /// When it ends.
    pub exp: NumericDate,
    /// Names the logout: the same however often it is told.
    pub jti: Jti,
    /// What happened.
    pub events: LogoutEvents,
    /// The end-user, as this client knows them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    /// The session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<SessionId>,
}

/// What a logout token tells: one event and nothing about it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogoutEvents {
    /// The one event.
    #[serde(rename = "http://schemas.openid.net/event/backchannel-logout")]
    pub backchannel_logout: Nothing,
}

/// An object without members.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nothing {}

impl Claims for LogoutTokenClaims {
    const TYP: Typ = Typ::LogoutToken;
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{clock::Timestamp, randomness::tests::Counting};

    /// CONFORMANCE L7.
    #[test]
    fn a_logout_token_has_one_event_without_members_and_no_nonce() {
        let (jti, session_id) =
            (Jti::new(&Counting::default()), SessionId::new(&Counting::default()));
        let claims = LogoutTokenClaims {
            iss: "https://id.example".into(),
            aud: Audience::One("cli_1".into()),
            iat: Timestamp::from_seconds(10).into(),
            exp: (Timestamp::from_seconds(10) + LOGOUT_TOKEN_LIFETIME).into(),
            jti: jti.clone(),
            events: LogoutEvents::default(),
            sub: Some("acc_1".into()),
            sid: Some(session_id),
        };
        let expected = json!({
            "iss": "https://id.example", "aud": "cli_1", "iat": 10, "exp": 130, "jti": jti.as_str(),
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
            "sub": "acc_1", "sid": session_id,
        });
        assert_eq!(serde_json::to_value(claims).unwrap(), expected);
    }
}
