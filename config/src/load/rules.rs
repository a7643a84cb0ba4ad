//! Rules between keys: asked when every key by itself is read, told with every value they are about.

use std::collections::BTreeSet;

use super::{Fault, FaultKind, Origin, fault};
use crate::{Config, schema::known_keys};

/// Collects the rules that a configuration breaks.
pub(crate) struct Rules {
    values: toml::Table,
    origins: super::Origins,
    faulty: BTreeSet<String>,
    broken: Vec<Fault>,
}

impl Rules {
    /// Rules about `faulty` keys are not asked: a default stands in for each of them.
    pub(super) fn new(config: &Config, faulty: BTreeSet<String>) -> Self {
        Self {
            values: toml::Table::try_from(config).unwrap_or_default(),
            origins: config.origins.clone(),
            faulty,
            broken: Vec::new(),
        }
    }

    pub(super) fn broken(self) -> Vec<Fault> {
        self.broken
    }

    /// Reports a conflict between `keys`, the first of them before all, unless `holds`.
    pub(crate) fn hold(&mut self, holds: bool, keys: &[&str], remedy: &str) {
        if holds || keys.iter().any(|key| self.faulty.contains(*key)) {
            return;
        }
        let found: Vec<_> = keys.iter().map(|key| self.shown(key)).collect();
        self.report(keys, FaultKind::Conflict, found.join(", "), remedy.into());
    }

    /// Reports that `key` is missing unless `is_there`. `what` follows "give".
    pub(crate) fn demand(&mut self, is_there: bool, key: &str, what: &str) {
        if is_there || self.faulty.contains(key) {
            return;
        }
        self.report(&[key], FaultKind::Missing, "nothing".into(), format!("give {what}"));
    }

    fn report(&mut self, keys: &[&str], kind: FaultKind, found: String, remedy: String) {
        let key = keys.first().copied().unwrap_or_default().to_owned();
        self.broken.push(Fault { key, kind, origin: None, found, remedy });
    }

    fn shown(&self, key: &str) -> String {
        let value =
            key.split_once('.').and_then(|(section, name)| self.values.get(section)?.get(name));
        let Some(value) = value else { return format!("{key} is not set") };
        let origin = self.origins.get(key).copied().unwrap_or(Origin::Default);
        let is_secret = known_keys().get(key).is_some_and(|known| known.is_secret);
        let value = if is_secret {
            crate::values::REDACTED.into()
        } else {
            fault::shortened(&value.to_string())
        };
        format!("{key} = {value} ({origin})")
    }
}
