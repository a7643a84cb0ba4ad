//! The master key: what is sealed under it, and the keys for one purpose each that come from it.

use std::{fmt, marker::PhantomData};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

use crate::{
    crypto::{self, NONCE_BYTES},
    randomness::{Randomness, random},
    secret::Secret,
};

/// 256 bits from which every other symmetric key comes (HKDF, a label each).
pub struct MasterKey {
    key: Secret<[u8; 32]>,
    id: String,
}

/// A text that is not a master key: 32 bytes in base64url, 43 characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a master key is 32 bytes in base64url without padding (43 characters)")]
pub struct NotAMasterKey;

impl MasterKey {
    /// A new one.
    pub fn new(randomness: &dyn Randomness) -> Self {
        Self::from_bytes(random(randomness))
    }

    /// Reads its text; white space around it is ignored.
    pub fn parse(text: &str) -> Result<Self, NotAMasterKey> {
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text.trim()).map_err(|_| NotAMasterKey)?);
        let bytes: [u8; 32] = bytes.as_slice().try_into().map_err(|_| NotAMasterKey)?;
        Ok(Self::from_bytes(bytes))
    }

    fn from_bytes(bytes: [u8; 32]) -> Self {
        let named = crypto::derive(&bytes, "doorward master key id");
        let id = URL_SAFE_NO_PAD.encode(named.first_chunk::<6>().unwrap_or(&[0; 6]));
        Self { key: Secret::new(bytes), id }
    }

    /// Its text, for the file that keeps it.
    pub fn expose(&self) -> Secret<String> {
        Secret::new(URL_SAFE_NO_PAD.encode(self.key.expose()))
    }

    /// Names the key without telling anything of it.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What the store keeps so that a node with another key is refused.
    pub fn check_value(&self) -> String {
        URL_SAFE_NO_PAD.encode(crypto::derive(self.key.expose(), "doorward check value"))
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey({})", self.id)
    }
}

/// The master key in use.
#[derive(Debug)]
pub struct KeyRing {
    current: MasterKey,
    sealing: Secret<[u8; 32]>,
}

/// Where a sealed value stands. It opens nowhere else.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The table of the record.
    pub table: &'a str,
    /// The id of the record.
    pub record: &'a str,
    /// The field that holds the value.
    pub field: &'a str,
}

/// A value that cannot be sealed or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Sealed under a master key that this process does not have.
    #[error("sealed under another master key")]
    OtherMasterKey,
    /// Changed, moved from another place, or not what its type says.
    #[error("the sealed value does not open")]
    DoesNotOpen,
    /// The value does not serialise.
    #[error("the value cannot be sealed")]
    CannotSeal,
}

impl KeyRing {
    /// A ring with one key.
    pub fn new(current: MasterKey) -> Self {
        let sealing = Secret::new(crypto::derive(current.key.expose(), "doorward sealing"));
        Self { current, sealing }
    }

    /// The key under which new values are sealed.
    pub fn current(&self) -> &MasterKey {
        &self.current
    }

    /// The key for one purpose. The same label gives the same key as long as the master key stays.
    pub fn derive(&self, label: &str) -> Secret<[u8; 32]> {
        Secret::new(crypto::derive(self.current.key.expose(), label))
    }

    /// Seals `value` for `place`.
    pub fn seal<T: Serialize>(
        &self,
        value: &T,
        place: Place<'_>,
        randomness: &dyn Randomness,
    ) -> Result<Sealed<T>, SealError> {
        seal_under(self.sealing.expose(), &self.current.id, value, place, randomness)
    }

    /// Opens what was sealed for `place`.
    pub fn open<T: DeserializeOwned>(
        &self,
        sealed: &Sealed<T>,
        place: Place<'_>,
    ) -> Result<T, SealError> {
        if sealed.key_id != self.current.id {
            return Err(SealError::OtherMasterKey);
        }
        open_under(self.sealing.expose(), sealed, place)
    }
}

/// A value that only a key opens, and only in its place. Serialises as one text.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Sealed<T> {
    key_id: String,
    nonce: String,
    text: String,
    #[serde(skip)]
    value: PhantomData<fn() -> T>,
}

impl<T> Clone for Sealed<T> {
    fn clone(&self) -> Self {
        Self {
            key_id: self.key_id.clone(),
            nonce: self.nonce.clone(),
            text: self.text.clone(),
            value: PhantomData,
        }
    }
}

impl<T> PartialEq for Sealed<T> {
    fn eq(&self, other: &Self) -> bool {
        (&self.key_id, &self.nonce, &self.text) == (&other.key_id, &other.nonce, &other.text)
    }
}

impl<T> Eq for Sealed<T> {}

impl<T> fmt::Debug for Sealed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed(under {})", self.key_id)
    }
}

impl<T> Sealed<T> {
    /// One text of `A-Z`, `a-z`, `0-9`, `-`, `_` and two points, fit for an address.
    pub fn to_text(&self) -> String {
        format!("{}.{}.{}", self.key_id, self.nonce, self.text)
    }

    /// Undoes [`Self::to_text`].
    pub fn from_text(text: &str) -> Option<Self> {
        let (key_id, rest) = text.split_once('.')?;
        let (nonce, text) = rest.split_once('.')?;
        let (key_id, nonce, text) = (key_id.into(), nonce.into(), text.into());
        Some(Self { key_id, nonce, text, value: PhantomData })
    }
}

/// Seals under a key that is not the master key: one per account, or one made from a token. `key_id` names it.
pub fn seal_under<T: Serialize>(
    key: &[u8; 32],
    key_id: &str,
    value: &T,
    place: Place<'_>,
    randomness: &dyn Randomness,
) -> Result<Sealed<T>, SealError> {
    let plain = serde_json::to_vec(value).map_err(|_| SealError::CannotSeal)?;
    let nonce = random::<NONCE_BYTES>(randomness);
    let text = crypto::encrypt(key, nonce, &place.context(), plain).ok_or(SealError::CannotSeal)?;
    Ok(Sealed {
        key_id: key_id.into(),
        nonce: URL_SAFE_NO_PAD.encode(nonce),
        text: URL_SAFE_NO_PAD.encode(text),
        value: PhantomData,
    })
}

/// Undoes [`seal_under`].
pub fn open_under<T: DeserializeOwned>(
    key: &[u8; 32],
    sealed: &Sealed<T>,
    place: Place<'_>,
) -> Result<T, SealError> {
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| SealError::DoesNotOpen);
    let nonce = decode(&sealed.nonce)?.try_into().map_err(|_| SealError::DoesNotOpen)?;
    let plain = crypto::decrypt(key, nonce, &place.context(), decode(&sealed.text)?)
        .map(Zeroizing::new)
        .ok_or(SealError::DoesNotOpen)?;
    serde_json::from_slice(&plain).map_err(|_| SealError::DoesNotOpen)
}

impl Place<'_> {
    /// Lengths go before the parts, so that no two places have the same context.
    fn context(&self) -> Vec<u8> {
        let parts = [self.table, self.record, self.field];
        parts
            .iter()
            .flat_map(|part| [&(part.len() as u64).to_be_bytes(), part.as_bytes()].concat())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::randomness::tests::Counting;

    const HERE: Place<'_> = Place { table: "keys", record: "key_1", field: "private" };

    #[test]
    fn a_sealed_value_opens_in_its_place_only() {
        let randomness = Counting::default();
        let ring = KeyRing::new(MasterKey::new(&randomness));
        let sealed = ring.seal(&"seed".to_owned(), HERE, &randomness).unwrap();
        assert_eq!(ring.open(&sealed, HERE), Ok("seed".to_owned()));
        assert_eq!(Sealed::from_text(&sealed.to_text()), Some(sealed.clone()));
        let elsewhere = [
            Place { table: "key", ..HERE },
            Place { record: "key_2", ..HERE },
            Place { field: "public", ..HERE },
        ];
        for place in elsewhere {
            assert_eq!(ring.open(&sealed, place), Err(SealError::DoesNotOpen));
        }
    }

    #[test]
    fn another_master_key_says_so() {
        let randomness = Counting::default();
        let ring = KeyRing::new(MasterKey::new(&randomness));
        let other = KeyRing::new(MasterKey::new(&randomness));
        let sealed = ring.seal(&1, HERE, &randomness).unwrap();
        assert_eq!(other.open(&sealed, HERE), Err(SealError::OtherMasterKey));
        assert_ne!(ring.current().check_value(), other.current().check_value());
    }

    #[test]
    fn a_master_key_is_read_back_from_its_text_and_never_shown() {
        let key = MasterKey::new(&Counting::default());
        let text = key.expose();
        assert_eq!(MasterKey::parse(text.expose()).unwrap().check_value(), key.check_value());
        assert!(!format!("{key:?}").contains(text.expose()));
        assert_eq!(MasterKey::parse("short").unwrap_err(), NotAMasterKey);
    }

    #[test]
    fn purposes_have_different_keys() {
        let ring = KeyRing::new(MasterKey::new(&Counting::default()));
        assert_ne!(ring.derive("one").expose(), ring.derive("two").expose());
    }
}
