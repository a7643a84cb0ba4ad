//! Which limit a request falls under, by its method and path.

use super::Policy;
use crate::paths;

/// A kind of request, as limits tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Route {
    /// `/oauth2/authorize`.
    Authorize,
    /// A form on a page of a sign-in or a logout.
    SignIn,
    /// `/oauth2/token`.
    Token,
    /// `/oauth2/introspect`.
    Introspect,
    /// `/oauth2/revoke`.
    Revoke,
    /// `/oauth2/userinfo`.
    Userinfo,
    /// Below `/admin/`.
    Admin,
    /// What says how to reach us and verify us. Never limited and never put off: it comes from memory, and without it
    /// nothing that others run can verify a token.
    Published,
    /// Whatever else there is.
    #[default]
    Other,
}

/// Below it is the admin API.
const ADMIN: &str = "/admin/";

/// What the pages load.
const ASSETS: &str = "/assets/";

impl Route {
    /// Of a request. A path that we do not have is [`Route::Other`].
    pub fn of(is_post: bool, path: &str) -> Self {
        match path {
            paths::AUTHORIZE => Self::Authorize,
            paths::TOKEN => Self::Token,
            paths::INTROSPECT => Self::Introspect,
            paths::REVOKE => Self::Revoke,
            paths::USERINFO => Self::Userinfo,
            paths::JWKS
            | paths::OPENID_CONFIGURATION
            | paths::OAUTH_AUTHORIZATION_SERVER
            | paths::CHECK_SESSION => Self::Published,
            paths::LOGIN | paths::CONSENT | paths::LOGOUT if is_post => Self::SignIn,
            path if path.starts_with(ADMIN) => Self::Admin,
            path if path.starts_with(ASSETS) => Self::Published,
            _ => Self::Other,
        }
    }

    /// What limits one address here; nothing where nothing does.
    pub const fn policy(self) -> Option<Policy> {
        Some(match self {
            Self::Authorize => Policy::Authorize,
            Self::SignIn => Policy::SignIn,
            Self::Token => Policy::Token,
            Self::Introspect => Policy::Introspect,
            Self::Revoke => Policy::Revoke,
            Self::Userinfo => Policy::Userinfo,
            Self::Admin => Policy::Admin,
            Self::Other => Policy::Other,
            Self::Published => return None,
        })
    }

    /// Whether requests can prove here whose they are. Who does is not counted by address: neighbours behind one address
    /// do not take one another's share.
    pub const fn knows_callers(self) -> bool {
        matches!(self, Self::Token | Self::Introspect | Self::Revoke | Self::Userinfo | Self::Admin)
    }
}
