//! `[master_key]`: where the key comes from under which everything readable at rest is sealed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    load::Rules,
    values::{FilePath, Secret},
};

/// The section `[master_key]`: at most one of the two; `serve` needs one.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MasterKey {
    /// A file that holds the key: 32 bytes in base64url without padding.
    pub file: Option<FilePath>,
    /// The key itself, from the environment only: 32 bytes in base64url without padding.
    pub value: Option<Secret>,
}

impl MasterKey {
    pub(crate) fn check(&self, rules: &mut Rules) {
        rules.hold(
            self.file.is_none() || self.value.is_none(),
            &["master_key.file", "master_key.value"],
            "give one of the two, so that it is clear which key is meant",
        );
        rules.hold(
            self.value.as_ref().is_none_or(|value| is_key(value.expose().trim())),
            &["master_key.value"],
            "give 32 bytes in base64url without padding (43 characters)",
        );
    }

    pub(crate) fn check_to_serve(&self, rules: &mut Rules) {
        rules.demand(
            self.file.is_some() || self.value.is_some(),
            "master_key.file",
            "the path of a file that holds the master key, or the key itself in the environment as \
             DOORWARD_MASTER_KEY__VALUE",
        );
    }
}

fn is_key(text: &str) -> bool {
    text.len() == 43 && text.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-' || c == b'_')
}
