//! The userinfo endpoint (OpenID Connect Core 1.0 §5.3).

use protocol::{
    client::{KnownOfEndUser, ToldIn, told},
    jose::Refused,
    oauth_error::ErrorCode,
    scope::{self, ScopeSet},
    tokens::PresentedAccessToken,
};

use crate::{Context, Error, Flows, answers::Userinfo};

/// Why an access token is refused. The client learns the code and no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BearerRefused {
    /// It is not believed.
    #[error(transparent)]
    NotBelieved(#[from] Refused),
    /// It was taken back, or it says nothing and nobody was ever given it.
    #[error("the access token is unknown or was revoked")]
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
    #[tracing::instrument(level = "debug", name = "flows.userinfo", skip_all)]
    pub async fn userinfo(
        &self,
        context: &Context,
        token: &str,
    ) -> Result<Userinfo, Error<BearerRefused>> {
        let presented = PresentedAccessToken::read(token);
        let presented = presented.ok_or(Error::Refused(Refused::Malformed.into()))?;
        let believed = self.believed(context, &presented, Some(&context.issuer)).await?;
        let claims = believed.map_err(Error::Refused)?;
        let behind = self.behind(context, &claims).await?;
        let behind = behind.ok_or(Error::Refused(BearerRefused::Revoked))?;
        let whose = (&**behind.client, behind.account.as_deref().map(|stored| &**stored));
        self.admit_bearer(context, whose).await?;
        let scope: ScopeSet = claims.scope.parse().unwrap_or_default();
        // What was taken from the client since is good for nothing.
        let scope = scope.intersection(&behind.client.scopes);
        let account = behind.account.filter(|_| scope.contains(scope::OPENID));
        let account = account.ok_or(Error::Refused(BearerRefused::InsufficientScope))?;
        let mut released = account.claims.released(&scope);
        let known = KnownOfEndUser { subject: &claims.sub, released: &released };
        let added = told(&behind.client.tokens.claims, &ToldIn::Userinfo, Some(known));
        if let Some(grant) = behind.grant.filter(|grant| !grant.claims.userinfo.is_empty()) {
            let asked = grant.claims.within(&behind.client.scopes).userinfo;
            released.extend(account.claims.named(&asked));
        }
        released.extend(added);
        released.insert("sub".into(), claims.sub.into());
        Ok(self.userinfo_as_registered(context, &behind.client, released).await?)
    }
}
