//! What our tokens say: one file a kind.

mod access_token;
mod id_token;
mod presented;

pub use access_token::{AccessTokenClaims, Jti};
pub use id_token::{IdTokenClaims, at_hash, c_hash};
pub use presented::PresentedToken;
