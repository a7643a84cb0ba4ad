//! Creating once, however often it is asked for: a key that the caller chose is remembered with the answer.
//!
//! The record is created in the batch of the creation, so that of several requests with one key exactly one creates, and
//! a caller that lost the answer gets the same one again, secrets that are shown once included: the answer is sealed.

use std::{fmt, time::Duration};

use protocol::{Sealed, crypto, event::Actor, master_key::Place};
use serde::{Serialize, de::DeserializeOwned};
use storage::{Batch, CommitError, Record, Stored, idempotency_keys::IdempotencyRecord};

use super::Administrator;
use crate::{Error, Failure, Flows};

/// Bytes of a key.
const KEY_BYTES_MAX: usize = 255;
/// For how long an answer is remembered.
const REMEMBERED: Duration = Duration::from_secs(24 * 3600);

/// The key of one creation, chosen by the caller: 1 to 255 printable ASCII characters.
#[derive(Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

/// A text that is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an Idempotency-Key has 1 to {KEY_BYTES_MAX} printable ASCII characters")]
pub struct NotAnIdempotencyKey;

/// The key was used before, for something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the Idempotency-Key was used for another request")]
pub struct KeyReused;

/// How a creation was asked for.
#[derive(Debug, Clone)]
pub struct Creation {
    /// The operation.
    pub operation: &'static str,
    /// The caller's key, if it sent one.
    pub key: Option<IdempotencyKey>,
    /// What was asked, to the letter.
    pub body: Vec<u8>,
}

/// Whether something was made now or before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Made<T> {
    /// Now.
    Now(T),
    /// By an earlier request with the same key.
    Before(T),
}

impl<T> Made<T> {
    /// What was made.
    pub fn into_inner(self) -> T {
        match self {
            Self::Now(made) | Self::Before(made) => made,
        }
    }
}

impl std::str::FromStr for IdempotencyKey {
    type Err = NotAnIdempotencyKey;

    fn from_str(text: &str) -> Result<Self, NotAnIdempotencyKey> {
        let is_key = (1..=KEY_BYTES_MAX).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
        if is_key { Ok(Self(text.to_owned())) } else { Err(NotAnIdempotencyKey) }
    }
}

impl fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdempotencyKey(..)")
    }
}

impl Creation {
    /// Without a key: asked twice, it creates twice.
    pub fn once(operation: &'static str) -> Self {
        Self { operation, key: None, body: Vec::new() }
    }

    /// A part of it that is done by itself, once as well. No caller can choose its key.
    pub(super) fn part(&self, name: &impl fmt::Display) -> Self {
        let key = self.key.as_ref().map(|key| IdempotencyKey(format!("{}\n{name}", key.0)));
        Self { key, ..self.clone() }
    }

    /// The id of its record: the same key of another operator or operation is another.
    fn record_id(&self, by: &Administrator, key: &IdempotencyKey) -> String {
        let actor = match &by.actor {
            Actor::Operator(operator_id) => operator_id.to_string(),
            Actor::Client(client_id) => client_id.to_string(),
            Actor::EndUser(_) | Actor::Stranger | Actor::Node => String::new(),
        };
        hexadecimal(&[actor.as_bytes(), self.operation.as_bytes(), key.0.as_bytes()])
    }

    fn digest(&self) -> String {
        hexadecimal(&[&self.body])
    }
}

/// SHA-256 over the parts, each with its length before it.
fn hexadecimal(parts: &[&[u8]]) -> String {
    use fmt::Write;
    let covered: Vec<u8> = parts
        .iter()
        .flat_map(|part| [&(part.len() as u64).to_be_bytes()[..], part].concat())
        .collect();
    crypto::sha256(&covered).iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

impl Flows {
    /// What an earlier request with the same key has made.
    pub(super) async fn made_before<T: DeserializeOwned, R: From<KeyReused>>(
        &self,
        by: &Administrator,
        creation: &Creation,
    ) -> Result<Option<T>, Error<R>> {
        let Some(key) = &creation.key else { return Ok(None) };
        let id = creation.record_id(by, key);
        let found: Option<Stored<IdempotencyRecord>> = self.store.get(&by.realm, &id).await?;
        let Some(found) = found else { return Ok(None) };
        if found.request_digest != creation.digest() {
            return Err(Error::refused(KeyReused));
        }
        let text = self.ring.open(&found.answer, place(&id))?;
        serde_json::from_str(&text).map(Some).map_err(|error| Failure::fault(error).into())
    }

    /// Commits what `batch` creates, with the answer `made` under the key; or finds that somebody with the same key was
    /// quicker. `refused` says what another refusal of the batch means.
    pub(super) async fn commit_creation<T, R>(
        &self,
        by: &Administrator,
        creation: &Creation,
        (mut batch, made): (Batch, T),
        refused: impl FnOnce(storage::Refusal) -> Error<R>,
    ) -> Result<Made<T>, Error<R>>
    where
        T: Serialize + DeserializeOwned,
        R: From<KeyReused>,
    {
        if let Some(key) = &creation.key {
            batch.create(&self.remembered_answer(by, (creation, key), &made)?);
        }
        match self.store.commit(batch).await {
            Ok(_) => Ok(Made::Now(made)),
            Err(CommitError::Refused(refusal)) if refusal.table() == IdempotencyRecord::TABLE => {
                let before = self.made_before(by, creation).await?;
                let before =
                    before.ok_or_else(|| Failure::unavailable("a creation lost a race"))?;
                Ok(Made::Before(before))
            }
            Err(CommitError::Refused(refusal)) => Err(refused(refusal)),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn remembered_answer<T: Serialize>(
        &self,
        by: &Administrator,
        (creation, key): (&Creation, &IdempotencyKey),
        made: &T,
    ) -> Result<IdempotencyRecord, Failure> {
        let id = creation.record_id(by, key);
        let text = serde_json::to_string(made).map_err(Failure::fault)?;
        let answer: Sealed<String> = self.ring.seal(&text, place(&id), self.store.randomness())?;
        Ok(IdempotencyRecord {
            key: id,
            realm: by.realm.clone(),
            request_digest: creation.digest(),
            answer,
            expires_at: self.store.now() + REMEMBERED,
        })
    }
}

fn place(id: &str) -> Place<'_> {
    Place { table: IdempotencyRecord::TABLE, record: id, field: "answer" }
}
