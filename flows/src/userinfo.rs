//! The userinfo endpoint (OpenID Connect Core 1.0 §5.3).

use protocol::{
    jose::{Expectations, Refused},
    oauth_error::ErrorCode,
    scope,
    tokens::AccessTokenClaims,
};
use serde_json::{Map, Value};

use crate::{Context, Error, Flows};

/// Why an access token is refused. The client learns the code and no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BearerRefused {
    /// It is not believed.
    #[error(transparent)]
    NotBelieved(#[from] Refused),
    /// It is believed, and was taken back.
    #[error("the access token was revoked")]
    Revoked,
    /// It is good for other things.
    #[error("the access token does not have the scope openid")]
    InsufficientScope,
}

impl BearerRefused {
    /// The code (RFC 6750 §3.1).
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::NotBelieved(_) | Self::Revoked => ErrorCode::InvalidToken,
            Self::InsufficientScope => ErrorCode::InsufficientScope,
        }
    }
}

impl Flows {
    /// What the bearer of an access token may know of its end-user.
    pub async fn userinfo(
        &self,
        context: &Context,
        token: &str,
    ) -> Result<Map<String, Value>, Error<BearerRefused>> {
        let expected = Expectations {
            issuer: &context.issuer,
            audience: Some(&context.issuer),
            now: self.store.now(),
        };
        let keys = self.keys.snapshot();
        let claims: AccessTokenClaims =
            keys.verifying().verify(token, &expected).map_err(Error::refused)?;
        let account = self.account_behind(context, &claims).await?;
        let account = account.ok_or(Error::Refused(BearerRefused::Revoked))?;
        let scope = claims.scope.parse().unwrap_or_default();
        let scope: protocol::scope::ScopeSet = scope;
        if !scope.contains(scope::OPENID) {
            return Err(Error::Refused(BearerRefused::InsufficientScope));
        }
        let mut released = account.claims.released(&scope);
        released.insert("sub".into(), claims.sub.into());
        Ok(released)
    }
}
