//! OpenID Connect and OAuth 2.0, a file a path.

mod authorize;
mod browsed;
mod discovery;
mod jwks;
mod logout;
mod token;
mod userinfo;

pub(crate) use authorize::AuthorizeApi;
pub(crate) use discovery::DiscoveryApi;
pub(crate) use jwks::JwksApi;
pub(crate) use logout::LogoutApi;
pub(crate) use token::TokenApi;
pub(crate) use userinfo::UserinfoApi;
