//! The digest of a row, and of rows in their order: the same on every engine that keeps the same.

use protocol::crypto::sha256;
use serde_json::Value;

use crate::engine::{Row, StorageError};

/// SHA-256.
pub(super) type Digest = [u8; 32];

/// The digest of no rows.
pub(super) const NONE: Digest = [0; 32];

/// The digest of a row: its table, realm, id, encoding, body and expiry, each with its length before it. The members of
/// the body are taken in the order of their names: an engine may keep them in another.
pub(super) fn of(row: &Row) -> Result<Digest, StorageError> {
    let body: Value =
        serde_json::from_slice(&row.body).map_err(|error| StorageError::Unreadable {
            table: row.key.table.into(),
            id: row.key.id.clone(),
            reason: error.to_string(),
        })?;
    let mut canonical = Vec::with_capacity(row.body.len());
    write(&body, &mut canonical);
    let expires_at = row.expires_at.map(|at| at.as_millis().to_be_bytes());
    let parts: [&[u8]; 6] = [
        row.key.table.as_bytes(),
        row.key.realm.as_str().as_bytes(),
        row.key.id.as_bytes(),
        &row.schema.to_be_bytes(),
        &canonical,
        expires_at.as_ref().map_or(&[], |at| &at[..]),
    ];
    let covered: Vec<u8> = parts
        .iter()
        .flat_map(|part| [&(part.len() as u64).to_be_bytes()[..], part].concat())
        .collect();
    Ok(sha256(&covered))
}

/// The digest of what had the digest `before`, and one more.
pub(super) fn chained(before: &Digest, next: &Digest) -> Digest {
    sha256(&[&before[..], next].concat())
}

/// In hexadecimal, lower case.
pub(super) fn hexadecimal(digest: &Digest) -> String {
    use std::fmt::Write;
    digest.iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Writes a value without spaces, members by their names. Numbers and texts are written as `serde_json` writes them.
fn write(value: &Value, to: &mut Vec<u8>) {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            to.push(b'{');
            for (name, member) in members {
                write(&Value::from(name.as_str()), to);
                to.push(b':');
                write(member, to);
                to.push(b',');
            }
            to.push(b'}');
        }
        Value::Array(items) => {
            to.push(b'[');
            for item in items {
                write(item, to);
                to.push(b',');
            }
            to.push(b']');
        }
        scalar => to.extend_from_slice(scalar.to_string().as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use protocol::{Realm, Timestamp};

    use super::*;
    use crate::engine::{BatchId, Key};

    fn row(body: &str) -> Row {
        let key = Key { table: "things", realm: Realm::main(), id: "1".into() };
        let expires_at = Some(Timestamp::from_seconds(1));
        Row { key, version: BatchId([0; 16]), schema: 1, body: body.into(), expires_at }
    }

    fn digest(row: &Row) -> String {
        hexadecimal(&of(row).unwrap())
    }

    #[test]
    fn the_order_of_members_and_the_version_do_not_matter() {
        let one = row(r#"{"a":1,"b":{"c":[1,{"e":null,"d":"x"}]}}"#);
        let other = row(r#"{ "b": {"c":[1,{"d":"x","e":null}]}, "a": 1 }"#);
        let other = Row { version: BatchId([1; 16]), ..other };
        assert_eq!(digest(&one), digest(&other));
    }

    #[test]
    fn everything_else_does() {
        let one = row(r#"{"a":[1,2]}"#);
        let mut others =
            [r#"{"a":[2,1]}"#, r#"{"a":[1]}"#, r#"{"a":["1",2]}"#, r#"{"a":[1,2],"b":null}"#]
                .map(row)
                .to_vec();
        others.push(Row { schema: 2, ..one.clone() });
        others.push(Row { expires_at: None, ..one.clone() });
        others.push(Row { key: Key { id: "2".into(), ..one.key.clone() }, ..one.clone() });
        others.push(Row { key: Key { table: "others", ..one.key.clone() }, ..one.clone() });
        assert!(others.iter().all(|other| digest(other) != digest(&one)));
    }
}
