//! What our tokens say: one file a kind.

mod access_token;
mod custom_claims;
mod id_token;
mod logout_token;
pub mod opaque;
mod presented;
mod userinfo;

pub use access_token::{AccessTokenClaims, Jti, NotAJti};
pub use custom_claims::CustomClaims;
pub use id_token::{IdTokenClaims, at_hash, c_hash};
pub use logout_token::{LOGOUT_TOKEN_LIFETIME, LogoutEvents, LogoutTokenClaims, Nothing};
pub use presented::{PresentedAccessToken, PresentedToken};
pub use userinfo::UserinfoClaims;
