//! When a signing key is announced, signs, retires and disappears, so that no token that was signed ever fails to verify
//! (MISSION T5, DESIGN 4).
//!
//! A key is published for `announce_before` before it signs: by then every node has it and every client's copy of the
//! JWKS without it is too old to be used. From `signs_from` on the newest key signs, by each node's own clock; the one
//! before loses its private part, stays published until the last token that it may have signed is over, and is kept for
//! us alone as long as a session may last that began with such a token. The rules only say what is due. Who does it must
//! write under an expectation on the whole set, so that two nodes do not both make a first key.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    clock::Timestamp,
    id::KeyId,
    jose::{Algorithm, Jwks, LEEWAY, PublicJwk},
};

#[cfg(test)]
mod tests;

/// Keys of one algorithm that are published at once. At this number no key is announced until one disappears.
pub const PUBLISHED_MAX: usize = 16;

/// Keys of one algorithm that are kept beyond those, for hints alone. With more than this number the oldest go early.
pub const HINTS_MAX: usize = 256;

/// How the operator wants keys to change, as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Intervals {
    /// For how long a key signs.
    pub rotate_every: Duration,
    /// For how long a key is published before it signs.
    pub announce_before: Duration,
    /// How long the longest token lives.
    pub token_lifetime_max: Duration,
    /// For how long clients may keep the JWKS: its `max-age`.
    pub jwks_cache: Duration,
    /// How late a node may see what another wrote.
    pub staleness_max: Duration,
    /// For how long an `id_token_hint` is understood, however long ago its ID token expired: as long as the longest
    /// session lasts (OpenID Connect RP-Initiated Logout 1.0 §2).
    pub hints_kept: Duration,
}

/// Intervals under which no verification fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule(Intervals);

/// Intervals under which a verification could fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// Clients would meet a signature before its key.
    #[error(
        "a key must be announced at least {0:?} before it signs: JWKS cache, staleness and difference of clocks"
    )]
    AnnouncedTooLate(Duration),
    /// The next key would be announced before this one signs.
    #[error("a key must sign for at least {0:?}, as long as its successor is announced")]
    RotatedTooOften(Duration),
}

impl TryFrom<Intervals> for Schedule {
    type Error = ScheduleError;

    fn try_from(intervals: Intervals) -> Result<Self, ScheduleError> {
        let Intervals { rotate_every, announce_before, jwks_cache, staleness_max, .. } = intervals;
        let announce_min = jwks_cache.saturating_add(staleness_max).saturating_add(LEEWAY);
        if announce_before < announce_min {
            Err(ScheduleError::AnnouncedTooLate(announce_min))
        } else if rotate_every < announce_before {
            Err(ScheduleError::RotatedTooOften(announce_before))
        } else {
            Ok(Self(intervals))
        }
    }
}

impl Schedule {
    /// The intervals that were checked.
    pub const fn intervals(&self) -> &Intervals {
        &self.0
    }

    /// From when on no node signs with a key that signed until `retired_at`. A node that signs, one that publishes and
    /// the client that verifies may each be wrong about the time, and a node may have seen the successor late.
    fn silent_from(&self, retired_at: Timestamp) -> Timestamp {
        retired_at + self.0.staleness_max + 3 * LEEWAY
    }
}

/// A key from its announcement to its end, without its private part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedKey {
    /// What clients verify with.
    pub public_jwk: PublicJwk,
    /// When it was put into the JWKS.
    pub announced_at: Timestamp,
    /// From when on it signs, until a newer one does.
    pub signs_from: Timestamp,
    /// The longest lifetime that a token of its signing may have had.
    pub token_lifetime_max_seconds: u64,
    /// When a newer one took over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retired_at: Option<Timestamp>,
    /// When its private part was deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disarmed_at: Option<Timestamp>,
    /// When it leaves the JWKS. Nothing before it is retired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_until: Option<Timestamp>,
    /// When it is forgotten, and hints that it has signed with it. Nothing before it is retired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hints_until: Option<Timestamp>,
}

impl PublishedKey {
    /// A key that is announced now.
    pub fn announced(
        public_jwk: PublicJwk,
        signs_from: Timestamp,
        schedule: &Schedule,
        now: Timestamp,
    ) -> Self {
        Self {
            public_jwk,
            announced_at: now,
            signs_from,
            token_lifetime_max_seconds: seconds(schedule.0.token_lifetime_max),
            retired_at: None,
            disarmed_at: None,
            published_until: None,
            hints_until: None,
        }
    }

    /// Its `kid`.
    pub const fn key_id(&self) -> KeyId {
        self.public_jwk.key_id()
    }

    /// What it signs with.
    pub const fn algorithm(&self) -> Algorithm {
        self.public_jwk.algorithm()
    }

    /// Whether it belongs into the JWKS.
    pub fn is_published(&self, now: Timestamp) -> bool {
        self.published_until.is_none_or(|until| now < until)
    }

    /// Whether an `id_token_hint` that it has signed is understood.
    pub fn is_kept(&self, now: Timestamp) -> bool {
        self.hints_until.max(self.published_until).is_none_or(|until| now < until)
    }
}

/// Something to do, in one batch with whatever else is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Make a key and publish it.
    Announce {
        /// For this algorithm.
        algorithm: Algorithm,
        /// To sign from then on.
        signs_from: Timestamp,
    },
    /// Note that tokens live longer now, so that a later, shorter setting does not drop the key too early.
    Lengthen {
        /// The key.
        key_id: KeyId,
        /// The new value.
        token_lifetime_max_seconds: u64,
    },
    /// Note that a newer key signs, on every node.
    Retire {
        /// The key.
        key_id: KeyId,
        /// Since when.
        retired_at: Timestamp,
        /// When it leaves the JWKS.
        published_until: Timestamp,
        /// When it is forgotten.
        hints_until: Timestamp,
    },
    /// Delete its private part: no node signs with it any more.
    Disarm {
        /// The key.
        key_id: KeyId,
    },
    /// Remove the key, whatever is left of it.
    Drop {
        /// The key.
        key_id: KeyId,
    },
}

/// Why a key is not rotated by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RotationRefused {
    /// A successor is announced already.
    #[error("the key {key_id} is announced already and will sign from {signs_from:?}")]
    Underway {
        /// The successor.
        key_id: KeyId,
        /// When it signs.
        signs_from: Timestamp,
    },
    /// [`PUBLISHED_MAX`] keys are still needed to verify.
    #[error("too many keys of this algorithm are still needed to verify tokens")]
    TooMany,
}

/// The keys of an installation, in the order in which they sign.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeySet(Vec<PublishedKey>);

impl FromIterator<PublishedKey> for KeySet {
    fn from_iter<I: IntoIterator<Item = PublishedKey>>(keys: I) -> Self {
        let mut keys: Vec<_> = keys.into_iter().collect();
        keys.sort_by_key(|key| (key.signs_from, key.key_id()));
        Self(keys)
    }
}

impl KeySet {
    /// All of them, the oldest first.
    pub fn keys(&self) -> &[PublishedKey] {
        &self.0
    }

    /// The key that signs now: the newest whose time has come. One that is retired signs no more, because a newer one
    /// does; no other rule is needed, and every node that has both agrees.
    pub fn signing_key(&self, algorithm: Algorithm, now: Timestamp) -> Option<&PublishedKey> {
        self.of(algorithm).rfind(|key| key.signs_from <= now)
    }

    /// What verifies now: announced, signing and retired keys.
    pub fn published(&self, now: Timestamp) -> impl Iterator<Item = &PublishedKey> {
        self.0.iter().filter(move |key| key.is_published(now))
    }

    /// What an `id_token_hint` is understood by: those, and the keys that are kept for nothing else.
    pub fn kept(&self, now: Timestamp) -> impl Iterator<Item = &PublishedKey> {
        self.0.iter().filter(move |key| key.is_kept(now))
    }

    /// The document at `jwks_uri`.
    pub fn jwks(&self, now: Timestamp) -> Jwks {
        Jwks { keys: self.published(now).map(|key| key.public_jwk.clone()).collect() }
    }

    /// All that is due: successors of every algorithm that has a key, first keys of the `wanted` ones, what is over.
    ///
    /// An algorithm that is no longer wanted keeps its keys: while nodes are configured differently, one would undo what
    /// the other does.
    pub fn due(&self, schedule: &Schedule, wanted: &[Algorithm], now: Timestamp) -> Vec<Due> {
        let algorithms = Algorithm::ALL.iter().copied();
        let announced = algorithms.filter_map(|algorithm| match self.of(algorithm).next_back() {
            Some(newest) => self.successor(newest, schedule, now),
            None => wanted.contains(&algorithm).then(|| self.first(algorithm, schedule, now)),
        });
        let too_many = self.too_many(now);
        let over = self.0.iter().filter_map(|key| match key.key_id() {
            key_id if too_many.contains(&key_id) => Some(Due::Drop { key_id }),
            _ => self.end(key, schedule, now),
        });
        announced.chain(over).collect()
    }

    /// The successor that an operator asks for now. It is announced as long as any other before it signs.
    pub fn rotate(
        &self,
        algorithm: Algorithm,
        schedule: &Schedule,
        now: Timestamp,
    ) -> Result<Due, RotationRefused> {
        match self.of(algorithm).next_back() {
            None => Ok(self.first(algorithm, schedule, now)),
            Some(newest) if newest.signs_from > now => {
                let (key_id, signs_from) = (newest.key_id(), newest.signs_from);
                Err(RotationRefused::Underway { key_id, signs_from })
            }
            Some(_) if self.is_full(algorithm, now) => Err(RotationRefused::TooMany),
            Some(_) => {
                Ok(Due::Announce { algorithm, signs_from: now + schedule.0.announce_before })
            }
        }
    }

    fn of(&self, algorithm: Algorithm) -> impl DoubleEndedIterator<Item = &PublishedKey> {
        self.0.iter().filter(move |key| key.algorithm() == algorithm)
    }

    fn is_full(&self, algorithm: Algorithm, now: Timestamp) -> bool {
        self.of(algorithm).filter(|key| key.is_published(now)).count() >= PUBLISHED_MAX
    }

    /// The oldest of the keys that are kept for hints alone, as far as there are more than [`HINTS_MAX`] of an algorithm.
    fn too_many(&self, now: Timestamp) -> Vec<KeyId> {
        let for_hints = |key: &&PublishedKey| !key.is_published(now) && key.is_kept(now);
        let oldest = |algorithm| self.of(algorithm).rev().filter(for_hints).skip(HINTS_MAX);
        Algorithm::ALL
            .iter()
            .flat_map(|algorithm| oldest(*algorithm))
            .map(PublishedKey::key_id)
            .collect()
    }

    /// Nobody can have a JWKS of an installation without keys, so its first ones sign at once: on every node, also where
    /// the clock is behind. The first key of a further algorithm waits like any other.
    fn first(&self, algorithm: Algorithm, schedule: &Schedule, now: Timestamp) -> Due {
        let signs_from =
            if self.0.is_empty() { now - LEEWAY } else { now + schedule.0.announce_before };
        Due::Announce { algorithm, signs_from }
    }

    fn successor(&self, newest: &PublishedKey, schedule: &Schedule, now: Timestamp) -> Option<Due> {
        let algorithm = newest.algorithm();
        let signs_from = now + schedule.0.announce_before;
        let is_due = newest.signs_from + schedule.0.rotate_every <= signs_from;
        (is_due && !self.is_full(algorithm, now)).then_some(Due::Announce { algorithm, signs_from })
    }

    fn end(&self, key: &PublishedKey, schedule: &Schedule, now: Timestamp) -> Option<Due> {
        let key_id = key.key_id();
        if !key.is_kept(now) {
            return Some(Due::Drop { key_id });
        }
        if let Some(retired_at) = key.retired_at {
            let is_due = key.disarmed_at.is_none() && schedule.silent_from(retired_at) <= now;
            return is_due.then_some(Due::Disarm { key_id });
        }
        let longest = key.token_lifetime_max_seconds.max(seconds(schedule.0.token_lifetime_max));
        let newer = self.of(key.algorithm()).skip_while(|other| other.key_id() != key_id).nth(1);
        // A node whose clock is behind signs on for a moment, with whatever lifetime holds then.
        match newer.filter(|newer| newer.signs_from + LEEWAY <= now) {
            Some(newer) => {
                let retired_at = newer.signs_from;
                let silent_from = schedule.silent_from(retired_at);
                let published_until = silent_from + Duration::from_secs(longest);
                let hints_until = published_until.max(silent_from + schedule.0.hints_kept);
                Some(Due::Retire { key_id, retired_at, published_until, hints_until })
            }
            None if longest > key.token_lifetime_max_seconds => {
                Some(Due::Lengthen { key_id, token_lifetime_max_seconds: longest })
            }
            None => None,
        }
    }
}

/// Whole seconds, rounded up.
fn seconds(duration: Duration) -> u64 {
    duration.as_secs().saturating_add(u64::from(duration.subsec_nanos() > 0))
}
