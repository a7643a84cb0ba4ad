//! The keys as they were last read: what everybody signs and verifies with, without asking anybody.

use std::{collections::BTreeMap, sync::Arc};

use protocol::{
    KeyId, KeyRing, Timestamp, Token, TokenHash,
    jose::{Algorithm, Authentic, Jwks, KeyError, PrivateKey, PublicJwk, Refused, VerifyingKeys},
    key_schedule::{KeySet, PublishedKey},
    tokens::AccessTokenClaims,
};
use serde::Serialize;
use storage::{
    Stored,
    signing_keys::{SigningKey, UnusableKey},
};

use crate::Kept;

/// Access tokens that are known to be ours, a kilobyte or two each.
const TOKENS_MAX: usize = 4_096;

/// All keys at one moment. What depends on the time takes it, so that a key signs when its time has come even if the
/// actor that made this is dead.
pub struct Snapshot {
    keys: KeySet,
    private: BTreeMap<KeyId, Arc<PrivateKey>>,
    verifying: VerifyingKeys,
    /// What they have verified: resource servers ask about the same token again and again. Goes with them.
    verified: Kept<TokenHash, Authentic<AccessTokenClaims>>,
    hints: VerifyingKeys,
    published: Published,
    unusable: Vec<KeyId>,
}

/// The document at `jwks_uri`, ready to be sent.
struct Published {
    jwks: Jwks,
    json: Arc<str>,
    /// From then on one of its keys is no longer published.
    until: Option<Timestamp>,
}

/// A key, for the operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListedKey {
    /// Its `kid`.
    pub key_id: KeyId,
    /// Its `alg`.
    pub algorithm: Algorithm,
    /// Its public part, as the JWKS has it.
    pub public_jwk: PublicJwk,
    /// What it is doing.
    pub state: KeyState,
    /// Whether this node can use it.
    pub is_usable: bool,
    /// When it was put into the JWKS.
    pub announced_at: Timestamp,
    /// From when on it signs.
    pub signs_from: Timestamp,
    /// When a newer one took over.
    pub retired_at: Option<Timestamp>,
    /// When it leaves the JWKS.
    pub published_until: Option<Timestamp>,
}

/// What a key is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// It is published and will sign.
    Announced,
    /// It signs.
    Signing,
    /// It verifies what it has signed.
    Retired,
    /// It has left the JWKS, and only tells whose an old ID token was.
    Former,
}

impl KeyState {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Announced => "announced",
            Self::Signing => "signing",
            Self::Retired => "retired",
            Self::Former => "former",
        }
    }
}

impl Default for Snapshot {
    fn default() -> Self {
        Self {
            keys: KeySet::default(),
            private: BTreeMap::new(),
            verifying: VerifyingKeys::default(),
            verified: Kept::new(TOKENS_MAX),
            hints: VerifyingKeys::default(),
            published: Published::default(),
            unusable: Vec::new(),
        }
    }
}

impl Snapshot {
    /// The key that signs now. None before the keys were first read, and where the one whose turn it is cannot be used:
    /// what an older one signed now would not verify for as long as it should.
    pub fn signing(&self, algorithm: Algorithm, now: Timestamp) -> Option<&PrivateKey> {
        let key = self.keys.signing_key(algorithm, now)?;
        self.private.get(&key.key_id()).map(Arc::as_ref)
    }

    /// The algorithms with which something can be signed now, the default first.
    pub fn algorithms(&self, now: Timestamp) -> Vec<Algorithm> {
        Algorithm::ALL
            .iter()
            .copied()
            .filter(|algorithm| self.signing(*algorithm, now).is_some())
            .collect()
    }

    /// What an access token says, if one of our keys has signed it.
    pub fn access_token(
        &self,
        token: &Token,
    ) -> Result<Arc<Authentic<AccessTokenClaims>>, Refused> {
        let verify = || self.verifying.authentic(token.expose());
        self.verified.get(token.hash(), |_| true, verify)
    }

    /// What an `id_token_hint` is read with: also the keys that left the JWKS while a session may last that began with
    /// a token of theirs. For nothing else.
    pub fn hints(&self) -> &VerifyingKeys {
        &self.hints
    }

    /// The document at `jwks_uri`.
    pub fn jwks(&self, now: Timestamp) -> Jwks {
        let mut jwks = self.published.jwks.clone();
        if !self.published.holds(now) {
            jwks.keys
                .retain(|jwk| self.keys.published(now).any(|key| key.key_id() == jwk.key_id()));
        }
        jwks
    }

    /// [`Self::jwks`] as JSON: the same bytes on every node. Nearly always made before.
    pub fn jwks_json(&self, now: Timestamp) -> Arc<str> {
        if self.published.holds(now) {
            Arc::clone(&self.published.json)
        } else {
            json(&self.jwks(now))
        }
    }

    /// All keys, in the order in which they sign.
    pub fn list(&self, now: Timestamp) -> Vec<ListedKey> {
        let listed = |key: &PublishedKey| ListedKey {
            key_id: key.key_id(),
            algorithm: key.algorithm(),
            public_jwk: key.public_jwk.clone(),
            state: self.state(key, now),
            is_usable: !self.unusable.contains(&key.key_id()),
            announced_at: key.announced_at,
            signs_from: key.signs_from,
            retired_at: key.retired_at,
            published_until: key.published_until,
        };
        self.keys.keys().iter().map(listed).collect()
    }

    /// Keys that did not open or are damaged: a reason not to be ready.
    pub fn unusable(&self) -> &[KeyId] {
        &self.unusable
    }

    pub(super) fn keys(&self) -> &KeySet {
        &self.keys
    }

    /// Whether all that it publishes still is.
    pub(super) fn is_current(&self, now: Timestamp) -> bool {
        self.published.holds(now)
    }

    fn state(&self, key: &PublishedKey, now: Timestamp) -> KeyState {
        let signs = |signing: &PublishedKey| signing.key_id() == key.key_id();
        if key.signs_from > now {
            KeyState::Announced
        } else if self.keys.signing_key(key.algorithm(), now).is_some_and(signs) {
            KeyState::Signing
        } else if key.is_published(now) {
            KeyState::Retired
        } else {
            KeyState::Former
        }
    }

    /// Reads `records`. A key that `before` has is not read again. Each key stands and falls alone: those that cannot be
    /// used are named beside the rest.
    pub(super) fn load(
        records: &[Stored<SigningKey>],
        before: &Self,
        ring: &KeyRing,
        now: Timestamp,
    ) -> Result<(Self, Vec<(KeyId, UnusableKey)>), KeyError> {
        let mut private = BTreeMap::new();
        let mut faults = Vec::new();
        for record in records.iter().filter(|record| record.published.disarmed_at.is_none()) {
            let key_id = record.published.key_id();
            let known = before.private.get(&key_id);
            let known = known.filter(|known| *known.public_jwk() == record.published.public_jwk);
            match known
                .map_or_else(|| record.open(ring).map(Arc::new), |known| Ok(Arc::clone(known)))
            {
                Ok(key) => drop(private.insert(key_id, key)),
                Err(error) => faults.push((key_id, error)),
            }
        }
        let keys: KeySet = records.iter().map(|record| record.published.clone()).collect();
        let published = Published::new(&keys, now);
        let verifying = VerifyingKeys::new(&published.jwks.keys)?;
        let kept = keys.kept(now).map(|key| &key.public_jwk);
        let hints = VerifyingKeys::new(kept.filter(|jwk| is_readable(jwk)))?;
        let unusable = faults.iter().map(|(key_id, _)| *key_id).collect();
        let verified = Kept::new(TOKENS_MAX);
        Ok((Self { keys, private, verifying, verified, hints, published, unusable }, faults))
    }
}

impl Default for Published {
    fn default() -> Self {
        let jwks = Jwks::default();
        Self { json: json(&jwks), jwks, until: None }
    }
}

impl Published {
    fn new(keys: &KeySet, now: Timestamp) -> Self {
        let mut jwks = keys.jwks(now);
        // A client that meets a key it cannot read may refuse all of them.
        jwks.keys.retain(is_readable);
        let until = keys.published(now).filter_map(|key| key.published_until).min();
        Self { json: json(&jwks), jwks, until }
    }

    fn holds(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

fn is_readable(jwk: &PublicJwk) -> bool {
    VerifyingKeys::new([jwk]).is_ok()
}

fn json(jwks: &Jwks) -> Arc<str> {
    // Texts in vectors always serialise; were it not so, no key is what a client can bear.
    serde_json::to_string(jwks).map_or_else(|_| r#"{"keys":[]}"#.into(), Into::into)
}
