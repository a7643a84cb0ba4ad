//! Signed tokens: keys, signatures and what is believed of a token that somebody presents (RFC 7515, 7517, 7519).
//!
//! The only folder that knows josekit, and within it `algorithm.rs` and `encrypting.rs` alone. What comes from outside has
//! passed the allow-list of `verify.rs` before josekit sees a byte of it: josekit inflates `zip` without limit and accepts a
//! million rounds of PBES2 (ATTACKS 50), and neither can be reached from here. `none` and the symmetric algorithms have
//! no name in [`Algorithm`]; an ID token alone may be under the secret of its client (`shared.rs`). What clients sign is read
//! by `client_token.rs`, with their own keys and none of ours. Nothing encrypted is read at all: clients are written to by
//! `encrypting.rs`, with their own keys.

mod algorithm;
mod claims;
mod client_algorithm;
mod client_jwk;
mod client_token;
mod encrypting;
mod encryption;
mod encryption_jwk;
mod fetched_jwks;
mod id_token_algorithm;
mod jwk;
mod key;
mod shared;
mod verify;

#[cfg(test)]
mod tests;

pub use algorithm::{Algorithm, NotAnAlgorithm};
pub use claims::{Audience, Claims, LEEWAY, NumericDate, Typ};
pub use client_algorithm::{ClientAlgorithm, NotAClientAlgorithm};
pub use client_jwk::{CLIENT_KEY_ID_BYTES_MAX, CLIENT_KEYS_MAX, ClientJwks, NotClientJwks};
pub use client_token::{ClientKeys, ClientToken};
pub use encrypting::{Content, EncryptError, EncryptionKey};
pub use encryption::{ContentEncryption, Encryption, EncryptionAlgorithm};
pub use fetched_jwks::{FETCHED_JWKS_BYTES_MAX, KeysNotFetched};
pub use id_token_algorithm::IdTokenAlgorithm;
pub use jwk::{Jwks, PublicJwk};
pub use key::{KeyError, PrivateKey, SignError};
pub use shared::{SharedHint, SharedSigner};
pub use verify::{
    Authentic, Expectations, HEADER_LENGTH_MAX, Refused, TOKEN_LENGTH_MAX, VerifyingKeys,
};
