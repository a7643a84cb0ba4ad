//! How the answers of a client are signed and encrypted beyond its ID tokens' signature (OpenID Connect Dynamic Client
//! Registration 1.0 §2). Nothing of it is the default.

use serde::{Deserialize, Serialize};

use super::{Client, NotAClient, Registered, SigningAlgorithm};
use crate::jose::{ContentEncryption, Encryption, EncryptionAlgorithm};

/// What is done to the answers of a client.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AnswerPolicy {
    /// How its ID tokens are encrypted, after they were signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token_encryption: Option<EncryptedResponse>,
    /// What userinfo is signed with; it is not where nothing is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub userinfo_signed_response_alg: Option<SigningAlgorithm>,
    /// How userinfo is encrypted, after it was signed where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub userinfo_encryption: Option<EncryptedResponse>,
}

/// How one kind of answer is encrypted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EncryptedResponse {
    /// How its key travels.
    pub alg: Registered<EncryptionAlgorithm>,
    /// How its content is encrypted.
    #[serde(default)]
    pub enc: Registered<ContentEncryption>,
}

/// An answer that is registered to be made by an algorithm of a later release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the client is registered for an algorithm of a later release")]
pub struct OfALaterRelease;

impl EncryptedResponse {
    /// The algorithms.
    ///
    /// # Errors
    /// One of them is of a later release. What is to be encrypted is then not told at all.
    pub const fn known(&self) -> Result<Encryption, OfALaterRelease> {
        match (self.alg.known(), self.enc.known()) {
            (Some(alg), Some(enc)) => Ok(Encryption { alg, enc }),
            _ => Err(OfALaterRelease),
        }
    }
}

impl AnswerPolicy {
    /// Whether nothing was decided.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Refuses what cannot work, before it is stored.
    pub(super) fn judge(&self, client: &Client) -> Result<(), NotAClient> {
        let signs = self.userinfo_signed_response_alg.as_ref();
        if signs.is_some_and(|algorithm| algorithm.known().is_none()) {
            return Err(NotAClient::Unknown);
        }
        let encrypted = [&self.id_token_encryption, &self.userinfo_encryption];
        for response in encrypted.into_iter().flatten() {
            let Encryption { alg, .. } = response.known().map_err(|_| NotAClient::Unknown)?;
            if client.jwks_uri.is_none() && client.jwks.encryption_key(alg).is_none() {
                return Err(NotAClient::NoEncryptionKey);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{client::tests::client, jose::ClientJwks};

    /// A client with a key on P-256 for whatever it says, and this policy.
    fn judged(members: Value, policy: Value) -> Result<(), NotAClient> {
        let x = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
        let y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
        let mut key = json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y });
        key.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        let jwks = ClientJwks::register(&json!({ "keys": [key] })).unwrap();
        let answers: AnswerPolicy = serde_json::from_value(policy).unwrap();
        Client { jwks, answers, ..client() }.judge()
    }

    #[test]
    fn a_client_has_a_key_for_what_it_wants_encrypted() {
        for kind in ["id_token_encryption", "userinfo_encryption"] {
            let wish = |alg: &str| json!({ kind: { "alg": alg } });
            for members in [json!({ "use": "enc" }), json!({}), json!({ "alg": "ECDH-ES" })] {
                assert_eq!(judged(members, wish("ECDH-ES")), Ok(()), "{kind}");
            }
            let none = Err(NotAClient::NoEncryptionKey);
            assert_eq!(judged(json!({ "use": "sig" }), wish("ECDH-ES")), none);
            assert_eq!(judged(json!({ "alg": "ES256" }), wish("ECDH-ES")), none);
            assert_eq!(judged(json!({ "alg": "ECDH-ES" }), wish("ECDH-ES+A128KW")), none);
            assert_eq!(judged(json!({ "use": "enc" }), wish("RSA-OAEP")), none);
            for later in ["RSA1_5", "dir", "PBES2-HS256+A128KW", "LATER"] {
                assert_eq!(judged(json!({ "use": "enc" }), wish(later)), Err(NotAClient::Unknown));
            }
            let enc = json!({ kind: { "alg": "ECDH-ES", "enc": "LATER" } });
            assert_eq!(judged(json!({ "use": "enc" }), enc), Err(NotAClient::Unknown));
        }
        let without =
            serde_json::from_value(json!({ "id_token_encryption": { "alg": "ECDH-ES" } }));
        let without = Client { answers: without.unwrap(), ..client() };
        assert_eq!(without.judge(), Err(NotAClient::NoEncryptionKey), "no keys at all");
    }

    #[test]
    fn userinfo_is_signed_by_a_key_of_ours_or_not_at_all() {
        let wish = |alg: &str| json!({ "userinfo_signed_response_alg": alg });
        assert_eq!(judged(json!({}), wish("ES256")), Ok(()));
        for alg in ["HS256", "none", "LATER"] {
            assert_eq!(judged(json!({}), wish(alg)), Err(NotAClient::Unknown), "{alg}");
        }
    }

    #[test]
    fn what_only_alg_is_given_for_is_encrypted_by_the_default_and_a_later_one_is_written_back() {
        let response: EncryptedResponse =
            serde_json::from_value(json!({ "alg": "ECDH-ES" })).unwrap();
        assert_eq!(response.known().unwrap().enc, ContentEncryption::A128CbcHs256);
        let later = json!({ "alg": "LATER", "enc": "LATER" });
        let response: EncryptedResponse = serde_json::from_value(later.clone()).unwrap();
        assert_eq!(response.known(), Err(OfALaterRelease));
        assert_eq!(serde_json::to_value(response).unwrap(), later);
    }
}
