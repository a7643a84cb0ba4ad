//! A stored thing, declared once, and its encoding: a JSON object that older and newer releases both read.

use std::{fmt, marker::PhantomData, ops::Deref, str::FromStr};

use protocol::{AccountId, Realm, Tenant, Timestamp};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::engine::{IndexEntry, Row, StorageError, Version};

/// The encoding that this release writes. It reads all up to [`SCHEMA_READABLE_MAX`]: a field that it does not know is
/// kept and written back, and a field becomes required one release after it was added.
pub const SCHEMA: u16 = 1;

/// The latest encoding whose required fields this release has.
pub const SCHEMA_READABLE_MAX: u16 = 2;

/// A stored thing.
pub trait Record: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Its table: the plural word of its concern.
    const TABLE: &'static str;

    /// What becomes of it when its subject is erased.
    const ON_ERASURE: Erasure;

    /// Its id.
    type Id: fmt::Display + FromStr + Send + Sync;

    /// Its id within its realm.
    fn id(&self) -> Self::Id;

    /// Whose it is: leads its key and its indexes.
    fn tenant(&self) -> Tenant;

    /// The values under which it is found.
    fn indexes(&self) -> Vec<IndexEntry> {
        Vec::new()
    }

    /// From this instant on it does not exist.
    fn expires_at(&self) -> Option<Timestamp> {
        None
    }

    /// The account that it tells of, if any.
    fn subject(&self) -> Option<AccountId> {
        None
    }
}

/// What becomes of a record when its subject is erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Erasure {
    /// It is deleted.
    Delete,
    /// Its personal fields are sealed under a key that is deleted.
    Seal,
    /// What tells of the person is taken out of it, or it goes where nothing of use is left then: its concern says how.
    Strip,
    /// It stays: it tells nothing of a person.
    Keep,
}

/// The name of [`Index::of_subject`].
pub(crate) const SUBJECT: &str = "subject";

/// A declared index of `R`, so that a query names one that exists.
pub struct Index<R> {
    name: &'static str,
    unique: bool,
    record: PhantomData<fn() -> R>,
}

impl<R> Clone for Index<R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for Index<R> {}

impl<R: Record> Index<R> {
    /// An index whose value one record of a tenant holds at a time.
    pub const fn unique(name: &'static str) -> Self {
        Self { name, unique: true, record: PhantomData }
    }

    /// An index whose value many records may hold.
    pub const fn many(name: &'static str) -> Self {
        Self { name, unique: false, record: PhantomData }
    }

    /// The records that tell of one account and are deleted with it: every such record is in it by itself.
    pub const fn of_subject() -> Self {
        Self::many(SUBJECT)
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        self.name
    }

    /// The entry for `value`.
    pub fn entry(self, value: impl fmt::Display) -> IndexEntry {
        IndexEntry { index: self.name, value: value.to_string(), unique: self.unique }
    }
}

/// A record as it was read: the ground for an expectation on its version.
#[derive(Clone)]
pub struct Stored<R> {
    /// The record.
    pub record: R,
    /// The batch that wrote it.
    pub version: Version,
    /// Fields of a later release, to be written back.
    pub(crate) unknown: Option<Box<Unknown>>,
}

impl<R> Deref for Stored<R> {
    type Target = R;

    fn deref(&self) -> &R {
        &self.record
    }
}

impl<R: fmt::Debug> fmt::Debug for Stored<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.record.fmt(f)
    }
}

/// Reads a row.
pub(crate) fn decode<R: Record>(row: &Row) -> Result<Stored<R>, StorageError> {
    let unreadable = |reason: String| StorageError::Unreadable {
        table: row.key.table.into(),
        id: row.key.id.clone(),
        reason,
    };
    if row.schema > SCHEMA_READABLE_MAX {
        return Err(unreadable(format!(
            "written in encoding {}, this release reads up to {SCHEMA_READABLE_MAX}",
            row.schema
        )));
    }
    let record: R =
        serde_json::from_slice(&row.body).map_err(|error| unreadable(error.to_string()))?;
    // Only a later release can have written a field that this one does not know.
    let unknown = if row.schema > SCHEMA {
        let known = serde_json::to_value(&record).map_err(|error| unreadable(error.to_string()))?;
        let all =
            serde_json::from_slice(&row.body).map_err(|error| unreadable(error.to_string()))?;
        Some(Box::new(Unknown::beyond(all, &known)))
    } else {
        None
    };
    Ok(Stored { record, version: row.version, unknown })
}

/// Writes a record, and with it what a later release had written beside it.
pub(crate) fn encode<R: Record>(
    record: &R,
    unknown: Option<&Unknown>,
) -> Result<(u16, Vec<u8>), StorageError> {
    const WHY: StorageError = StorageError::Malformed { reason: "the record does not serialise" };
    match unknown {
        None => Ok((SCHEMA, serde_json::to_vec(record).map_err(|_| WHY)?)),
        Some(unknown) => {
            let mut value = serde_json::to_value(record).map_err(|_| WHY)?;
            unknown.join(&mut value);
            // Written as the later encoding, or its fields would be dropped by the next write.
            Ok((SCHEMA_READABLE_MAX, serde_json::to_vec(&value).map_err(|_| WHY)?))
        }
    }
}

/// What a later release wrote into an object, and into the objects in it.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Unknown {
    fields: Map<String, Value>,
    /// Below fields that are known. Where such a field is gone, what was in it goes with it: a state that is left takes
    /// its fields along.
    within: Vec<(String, Unknown)>,
}

impl Unknown {
    /// What `all` has and `known` has not, object by object.
    fn beyond(all: Value, known: &Value) -> Self {
        let mut unknown = Self::default();
        let Value::Object(all) = all else { return unknown };
        for (name, value) in all {
            match known.get(&name) {
                None => {
                    unknown.fields.insert(name, value);
                }
                Some(inner @ Value::Object(_)) => {
                    let inner = Self::beyond(value, inner);
                    if inner != Self::default() {
                        unknown.within.push((name, inner));
                    }
                }
                Some(_) => {}
            }
        }
        unknown
    }

    /// Puts it beside what `value` has; what `value` says itself wins.
    fn join(&self, value: &mut Value) {
        let Value::Object(value) = value else { return };
        for (name, field) in &self.fields {
            value.entry(name).or_insert_with(|| field.clone());
        }
        for (name, inner) in &self.within {
            if let Some(known) = value.get_mut(name) {
                inner.join(known);
            }
        }
    }
}

/// The key part of a record: what every query must bring.
pub(crate) fn realm_of<R: Record>(record: &R) -> Realm {
    record.tenant().realm
}
