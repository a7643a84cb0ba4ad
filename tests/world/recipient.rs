//! Clients that have their answers encrypted, and open them by themselves, step by step as RFC 7516 §5.2 has it: with nothing
//! of what encrypts them but OpenSSL.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use openssl::{
    aes::{AesKey, unwrap_key},
    bn::{BigNum, BigNumContext},
    derive::Deriver,
    ec::{EcGroup, EcKey},
    encrypt::Decrypter,
    hash::{MessageDigest, hash},
    nid::Nid,
    pkey::{PKey, Private},
    rsa::{Padding, Rsa},
    sign::Signer,
    symm::{Cipher, decrypt, decrypt_aead},
};
use protocol::jose::ClientJwks;
use serde_json::{Value, json};

/// A private key that nobody else has.
pub(crate) struct Recipient(PKey<Private>);

/// What was in an encrypted token.
pub(crate) struct Opened {
    pub(crate) header: Value,
    pub(crate) text: String,
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn decode(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).expect("base64url")
}

fn p256() -> EcGroup {
    EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).expect("a curve")
}

impl Recipient {
    pub(crate) fn rsa() -> Self {
        let key = Rsa::generate(2048).expect("OpenSSL draws");
        Self(PKey::from_rsa(key).expect("a key"))
    }

    pub(crate) fn on_p256() -> Self {
        let key = EcKey::generate(&p256()).expect("OpenSSL draws");
        Self(PKey::from_ec_key(key).expect("a key"))
    }

    /// The public key as it is registered.
    pub(crate) fn jwk(&self) -> Value {
        if let Ok(rsa) = self.0.rsa() {
            let (n, e) = (encode(rsa.n().to_vec()), encode(rsa.e().to_vec()));
            return json!({ "kty": "RSA", "n": n, "e": e, "use": "enc", "kid": "enc" });
        }
        let key = self.0.ec_key().expect("a key on a curve");
        let [mut x, mut y] = [(); 2].map(|()| BigNum::new().expect("a number"));
        let mut room = BigNumContext::new().expect("room");
        let point = key.public_key();
        point.affine_coordinates(&p256(), &mut x, &mut y, &mut room).expect("a point");
        let [x, y] = [x, y].map(|one| encode(one.to_vec_padded(32).expect("32 bytes")));
        json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y, "use": "enc", "kid": "enc" })
    }

    /// The set to register.
    pub(crate) fn jwks(&self) -> ClientJwks {
        ClientJwks::register(&json!({ "keys": [self.jwk()] })).expect("a good key")
    }

    /// Opens a token that is meant for this key.
    pub(crate) fn open(&self, token: &str) -> Opened {
        let parts: Vec<&str> = token.split('.').collect();
        let [header, key, iv, text, tag] = parts[..] else { panic!("not encrypted: {token:.40}") };
        let said: Value = serde_json::from_slice(&decode(header)).expect("JSON");
        let enc = said["enc"].as_str().expect("an enc");
        let key = self.content_key(&said, &decode(key));
        let [iv, text, tag] = [iv, text, tag].map(decode);
        let plain = match enc {
            "A128GCM" | "A256GCM" => {
                let cipher =
                    if key.len() == 16 { Cipher::aes_128_gcm() } else { Cipher::aes_256_gcm() };
                decrypt_aead(cipher, &key, Some(&iv), header.as_bytes(), &text, &tag)
            }
            _ => {
                let (mac_key, key) = key.split_at(key.len() / 2);
                assert_eq!(authentication(mac_key, &[header.as_bytes(), &iv, &text]), tag);
                let cipher =
                    if key.len() == 16 { Cipher::aes_128_cbc() } else { Cipher::aes_256_cbc() };
                decrypt(cipher, key, Some(&iv), &text)
            }
        };
        let text = String::from_utf8(plain.expect("it opens")).expect("a text");
        Opened { header: said, text }
    }

    /// The key of the content (RFC 7518 §4).
    fn content_key(&self, header: &Value, encrypted: &[u8]) -> Vec<u8> {
        let alg = header["alg"].as_str().expect("an alg");
        let enc = header["enc"].as_str().expect("an enc");
        let bytes = match enc {
            "A128GCM" => 16,
            "A256GCM" | "A128CBC-HS256" => 32,
            "A256CBC-HS512" => 64,
            other => panic!("{other}"),
        };
        let wrapped_under = |bytes| {
            let agreed = derived(&self.agreed(&header["epk"]), alg, bytes);
            let wrapping = AesKey::new_decrypt(&agreed).expect("a key");
            let mut key = vec![0; encrypted.len() - 8];
            unwrap_key(&wrapping, None, &mut key, encrypted).expect("it unwraps");
            key
        };
        let key = match alg {
            "RSA-OAEP" => self.oaep(encrypted, MessageDigest::sha1()),
            "RSA-OAEP-256" => self.oaep(encrypted, MessageDigest::sha256()),
            "ECDH-ES" => derived(&self.agreed(&header["epk"]), enc, bytes),
            "ECDH-ES+A128KW" => wrapped_under(16),
            "ECDH-ES+A256KW" => wrapped_under(32),
            other => panic!("{other}"),
        };
        assert_eq!((key.len(), alg == "ECDH-ES"), (bytes, encrypted.is_empty()), "{alg} {enc}");
        key
    }

    fn oaep(&self, encrypted: &[u8], digest: MessageDigest) -> Vec<u8> {
        let mut decrypter = Decrypter::new(&self.0).expect("a key");
        decrypter.set_rsa_padding(Padding::PKCS1_OAEP).expect("a padding");
        decrypter.set_rsa_oaep_md(digest).expect("a digest");
        decrypter.set_rsa_mgf1_md(digest).expect("a digest");
        let mut key = vec![0; decrypter.decrypt_len(encrypted).expect("a length")];
        let length = decrypter.decrypt(encrypted, &mut key).expect("it opens");
        key.truncate(length);
        key
    }

    fn agreed(&self, epk: &Value) -> Vec<u8> {
        assert_eq!((&epk["kty"], &epk["crv"]), (&json!("EC"), &json!("P-256")));
        let coordinate = |name: &str| {
            BigNum::from_slice(&decode(epk[name].as_str().expect("a coordinate")))
                .expect("a number")
        };
        let (x, y) = (coordinate("x"), coordinate("y"));
        let theirs = EcKey::from_public_key_affine_coordinates(&p256(), &x, &y).expect("a point");
        let theirs = PKey::from_ec_key(theirs).expect("a key");
        let mut deriver = Deriver::new(&self.0).expect("a key");
        deriver.set_peer(&theirs).expect("of the same curve");
        deriver.derive_to_vec().expect("agreed")
    }
}

/// The one step KDF of NIST SP 800-56A, without party information (RFC 7518 §4.6.2).
pub(crate) fn derived(agreed: &[u8], algorithm: &str, bytes: usize) -> Vec<u8> {
    derived_between(agreed, (algorithm, bytes), ["", ""])
}

/// As [`derived`], between these two.
pub(crate) fn derived_between(
    agreed: &[u8],
    (algorithm, bytes): (&str, usize),
    parties: [&str; 2],
) -> Vec<u8> {
    let counted = |text: &str| [&(text.len() as u32).to_be_bytes(), text.as_bytes()].concat();
    let rest = [algorithm, parties[0], parties[1]].map(counted).concat();
    let bits = (bytes as u32 * 8).to_be_bytes();
    let round = |number: u32| {
        let text = [&number.to_be_bytes(), agreed, &rest, &bits].concat();
        hash(MessageDigest::sha256(), &text).expect("a digest").to_vec()
    };
    let mut key: Vec<u8> = (1..=2).flat_map(round).collect();
    key.truncate(bytes);
    key
}

/// The tag of AES in CBC mode with HMAC (RFC 7518 §5.2.2.1).
fn authentication(key: &[u8], [header, iv, text]: &[&[u8]; 3]) -> Vec<u8> {
    let digest = if key.len() == 16 { MessageDigest::sha256() } else { MessageDigest::sha512() };
    let bits = (header.len() as u64 * 8).to_be_bytes();
    let pkey = PKey::hmac(key).expect("a key");
    let mut signer = Signer::new(digest, &pkey).expect("a key");
    let mut tag =
        signer.sign_oneshot_to_vec(&[header, iv, text, &bits[..]].concat()).expect("a tag");
    tag.truncate(key.len());
    tag
}
