//! Public keys of a client as they were found at its `jwks_uri`: judged more mildly than what is registered, as a client that
//! also publishes what we do not know or want has done nothing wrong (RFC 7517 §5).

use serde_json::Value;

use super::{CLIENT_KEYS_MAX, ClientJwks, NotClientJwks, client_jwk::KeptJwk};
use crate::{json, outgoing::NotAnswered};

/// Bytes of such a set. Some publish a chain of certificates with each key.
pub const FETCHED_JWKS_BYTES_MAX: usize = 256 * 1024;

/// Keys of such a set, those that are not kept included.
const LISTED_MAX: usize = 100;

/// Why there are no keys of a client that has them elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeysNotFetched {
    /// Nobody answered with them.
    #[error(transparent)]
    NotAnswered(#[from] NotAnswered),
    /// What was answered is no set of keys, or one that nobody should believe.
    #[error(transparent)]
    NotJwks(#[from] NotClientJwks),
    /// As many requests as may wait for keys do, or the last attempt was a moment ago.
    #[error("they were not asked for, as many wait for keys")]
    Busy,
}

impl ClientJwks {
    /// Reads what was found. Keys that neither verify nor encrypt anything here are left out, also where they are malformed or weak; none may be
    /// left. Of keys with a private member nobody knows who else has them, so the whole set is refused.
    pub fn fetched(body: &[u8]) -> Result<Self, NotClientJwks> {
        let set = json::object(body).ok_or(NotClientJwks::NotASet)?;
        let keys = set.get("keys").and_then(Value::as_array).ok_or(NotClientJwks::NotASet)?;
        if keys.len() > LISTED_MAX {
            return Err(NotClientJwks::TooMany);
        }
        let mut known = Vec::new();
        for key in keys {
            match KeptJwk::register(key) {
                Ok(key) => known.extend(key),
                Err(NotClientJwks::PrivateMember) => return Err(NotClientJwks::PrivateMember),
                Err(_) => {}
            }
        }
        if known.len() > CLIENT_KEYS_MAX {
            return Err(NotClientJwks::TooMany);
        }
        Ok(Self { keys: known })
    }
}
