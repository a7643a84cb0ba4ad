//! ID tokens: who signed in, when, how, and to which other values of the answer that belongs (OpenID Connect Core 1.0 §2).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use super::CustomClaims;
use crate::{
    id::{ClientId, SessionId},
    jose::{Audience, Claims, IdTokenAlgorithm, NumericDate, Typ},
};

/// The claims of an ID token (OpenID Connect Core 1.0 §2, §3.3.2.11). What is not set is not written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdTokenClaims {
    /// The issuer.
    pub iss: String,
    /// The end-user, as this client knows them.
    pub sub: String,
    /// The client.
    pub aud: Audience,
    /// When it ends.
    pub exp: NumericDate,
    /// When it was issued.
    pub iat: NumericDate,
    /// When the end-user proved who they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<NumericDate>,
    /// What the client sent to recognise its own request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// The hash of the access token that comes with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_hash: Option<String>,
    /// The hash of the code that comes with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub c_hash: Option<String>,
    /// How strongly the end-user proved who they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// By which methods (RFC 8176).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
    /// The client that it was issued to, where `aud` names others too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub azp: Option<ClientId>,
    /// The browser session (OpenID Connect Front-Channel Logout 1.0 §3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<SessionId>,
    /// What an operator adds.
    #[serde(flatten)]
    pub custom: CustomClaims,
}

impl Claims for IdTokenClaims {
    const TYP: Typ = Typ::Jwt;
}

/// The `at_hash` of an access token, in an ID token signed with `algorithm` (OpenID Connect Core 1.0 §3.1.3.6).
pub fn at_hash(algorithm: impl Into<IdTokenAlgorithm>, access_token: &str) -> String {
    left_half(algorithm.into(), access_token)
}

/// The `c_hash` of a code, in an ID token signed with `algorithm` (OpenID Connect Core 1.0 §3.3.2.11).
pub fn c_hash(algorithm: impl Into<IdTokenAlgorithm>, code: &str) -> String {
    left_half(algorithm.into(), code)
}

fn left_half(algorithm: IdTokenAlgorithm, text: &str) -> String {
    let digest = algorithm.digest(text.as_bytes());
    let (left, _) = digest.split_at(digest.len() / 2);
    URL_SAFE_NO_PAD.encode(left)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::Algorithm;

    #[test]
    fn at_hash_and_c_hash_are_those_of_core_appendix_a() {
        let key = [Algorithm::Rs256, Algorithm::Es256].map(IdTokenAlgorithm::Key);
        for algorithm in key.into_iter().chain([IdTokenAlgorithm::Hs256]) {
            let at_hash = at_hash(algorithm, "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y");
            assert_eq!(at_hash, "77QmUPtjPfzWtF2AnpK9RQ");
            let c_hash =
                c_hash(algorithm, "Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk");
            assert_eq!(c_hash, "LDktKdoQak3Pk0cnXxCltA");
        }
    }

    #[test]
    fn eddsa_halves_sha_512() {
        assert_eq!(URL_SAFE_NO_PAD.decode(at_hash(Algorithm::EdDsa, "token")).unwrap().len(), 32);
    }
}
