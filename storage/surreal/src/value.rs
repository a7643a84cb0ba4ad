//! Rows as documents: real fields, so that an operator can query them.

use serde_json::{Map, Number as JsonNumber, Value as Json};
use std::ops::Bound;
use storage::{
    StorageError,
    engine::{BatchId, IndexEntry, IndexKey, Key, Position, Range, Row},
};

use protocol::{OrganisationId, Realm, Tenant, Timestamp};
use surrealdb::types::{Array, Number, Object, RecordId, RecordIdKey, RecordIdKeyRange, Value};

/// The table of the entries in indexes.
const ENTRIES: &str = "doorward_entries";

/// Values of one body beyond which it is kept as text: on the wire each takes tens of bytes, however short it is in JSON.
const VALUES_MAX: usize = 4_000;

fn count(json: &Json) -> usize {
    1 + match json {
        Json::Array(items) => items.iter().map(count).sum(),
        Json::Object(members) => members.values().map(count).sum(),
        _ => 0,
    }
}

/// Whether JSON can be kept as a value of the database and comes back the same.
fn kept(json: Json) -> Option<Value> {
    Some(match json {
        Json::Null => Value::Null,
        Json::Bool(is) => Value::Bool(is),
        Json::Number(number) => Value::Number(match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Number::Int(whole),
            (None, Some(float)) if !number.is_u64() => Number::Float(float),
            _ => return None,
        }),
        Json::String(text) => Value::String(text),
        Json::Array(items) => {
            Value::Array(Array::from(items.into_iter().map(kept).collect::<Option<Vec<_>>>()?))
        }
        Json::Object(members) => {
            let mut object = Object::new();
            for (name, member) in members {
                object.insert(name, kept(member)?);
            }
            Value::Object(object)
        }
    })
}

fn json(value: Value) -> Option<Json> {
    Some(match value {
        Value::Null => Json::Null,
        Value::Bool(is) => Json::Bool(is),
        Value::Number(Number::Int(whole)) => Json::Number(whole.into()),
        Value::Number(Number::Float(float)) => Json::Number(JsonNumber::from_f64(float)?),
        Value::String(text) => Json::String(text),
        Value::Array(items) => {
            Json::Array(items.into_iter().map(json).collect::<Option<Vec<_>>>()?)
        }
        Value::Object(members) => {
            let members = members.into_iter().map(|(name, member)| Some((name, json(member)?)));
            Json::Object(members.collect::<Option<Map<_, _>>>()?)
        }
        _ => return None,
    })
}

pub(crate) fn text(text: impl Into<String>) -> Value {
    Value::String(text.into())
}

pub(crate) fn whole(number: u64) -> Value {
    Value::Number(Number::Int(i64::try_from(number).unwrap_or(i64::MAX)))
}

pub(crate) fn instant(at: Timestamp) -> Value {
    whole(at.as_millis())
}

pub(crate) fn array(items: impl IntoIterator<Item = Value>) -> Value {
    Value::Array(Array::from(items.into_iter().collect::<Vec<_>>()))
}

pub(crate) fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    let mut object = Object::new();
    for (name, member) in members {
        object.insert(name.to_owned(), member);
    }
    Value::Object(object)
}

/// The record of a row.
pub(crate) fn row_id(key: &Key) -> RecordId {
    let parts = vec![text(key.realm.as_str()), text(&*key.id)];
    RecordId::new(key.table, RecordIdKey::Array(Array::from(parts)))
}

fn organisation(tenant: &Tenant) -> String {
    tenant.organisation_id.as_ref().map(OrganisationId::to_string).unwrap_or_default()
}

/// What all entries of a tenant in an index begin with.
fn entries_of(table: &str, index: &str, tenant: &Tenant) -> Vec<Value> {
    vec![text(table), text(index), text(tenant.realm.as_str()), text(organisation(tenant))]
}

fn entry_id(mut parts: Vec<Value>, value: &str, id: &str) -> RecordId {
    parts.extend([text(value), text(id)]);
    RecordId::new(ENTRIES, RecordIdKey::Array(Array::from(parts)))
}

/// The record of an entry. Of a unique one there is one record for all rows, so that two who claim it collide.
pub(crate) fn entry(key: &Key, tenant: &Tenant, entry: &IndexEntry) -> RecordId {
    let id = if entry.unique { "" } else { &key.id };
    entry_id(entries_of(key.table, entry.index, tenant), &entry.value, id)
}

/// The record of the unique entry that `find` asks for.
pub(crate) fn unique_entry(key: &IndexKey) -> RecordId {
    entry_id(entries_of(key.table, key.index, &key.tenant), &key.value, "")
}

/// The records that a scan goes over.
pub(crate) fn range(range: &Range, after: Option<&Position>) -> RecordId {
    let (table, prefix) = match range.index {
        None => (range.table, vec![text(range.tenant.realm.as_str())]),
        Some(index) => (ENTRIES, entries_of(range.table, index, &range.tenant)),
    };
    let key = |more: Vec<Value>| RecordIdKey::Array(Array::from([prefix.clone(), more].concat()));
    // An array sorts after every text, so that it ends what begins with a text.
    let end_of =
        |more: Option<&String>| key(more.map(text_of).into_iter().chain([array([])]).collect());
    let from = match (after, &range.from) {
        (Some(after), _) if range.index.is_some() => {
            Bound::Excluded(key(vec![text(&*after.value), text(&*after.id)]))
        }
        (Some(after), _) => Bound::Excluded(key(vec![text(&*after.id)])),
        (None, Bound::Included(value)) => Bound::Included(key(vec![text(&**value)])),
        (None, Bound::Excluded(value)) if range.index.is_some() => {
            Bound::Included(end_of(Some(value)))
        }
        (None, Bound::Excluded(value)) => Bound::Excluded(key(vec![text(&**value)])),
        (None, Bound::Unbounded) => Bound::Included(key(Vec::new())),
    };
    let to = match &range.to {
        Bound::Included(value) if range.index.is_some() => Bound::Excluded(end_of(Some(value))),
        Bound::Included(value) => Bound::Included(key(vec![text(&**value)])),
        Bound::Excluded(value) => Bound::Excluded(key(vec![text(&**value)])),
        Bound::Unbounded => Bound::Excluded(end_of(None)),
    };
    RecordId::new(table, RecordIdKey::Range(Box::new(RecordIdKeyRange { start: from, end: to })))
}

fn text_of(value: &String) -> Value {
    text(&**value)
}

/// The document of a row. A body that the database cannot hold as values is kept as it came.
pub(crate) fn document(
    (version, tenant): (BatchId, &Tenant),
    (schema, body): (u16, &[u8]),
    expires_at: Option<Timestamp>,
    entries: Value,
) -> Value {
    let parsed = serde_json::from_slice(body).ok();
    let fields = parsed.filter(|json| count(json) <= VALUES_MAX).and_then(kept);
    let body = match fields {
        Some(fields) => ("body", fields),
        None => ("text", text(String::from_utf8_lossy(body))),
    };
    object([
        ("version", text(version.to_string())),
        ("schema", whole(schema.into())),
        ("organisation", text(organisation(tenant))),
        body,
        ("expires_at", expires_at.map_or(Value::None, instant)),
        ("entries", entries),
    ])
}

/// The row in a document.
pub(crate) fn row(key: Key, mut document: Object) -> Result<Row, StorageError> {
    let unreadable = |reason: &str| StorageError::Unreadable {
        table: key.table.into(),
        id: key.id.clone(),
        reason: reason.into(),
    };
    let version = match document.remove("version") {
        Some(Value::String(version)) => batch_id(&version),
        _ => None,
    };
    let version = version.ok_or_else(|| unreadable("it has no version"))?;
    let schema = match document.remove("schema") {
        Some(Value::Number(Number::Int(schema))) => u16::try_from(schema).ok(),
        _ => None,
    };
    let schema = schema.ok_or_else(|| unreadable("it has no encoding"))?;
    let body = match (document.remove("body"), document.remove("text")) {
        (_, Some(Value::String(text))) => Some(text.into_bytes()),
        (Some(fields), _) => json(fields).and_then(|json| serde_json::to_vec(&json).ok()),
        _ => None,
    };
    let body = body.ok_or_else(|| unreadable("it has no body"))?;
    let expires_at = match document.remove("expires_at") {
        Some(Value::Number(Number::Int(at))) => u64::try_from(at).ok().map(Timestamp::from_millis),
        _ => None,
    };
    Ok(Row { key, version, schema, body, expires_at })
}

/// Reads the hexadecimal form of a batch's id.
pub(crate) fn batch_id(text: &str) -> Option<BatchId> {
    u128::from_str_radix(text, 16).ok().map(|number| BatchId(number.to_be_bytes()))
}

/// The parts of a record's id that are texts, in order.
pub(crate) fn texts(id: &RecordId) -> Vec<String> {
    let RecordIdKey::Array(parts) = &id.key else { return Vec::new() };
    let texts = parts.iter().filter_map(|part| match part {
        Value::String(text) => Some(text.clone()),
        _ => None,
    });
    texts.collect()
}

/// The key that a record of a row has.
pub(crate) fn key(table: &'static str, id: &RecordId) -> Option<Key> {
    let [realm, id] = <[String; 2]>::try_from(texts(id)).ok()?;
    Some(Key { table, realm: Realm::try_from(realm).ok()?, id })
}
