//! The primitives, each from aws-lc-rs, so that no other file chooses one.

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    cipher::{AES_256, DecryptingKey, DecryptionContext, EncryptingKey, UnboundCipherKey},
    constant_time::verify_slices_are_equal,
    digest, hkdf, hmac,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair},
};

/// Bytes of a nonce of [`encrypt`].
pub const NONCE_BYTES: usize = NONCE_LEN;

/// SHA-256 (FIPS 180-4).
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    fixed(digest::digest(&digest::SHA256, bytes).as_ref())
}

/// SHA-384 (FIPS 180-4).
pub fn sha384(bytes: &[u8]) -> [u8; 48] {
    fixed(digest::digest(&digest::SHA384, bytes).as_ref())
}

/// SHA-512 (FIPS 180-4).
pub fn sha512(bytes: &[u8]) -> [u8; 64] {
    fixed(digest::digest(&digest::SHA512, bytes).as_ref())
}

/// HMAC with SHA-256 (RFC 2104).
pub fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    fixed(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message).as_ref())
}

/// Whether `tag` is HMAC with SHA-256 of `message` under `key`, in constant time.
pub fn is_hmac_sha256(key: &[u8], message: &[u8], tag: &[u8]) -> bool {
    hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, key), message, tag).is_ok()
}

/// As [`is_hmac_sha256`], with SHA-384.
pub fn is_hmac_sha384(key: &[u8], message: &[u8], tag: &[u8]) -> bool {
    hmac::verify(&hmac::Key::new(hmac::HMAC_SHA384, key), message, tag).is_ok()
}

/// As [`is_hmac_sha256`], with SHA-512.
pub fn is_hmac_sha512(key: &[u8], message: &[u8], tag: &[u8]) -> bool {
    hmac::verify(&hmac::Key::new(hmac::HMAC_SHA512, key), message, tag).is_ok()
}

/// A key for one purpose, by HKDF with SHA-256 (RFC 5869), without salt.
pub fn derive(secret: &[u8], label: &str) -> [u8; 32] {
    let mut key = [0; 32];
    let info = [label.as_bytes()];
    let filled = hkdf::Salt::new(hkdf::HKDF_SHA256, &[])
        .extract(secret)
        .expand(&info, hkdf::HKDF_SHA256)
        .and_then(|okm| okm.fill(&mut key));
    debug_assert!(filled.is_ok(), "32 bytes are within HKDF's limit of 255 blocks");
    key
}

/// A private key on a curve, parsed. OpenSSL takes three times as long to sign with Ed25519, and a quarter longer with P-256.
pub enum CurveKey {
    /// EdDSA on Ed25519 (RFC 8032).
    Ed25519(Ed25519KeyPair),
    /// ECDSA on P-256 with SHA-256; signatures as RFC 7518 §3.4 lays them out.
    P256(EcdsaKeyPair),
}

/// A key that cannot be read, or did not sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a key that signs")]
pub struct NotASigner;

impl CurveKey {
    /// Reads PKCS#8 (RFC 5958), with its public key or without.
    pub fn ed25519(pkcs8: &[u8]) -> Result<Self, NotASigner> {
        let key = Ed25519KeyPair::from_pkcs8_maybe_unchecked(pkcs8);
        key.map(Self::Ed25519).map_err(|_| NotASigner)
    }

    /// Reads an elliptic curve's private key, as RFC 5915 has it or in PKCS#8.
    pub fn p256(der: &[u8]) -> Result<Self, NotASigner> {
        let key = EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_FIXED_SIGNING, der);
        key.map(Self::P256).map_err(|_| NotASigner)
    }

    /// The signature of `message`.
    #[expect(
        clippy::disallowed_methods,
        reason = "the library's own chance makes each signature of P-256 safe, as OpenSSL's does"
    )]
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, NotASigner> {
        let signature = match self {
            Self::Ed25519(key) => key.try_sign(message),
            Self::P256(key) => key.sign(&SystemRandom::new(), message),
        };
        Ok(signature.map_err(|_| NotASigner)?.as_ref().to_vec())
    }
}

/// Whether two texts are the same, in a time that depends on their lengths only.
pub fn same(one: &[u8], other: &[u8]) -> bool {
    verify_slices_are_equal(one, other).is_ok()
}

/// AES-256-GCM (NIST SP 800-38D): what is returned ends with the tag. `nonce` must be new for each call with one key.
pub fn encrypt(
    key: &[u8; 32],
    nonce: [u8; NONCE_BYTES],
    context: &[u8],
    mut plain: Vec<u8>,
) -> Option<Vec<u8>> {
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).ok()?);
    let nonce = Nonce::assume_unique_for_key(nonce);
    key.seal_in_place_append_tag(nonce, Aad::from(context), &mut plain).ok()?;
    Some(plain)
}

/// Another 16 bytes for each 16 bytes, under this key: one block of AES-256 (FIPS 197). For what is already random, and is to
/// be known again by who has the key.
pub fn permuted(key: &[u8; 32], mut block: [u8; 16]) -> Option<[u8; 16]> {
    let key = EncryptingKey::ecb(UnboundCipherKey::new(&AES_256, key).ok()?).ok()?;
    key.encrypt(&mut block).ok()?;
    Some(block)
}

/// Undoes [`permuted`].
pub fn unpermuted(key: &[u8; 32], mut block: [u8; 16]) -> Option<[u8; 16]> {
    let key = DecryptingKey::ecb(UnboundCipherKey::new(&AES_256, key).ok()?).ok()?;
    key.decrypt(&mut block, DecryptionContext::None).ok()?;
    Some(block)
}

/// Undoes [`encrypt`]; nothing when the key, the context or a bit is another.
pub fn decrypt(
    key: &[u8; 32],
    nonce: [u8; NONCE_BYTES],
    context: &[u8],
    mut sealed: Vec<u8>,
) -> Option<Vec<u8>> {
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).ok()?);
    let nonce = Nonce::assume_unique_for_key(nonce);
    let length = key.open_in_place(nonce, Aad::from(context), &mut sealed).ok()?.len();
    sealed.truncate(length);
    Some(sealed)
}

fn fixed<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut fixed = [0; N];
    fixed.copy_from_slice(bytes);
    fixed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hmac_is_rfc_4231_test_case_2_padded() {
        let mut key = [0; 32];
        key[..4].copy_from_slice(b"Jefe");
        let tag = hmac_sha256(&key, b"what do ya want for nothing?");
        assert_eq!(tag[..4], [0x5b, 0xdc, 0xc1, 0x46]);
    }

    /// FIPS 197 C.3.
    #[test]
    fn a_block_is_permuted_as_in_fips_197_and_back() {
        let key = std::array::from_fn(|index| index as u8);
        let block = 0x0011_2233_4455_6677_8899_aabb_ccdd_eeff_u128.to_be_bytes();
        let permuted = permuted(&key, block).unwrap();
        assert_eq!(permuted, 0x8ea2_b7ca_5167_45bf_eafc_4990_4b49_6089_u128.to_be_bytes());
        assert_eq!(unpermuted(&key, permuted), Some(block));
    }

    #[test]
    fn a_changed_bit_key_or_context_does_not_open() {
        let (key, nonce) = ([7; 32], [1; NONCE_BYTES]);
        let sealed = encrypt(&key, nonce, b"here", b"text".to_vec()).unwrap();
        assert_eq!(decrypt(&key, nonce, b"here", sealed.clone()), Some(b"text".to_vec()));
        assert_eq!(decrypt(&key, nonce, b"there", sealed.clone()), None);
        assert_eq!(decrypt(&[8; 32], nonce, b"here", sealed.clone()), None);
        for index in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            assert_eq!(decrypt(&key, nonce, b"here", changed), None);
        }
    }
}
