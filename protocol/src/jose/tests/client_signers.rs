//! Clients that sign, with another library than the one that verifies.

use std::sync::LazyLock;

use aws_lc_rs::{
    hmac,
    rand::SystemRandom,
    rsa::{KeyPair as RsaKeyPair, KeySize},
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING,
        ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256,
        RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512,
    },
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::jose::ClientAlgorithm;

pub(super) enum Signer {
    Rsa(RsaKeyPair),
    Ecdsa(&'static str, EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// One key of each kind, drawn once.
pub(super) static SIGNERS: LazyLock<Vec<Signer>> = LazyLock::new(|| {
    let p256 = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let p384 = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap();
    let p521 = EcdsaKeyPair::generate(&ECDSA_P521_SHA512_FIXED_SIGNING).unwrap();
    vec![
        Signer::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).unwrap()),
        Signer::Ecdsa("P-256", p256),
        Signer::Ecdsa("P-384", p384),
        Signer::Ecdsa("P-521", p521),
        Signer::Ed25519(Ed25519KeyPair::generate().unwrap()),
    ]
});

/// The signer for an algorithm.
pub(super) fn signer(algorithm: ClientAlgorithm) -> &'static Signer {
    SIGNERS.iter().find(|signer| signer.algorithms().contains(&algorithm)).unwrap()
}

pub(super) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Signer {
    pub(super) fn algorithms(&self) -> &'static [ClientAlgorithm] {
        use ClientAlgorithm as A;
        match self {
            Self::Rsa(_) => &[A::Rs256, A::Rs384, A::Rs512, A::Ps256, A::Ps384, A::Ps512],
            Self::Ecdsa("P-256", _) => &[A::Es256],
            Self::Ecdsa("P-384", _) => &[A::Es384],
            Self::Ecdsa(..) => &[A::Es512],
            Self::Ed25519(_) => &[A::EdDsa],
        }
    }

    /// Its public key, without a name.
    pub(super) fn jwk(&self) -> Value {
        match self {
            Self::Rsa(pair) => {
                // RSAPublicKey of RFC 8017 §A.1.1, of a modulus of 2048 bits.
                let der = pair.public_key().as_ref();
                let n = &der[der.len() - 5 - 256..der.len() - 5];
                json!({ "kty": "RSA", "n": encode(n), "e": "AQAB" })
            }
            Self::Ecdsa(curve, pair) => {
                let (_, point) = pair.public_key().as_ref().split_first().unwrap();
                let (x, y) = point.split_at(point.len() / 2);
                json!({ "kty": "EC", "crv": curve, "x": encode(x), "y": encode(y) })
            }
            Self::Ed25519(pair) => {
                json!({ "kty": "OKP", "crv": "Ed25519", "x": encode(pair.public_key()) })
            }
        }
    }

    /// The same with more members.
    pub(super) fn jwk_with(&self, members: Value) -> Value {
        let mut jwk = self.jwk();
        jwk.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        jwk
    }

    #[expect(clippy::disallowed_methods, reason = "the library asks for it and draws its own")]
    fn sign(&self, algorithm: ClientAlgorithm, message: &[u8]) -> Vec<u8> {
        use ClientAlgorithm as A;
        let random = SystemRandom::new();
        match self {
            Self::Ecdsa(_, pair) => pair.sign(&random, message).unwrap().as_ref().to_vec(),
            Self::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
            Self::Rsa(pair) => {
                let padding = match algorithm {
                    A::Rs256 => &RSA_PKCS1_SHA256,
                    A::Rs384 => &RSA_PKCS1_SHA384,
                    A::Rs512 => &RSA_PKCS1_SHA512,
                    A::Ps256 => &RSA_PSS_SHA256,
                    A::Ps384 => &RSA_PSS_SHA384,
                    _ => &RSA_PSS_SHA512,
                };
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(padding, &random, message, &mut signature).unwrap();
                signature
            }
        }
    }

    /// A token with this header.
    pub(super) fn token(&self, algorithm: ClientAlgorithm, header: &Value) -> String {
        compact(header, |message| self.sign(algorithm, message))
    }
}

/// A token under a secret.
pub(super) fn hmac_token(algorithm: ClientAlgorithm, secret: &[u8], header: &Value) -> String {
    let algorithm = match algorithm {
        ClientAlgorithm::Hs256 => hmac::HMAC_SHA256,
        ClientAlgorithm::Hs384 => hmac::HMAC_SHA384,
        _ => hmac::HMAC_SHA512,
    };
    let key = hmac::Key::new(algorithm, secret);
    compact(header, |message| hmac::sign(&key, message).as_ref().to_vec())
}

fn compact(header: &Value, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let signed = format!("{}.{}", encode(header.to_string()), encode(r#"{"sub":"me"}"#));
    let signature = sign(signed.as_bytes());
    format!("{signed}.{}", encode(signature))
}
