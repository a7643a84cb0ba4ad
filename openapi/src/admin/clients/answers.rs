//! How answers are encrypted, as two members of a client's metadata (OpenID Connect Dynamic Client Registration 1.0 §2).

use protocol::{
    client::{EncryptedResponse, Registered},
    jose::{ContentEncryption, EncryptionAlgorithm},
};

use crate::admin::written::Written;

pub(super) type Alg = Option<Written<Registered<EncryptionAlgorithm>>>;
pub(super) type Enc = Option<Written<Registered<ContentEncryption>>>;

/// What the members say whose names begin with `member`.
pub(super) fn encryption(
    member: &str,
    alg: Alg,
    enc: Enc,
) -> Result<Option<EncryptedResponse>, String> {
    match (alg, enc) {
        (None, None) => Ok(None),
        (None, Some(_)) => Err(format!("{member}_enc: {member}_alg must be there too")),
        (Some(alg), enc) => {
            let enc = enc.map(|enc| enc.0).unwrap_or_default();
            Ok(Some(EncryptedResponse { alg: alg.0, enc }))
        }
    }
}

/// The two members.
pub(super) fn written(response: Option<EncryptedResponse>) -> (Alg, Enc) {
    response.map(|EncryptedResponse { alg, enc }| (Written(alg), Written(enc))).unzip()
}
