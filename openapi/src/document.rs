//! The OpenAPI document of everything that is served, as it is committed: to generate it took more of a start than all the
//! rest of it. A test compares it with what would be generated.

use std::{borrow::Cow, collections::BTreeMap};

use serde::{Deserialize, de::IgnoredAny};

/// Its text.
pub(crate) const DOCUMENT: &str = include_str!("../openapi.json");

/// The paths of a document, and the methods of each in small letters.
#[derive(Default, Deserialize)]
pub(crate) struct Paths<'a> {
    #[serde(borrow)]
    pub(crate) paths: BTreeMap<Cow<'a, str>, BTreeMap<Cow<'a, str>, IgnoredAny>>,
}

impl<'a> Paths<'a> {
    /// Reads a document of ours. One that is none has no paths.
    pub(crate) fn read(document: &'a str) -> Self {
        serde_json::from_str(document).unwrap_or_default()
    }
}
