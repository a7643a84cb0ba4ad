//! Values that must not be seen.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

use super::text::{self, Text};

const LENGTH_MAX: usize = 1024;

/// What stands where a secret would be.
pub(crate) const REDACTED: &str = "(secret)";

/// A text that shows itself only through [`expose`](Self::expose). It comes from the environment only: its schema says
/// `writeOnly`, and by that word the file's reader refuses it.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// The text, for the one place that must have it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl Text for Secret {
    fn expected() -> String {
        format!("a text of 1 to {LENGTH_MAX} bytes")
    }

    fn read(text: &str) -> Result<Self, String> {
        let fits = !text.is_empty() && text.len() <= LENGTH_MAX;
        if fits { Ok(Self(Zeroizing::new(text.into()))) } else { Err(Self::expected()) }
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text::deserialize(deserializer)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(REDACTED)
    }
}

impl JsonSchema for Secret {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Secret".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": LENGTH_MAX, "writeOnly": true })
    }
}
