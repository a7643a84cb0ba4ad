//! Userinfo as a signed token (OpenID Connect Core 1.0 §5.3.2).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    id::ClientId,
    jose::{Claims, Typ},
};

/// What is told of an end-user, by whom and to which client. It has neither `nonce` nor `exp`, so that nobody takes it for
/// an ID token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserinfoClaims(Map<String, Value>);

impl UserinfoClaims {
    /// Of what an unsigned answer would be.
    pub fn new(issuer: &str, client_id: ClientId, mut claims: Map<String, Value>) -> Self {
        claims.insert("iss".into(), issuer.into());
        claims.insert("aud".into(), client_id.to_string().into());
        for name in ["nonce", "exp"] {
            claims.remove(name);
        }
        Self(claims)
    }
}

impl Claims for UserinfoClaims {
    const TYP: Typ = Typ::Jwt;
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::randomness::tests::Counting;

    /// I7.
    #[test]
    fn it_says_who_tells_whom_and_is_no_id_token() {
        let client_id = ClientId::new(&Counting::default());
        let told =
            json!({ "sub": "s", "iss": "x", "aud": "x", "nonce": "n", "exp": 1, "name": "N" });
        let claims =
            UserinfoClaims::new("https://id.example", client_id, told.as_object().unwrap().clone());
        let expected =
            json!({ "sub": "s", "iss": "https://id.example", "aud": client_id, "name": "N" });
        assert_eq!(serde_json::to_value(claims).unwrap(), expected);
    }
}
