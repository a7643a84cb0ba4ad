//! A token from outside does not choose its algorithm, and costs nothing before its header is known to be good.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use protocol::{crypto::hmac_sha256, paths};
use serde_json::{Value, json};

use crate::world::{RelyingParty, Tokens, World};

struct Scene {
    world: World,
    party: RelyingParty,
    tokens: Tokens,
}

async fn scene() -> Scene {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let tokens = party.sign_in(&mut world.browser(), &alice).await;
    Scene { world, party, tokens }
}

fn encoded(header: &Value) -> String {
    URL_SAFE_NO_PAD.encode(header.to_string())
}

/// The header and the rest of a token of ours.
fn taken_apart(token: &str) -> (Value, &str) {
    let (header, rest) = token.split_once('.').unwrap();
    (serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap(), rest)
}

impl Scene {
    /// Refused wherever a token comes in, without a look into the store or a hash.
    async fn is_refused(&self, token: &str) {
        self.world.work();
        let answer = self.party.userinfo(token).await;
        assert_eq!((answer.status, answer.error().as_str()), (401, "invalid_token"), "{token:.80}");
        let work = self.world.work();
        assert_eq!((work.reads, work.commits, work.hashes), (0, 0, 0), "{token:.80}");
        let ask = self.party.ask().and("prompt", "none").and("id_token_hint", token);
        let callback = self.world.browser().open(&ask.url()).await.callback();
        assert_eq!(callback.error(), "invalid_request", "{token:.80}");
        let logout = self.party.logout(&[("id_token_hint", token)]);
        assert_eq!(self.world.browser().look_at(&logout).await.answer.status, 400, "{token:.80}");
    }
}

#[tokio::test]
async fn a_compressed_token_is_refused_before_any_key_is_used() {
    let scene = scene().await;
    for token in [&scene.tokens.access_token, scene.tokens.id_token()] {
        let (mut header, rest) = taken_apart(token);
        for zip in ["DEF", "def", "GZ"] {
            header["zip"] = json!(zip);
            scene.is_refused(&format!("{}.{rest}", encoded(&header))).await;
        }
    }
    // As many zeros as a body holds, deflated a thousand times smaller.
    let bomb = URL_SAFE_NO_PAD.encode([0x78_u8, 0x9c].repeat(1_000));
    for alg in ["dir", "RSA-OAEP", "A128KW"] {
        let header = json!({ "alg": alg, "enc": "A128GCM", "zip": "DEF" });
        scene.is_refused(&format!("{}.{bomb}.AAAA.{bomb}.AAAA", encoded(&header))).await;
    }
}

#[tokio::test]
async fn encryption_by_password_is_refused_whatever_its_rounds() {
    let scene = scene().await;
    for alg in ["PBES2-HS256+A128KW", "PBES2-HS384+A192KW", "PBES2-HS512+A256KW"] {
        for rounds in [1, 1_000, 1_000_000, i64::from(i32::MAX), i64::MAX] {
            let header =
                json!({ "alg": alg, "enc": "A128CBC-HS256", "p2s": "c2FsdA", "p2c": rounds });
            scene.is_refused(&format!("{}.AAAA.AAAA.AAAA.AAAA", encoded(&header))).await;
            scene.is_refused(&format!("{}.AAAA.AAAA", encoded(&header))).await;
        }
    }
}

#[tokio::test]
async fn a_token_signed_by_an_algorithm_off_the_list_is_refused() {
    let scene = scene().await;
    let jwks = scene.world.get(paths::JWKS).await;
    for token in [&scene.tokens.access_token, scene.tokens.id_token()] {
        let (header, rest) = taken_apart(token);
        let payload = rest.split_once('.').unwrap().0;
        for alg in
            ["none", "None", "NONE", "HS256", "HS512", "RS512", "PS256", "ES256", "EdDSA", ""]
        {
            let mut changed = header.clone();
            changed["alg"] = json!(alg);
            let head = encoded(&changed);
            scene.is_refused(&format!("{head}.{rest}")).await;
            scene.is_refused(&format!("{head}.{payload}.")).await;
            scene.is_refused(&format!("{head}.{payload}")).await;
            // With what everybody knows of the key as the secret.
            let signed = format!("{head}.{payload}");
            let mac =
                hmac_sha256(jwks.body.as_bytes().first_chunk::<32>().unwrap(), signed.as_bytes());
            scene.is_refused(&format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac))).await;
        }
        for (member, value) in [("crit", json!(["b64"])), ("jwk", json!({})), ("b64", json!(false))]
        {
            let mut changed = header.clone();
            changed[member] = value;
            scene.is_refused(&format!("{}.{rest}", encoded(&changed))).await;
        }
    }
}
