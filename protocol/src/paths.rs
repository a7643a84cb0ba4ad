//! Where everything is. Outsiders rely on these paths; a new one is added when something answers at it.

/// OpenID Connect Discovery 1.0 §4.
pub const OPENID_CONFIGURATION: &str = "/.well-known/openid-configuration";
/// RFC 8414 §3.
pub const OAUTH_AUTHORIZATION_SERVER: &str = "/.well-known/oauth-authorization-server";
/// RFC 6749 §3.1.
pub const AUTHORIZE: &str = "/oauth2/authorize";
/// RFC 6749 §3.2.
pub const TOKEN: &str = "/oauth2/token";
/// OpenID Connect Core 1.0 §5.3.
pub const USERINFO: &str = "/oauth2/userinfo";
/// RFC 7662 §2.
pub const INTROSPECT: &str = "/oauth2/introspect";
/// RFC 7009 §2.
pub const REVOKE: &str = "/oauth2/revoke";
/// RFC 7517 §5.
pub const JWKS: &str = "/oauth2/jwks";
/// OpenID Connect RP-Initiated Logout 1.0 §2.
pub const END_SESSION: &str = "/oauth2/logout";

/// OpenID Connect Session Management 1.0 §3.3.
pub const CHECK_SESSION: &str = "/oauth2/check_session";

/// The admin API; as an address under the issuer, also the name of the resource (RFC 8707 §2).
pub const ADMIN: &str = "/admin/v1";

/// The page that describes the API and tries it.
pub const DOCS: &str = "/docs";
/// Where that page is answered when its reader signs in.
pub const DOCS_REDIRECT: &str = "/docs/oauth2-redirect";
/// The table of the problems that the APIs answer with.
pub const DOCS_PROBLEMS: &str = "/docs/problems";
/// The document that it describes (OpenAPI 3).
pub const OPENAPI: &str = "/openapi.json";

/// The page where people say and prove who they are.
pub const LOGIN: &str = "/login";
/// The page where they allow or deny.
pub const CONSENT: &str = "/consent";
/// The page of what cannot be answered elsewhere.
pub const ERROR: &str = "/error";
/// The page that asks whether to sign out.
pub const LOGOUT: &str = "/logout";
/// The page that says it is done.
pub const LOGGED_OUT: &str = "/logged-out";
