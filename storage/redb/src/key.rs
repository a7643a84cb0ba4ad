//! The order of keys on disk. Names, realms, ids and values hold no NUL, so NUL ends each of them: no key is another's
//! prefix by accident, and a shorter value comes before the longer ones that begin with it.
//!
//! ```text
//! records   table 0 realm 0 id
//! indexes   table 0 index 0 realm 0 organisation value 0 id      organisation: 0, or 1 and its 16 bytes
//! expiry    expires_at (8 bytes, big endian) record
//! ```

use std::ops::Bound;

use protocol::{Realm, Tenant, Timestamp};
use storage::engine::{IndexEntry, IndexKey, Key, Position, Range};

/// Greater than every byte of UTF-8.
const BEYOND_TEXT: u8 = 0xff;

/// The key of a record.
pub(crate) fn record(key: &Key) -> Vec<u8> {
    joined(&[key.table, key.realm.as_str()], key.id.as_bytes())
}

/// The key of a record as its parts; nothing if it is not one.
pub(crate) fn record_parts(key: &[u8]) -> Option<(&str, &str, &str)> {
    let mut parts = std::str::from_utf8(key).ok()?.splitn(3, '\0');
    Some((parts.next()?, parts.next()?, parts.next()?))
}

/// Where the entries of a value stand: each is this and the id of its row.
pub(crate) fn holders(key: &IndexKey) -> Vec<u8> {
    value(index(key.table, key.index, &key.tenant), &key.value)
}

/// As [`holders`], for an entry of the row at `key`.
pub(crate) fn holders_of(key: &Key, tenant: &Tenant, entry: &IndexEntry) -> Vec<u8> {
    value(index(key.table, entry.index, tenant), &entry.value)
}

/// The key of an index entry, from the parts that a row keeps of it.
pub(crate) fn entry(holders: &[u8], id: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(holders.len() + id.len());
    bytes.extend_from_slice(holders);
    bytes.extend_from_slice(id.as_bytes());
    bytes
}

/// What comes after every key that begins with `prefix`, where text or nothing follows it.
pub(crate) fn beyond(mut prefix: Vec<u8>) -> Vec<u8> {
    prefix.push(BEYOND_TEXT);
    prefix
}

/// When the record at `record` expires.
pub(crate) fn expiry(expires_at: Timestamp, record: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(8 + record.len());
    bytes.extend_from_slice(&expires_at.as_millis().to_be_bytes());
    bytes.extend_from_slice(record);
    bytes
}

/// The record of an expiry.
pub(crate) fn expired_record(expiry: &[u8]) -> Option<&[u8]> {
    expiry.get(8..)
}

/// The expiries up to and at `now`.
pub(crate) fn expired_by(now: Timestamp) -> Vec<u8> {
    let mut bytes = now.as_millis().to_be_bytes().to_vec();
    // A record's key begins with the name of its table.
    bytes.push(BEYOND_TEXT);
    bytes
}

/// The keys of a scan: from the first on, up to and without the second.
pub(crate) struct Span {
    /// What all of them begin with: a value or an id follows.
    pub(crate) prefix: Vec<u8>,
    pub(crate) from: Vec<u8>,
    pub(crate) until: Vec<u8>,
}

impl Span {
    /// The keys of `range` after `after`.
    pub(crate) fn new(range: &Range, after: Option<&Position>) -> Self {
        let by_id = range.index.is_none();
        let prefix = match range.index {
            None => joined(&[range.table, range.tenant.realm.as_str()], b""),
            Some(name) => index(range.table, name, &range.tenant),
        };
        // What follows a value in a key is NUL, what follows an id is nothing: `at` stands before all entries of the text
        // and `past` after them and before every greater text.
        let at = |text: &str| [&prefix, text.as_bytes()].concat();
        let past = |text: &str| [&prefix, text.as_bytes(), &[u8::from(!by_id)]].concat();
        let mut from = match &range.from {
            Bound::Unbounded => prefix.clone(),
            Bound::Included(text) => at(text),
            Bound::Excluded(text) => past(text),
        };
        let until = match &range.to {
            Bound::Unbounded => beyond(prefix.clone()),
            Bound::Included(text) => past(text),
            Bound::Excluded(text) => at(text),
        };
        if let Some(after) = after {
            let last = if by_id {
                at(&after.id)
            } else {
                entry(&value(prefix.clone(), &after.value), &after.id)
            };
            from = from.max([&last[..], b"\0"].concat());
        }
        Self { prefix, from, until }
    }

    /// Where the key stands in the scan.
    pub(crate) fn position(&self, key: &[u8], by_id: bool) -> Option<Position> {
        let rest = std::str::from_utf8(key.strip_prefix(&self.prefix[..])?).ok()?;
        let (value, id) = if by_id { (rest, rest) } else { rest.split_once('\0')? };
        Some(Position { value: value.into(), id: id.into() })
    }
}

/// The realm of a key.
pub(crate) fn realm(text: &str) -> Option<Realm> {
    Realm::try_from(text.to_owned()).ok()
}

fn index(table: &str, index: &str, tenant: &Tenant) -> Vec<u8> {
    let mut bytes = joined(&[table, index, tenant.realm.as_str()], b"");
    match &tenant.organisation_id {
        None => bytes.push(0),
        Some(id) => {
            bytes.push(1);
            bytes.extend_from_slice(id.as_bytes());
        }
    }
    bytes
}

fn value(mut prefix: Vec<u8>, value: &str) -> Vec<u8> {
    prefix.extend_from_slice(value.as_bytes());
    prefix.push(0);
    prefix
}

fn joined(names: &[&str], last: &[u8]) -> Vec<u8> {
    let mut bytes =
        Vec::with_capacity(names.iter().map(|name| name.len() + 1).sum::<usize>() + last.len());
    for name in names {
        bytes.extend_from_slice(name.as_bytes());
        bytes.push(0);
    }
    bytes.extend_from_slice(last);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(table: &'static str, id: &str) -> Key {
        Key { table, realm: Realm::main(), id: id.into() }
    }

    #[test]
    fn a_key_is_read_back_into_its_parts() {
        let bytes = record(&key("codes", "a/b"));
        assert_eq!(record_parts(&bytes), Some(("codes", "main", "a/b")));
    }

    #[test]
    fn keys_are_ordered_by_table_then_realm_then_id() {
        let keys =
            [key("a", "z"), key("a", "zz"), key("aa", "a"), key("b", "a")].map(|key| record(&key));
        assert!(keys.is_sorted());
    }

    #[test]
    fn a_scan_of_one_value_holds_neither_its_prefix_nor_its_extension() {
        let range = |to: &str| Range {
            table: "t",
            index: Some("i"),
            tenant: Realm::main().into(),
            from: Bound::Included(to.into()),
            to: Bound::Included(to.into()),
        };
        let span = Span::new(&range("ab"), None);
        let holds = |text: &str| {
            let key = entry(&value(index("t", "i", &Realm::main().into()), text), "id");
            span.from <= key && key < span.until
        };
        assert!(holds("ab"));
        for other in ["", "a", "aa", "ab\u{1}", "aba", "abb", "ac", "b"] {
            assert!(!holds(other), "{other:?}");
        }
    }
}
