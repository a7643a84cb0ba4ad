//! The token endpoint and those beside it, from outside: what they refuse and how they say so, what is given, told and
//! taken back.

mod at_once;
mod client_authentication;
mod client_authentication_by_assertion;
mod client_credentials;
mod encrypted;
mod introspect;
mod jwks_uri;
mod opaque;
mod permissions;
mod policy;
mod refusals;
mod resources;
mod revoke;
mod shared_secret;
mod tokens;
