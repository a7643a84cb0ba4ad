//! The RFCs' own examples.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use josekit::jwk::{
    Jwk, KeyPair,
    alg::{ed::EdKeyPair, rsa::RsaKeyPair},
};
use serde_json::{Value, json};

use super::{Algorithm, claims, key};
use crate::{id::KeyId, jose::PublicJwk, randomness::tests::Counting};

/// RFC 7515 A.2 and A.3.
const JOE: &str = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

/// RFC 7515 A.2.
const RS256_SIGNATURE: &str = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";

/// RFC 7515 A.3.
const ES256_SIGNATURE: &str =
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

/// RFC 8037 A.4.
const EDDSA_SIGNATURE: &str =
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
const EDDSA_MESSAGE: &str = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";

/// RFC 7515 A.1.
const HS256_KEY: &str =
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
const HS256_MESSAGE: &str = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
const HS256_SIGNATURE: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// RFC 7515 A.2.1.
fn rs256_key() -> Value {
    json!({
        "kty": "RSA",
        "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",
        "e": "AQAB",
        "d": "Eq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97IjlA7_GQ5sLKMgvfTeXZx9SE-7YwVol2NXOoAJe46sui395IW_GO-pWJ1O0BkTGoVEn2bKVRUCgu-GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzjkn439X0M_V51gfpRLI9JYanrC4D4qAdGcopV_0ZHHzQlBjudU2QvXt4ehNYTCBr6XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl_x_jTj3ccPDVZFD9pIuhLhBOneufuBiB4cS98l2SR_RQyGWSeWjnczT0QU91p1DhOVRuOopznQ",
        "p": "4BzEEOtIpmVdVEZNCqS7baC4crd0pqnRH_5IB3jw3bcxGn6QLvnEtfdUdiYrqBdss1l58BQ3KhooKeQTa9AB0Hw_Py5PJdTJNPY8cQn7ouZ2KKDcmnPGBY5t7yLc1QlQ5xHdwW1VhvKn-nXqhJTBgIPgtldC-KDV5z-y2XDwGUc",
        "q": "uQPEfgmVtjL0Uyyx88GZFF1fOunH3-7cepKmtH4pxhtCoHqpWmT8YAmZxaewHgHAjLYsp1ZSe7zFYHj7C6ul7TjeLQeZD_YwD66t62wDmpe_HlB-TnBA-njbglfIsRLtXlnDzQkv5dTltRJ11BKBBypeeF6689rjcJIDEz9RWdc",
        "dp": "BwKfV3Akq5_MFZDFZCnW-wzl-CCo83WoZvnLQwCTeDv8uzluRSnm71I3QCLdhrqE2e9YkxvuxdBfpT_PI7Yz-FOKnu1R6HsJeDCjn12Sk3vmAktV2zb34MCdy7cpdTh_YVr7tss2u6vneTwrA86rZtu5Mbr1C1XsmvkxHQAdYo0",
        "dq": "h_96-mK1R_7glhsum81dZxjTnYynPbZpHziZjeeHcXYsXaaMwkOlODsWa7I9xXDoRwbKgB719rrmI2oKr6N3Do9U0ajaHF-NKJnwgjMd2w9cjz3_-kyNlxAr2v4IKhGNpmM5iIgOS1VZnOZ68m6_pbLBSp3nssTdlqvd0tIiTHU",
        "qi": "IYd7DHOhrWvxkwPQsRM2tOgrjbcrfvtQJipd-DlcxyVuuM9sQLdgjVk2oy26F0EmpScGLq2MowX7fhd_QJQ3ydy5cY7YIBi87w93IKLEdfnbJtoOPLUW0ITrJReOgo1cq9SbsxYawBgfp_gh6A5603k2-ZQwVK0JKSHuLFkuQ3U",
    })
}

/// RFC 7515 A.3.1, the public part.
fn es256_key() -> Value {
    json!({
        "kty": "EC",
        "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    })
}

/// RFC 8037 A.1.
fn eddsa_key() -> Value {
    json!({
        "kty": "OKP",
        "crv": "Ed25519",
        "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    })
}

fn verifies(algorithm: Algorithm, key: Value, message: &str, signature: &str) -> bool {
    let Value::Object(members) = key else { panic!("not a JWK") };
    let key = PublicJwk::new(KeyId::new(&Counting::default()), algorithm, members).unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    key.verifier().unwrap().verifies(message.as_bytes(), &signature)
}

fn signature(algorithm: Algorithm, pair: &dyn KeyPair, message: &str) -> String {
    let pem = String::from_utf8(pair.to_pem_private_key()).unwrap();
    let (_, signer) = algorithm.read(&pem).unwrap();
    URL_SAFE_NO_PAD.encode(signer.sign(message.as_bytes()).unwrap())
}

fn jwk(key: Value) -> Jwk {
    Jwk::from_bytes(key.to_string()).unwrap()
}

#[test]
fn rs256_is_rfc_7515_a_2() {
    let message = format!("eyJhbGciOiJSUzI1NiJ9.{JOE}");
    assert!(verifies(Algorithm::Rs256, rs256_key(), &message, RS256_SIGNATURE));
    assert!(!verifies(Algorithm::Rs256, rs256_key(), JOE, RS256_SIGNATURE));
    let pair = RsaKeyPair::from_jwk(&jwk(rs256_key())).unwrap();
    assert_eq!(signature(Algorithm::Rs256, &pair, &message), RS256_SIGNATURE);
}

#[test]
fn es256_is_rfc_7515_a_3() {
    let message = format!("eyJhbGciOiJFUzI1NiJ9.{JOE}");
    assert!(verifies(Algorithm::Es256, es256_key(), &message, ES256_SIGNATURE));
    assert!(!verifies(Algorithm::Es256, es256_key(), JOE, ES256_SIGNATURE));
}

#[test]
fn eddsa_is_rfc_8037_a_4() {
    assert!(verifies(Algorithm::EdDsa, eddsa_key(), EDDSA_MESSAGE, EDDSA_SIGNATURE));
    assert!(!verifies(Algorithm::EdDsa, eddsa_key(), JOE, EDDSA_SIGNATURE));
    let pair = EdKeyPair::from_jwk(&jwk(eddsa_key())).unwrap();
    assert_eq!(signature(Algorithm::EdDsa, &pair, EDDSA_MESSAGE), EDDSA_SIGNATURE);
}

#[test]
fn the_header_has_the_members_of_the_example_of_rfc_9068_and_no_others() {
    for algorithm in Algorithm::ALL {
        let token = key(*algorithm).sign(&claims()).unwrap();
        let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
        let kid = key(*algorithm).key_id();
        let expected = format!(r#"{{"alg":"{algorithm}","kid":"{kid}","typ":"at+jwt"}}"#);
        assert_eq!(String::from_utf8(header).unwrap(), expected);
    }
}

#[test]
fn hs256_is_rfc_7515_a_1() {
    let key = URL_SAFE_NO_PAD.decode(HS256_KEY).unwrap();
    let tag = crate::crypto::hmac_sha256(&key, HS256_MESSAGE.as_bytes());
    assert_eq!(URL_SAFE_NO_PAD.encode(tag), HS256_SIGNATURE);
}
