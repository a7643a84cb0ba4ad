//! OpenID Connect and OAuth 2.0, a file a path.

mod authorize;
mod browsed;
mod check_session;
mod client;
mod discovery;
mod introspect;
mod jwks;
mod logout;
mod revoke;
mod token;
mod userinfo;

pub(crate) use authorize::AuthorizeApi;
pub(crate) use check_session::CheckSessionApi;
pub(crate) use discovery::DiscoveryApi;
pub(crate) use introspect::IntrospectApi;
pub(crate) use jwks::JwksApi;
pub(crate) use logout::LogoutApi;
pub(crate) use revoke::RevokeApi;
pub(crate) use token::TokenApi;
pub(crate) use userinfo::UserinfoApi;
