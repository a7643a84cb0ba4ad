//! What SIGHUP does: the configuration is loaded again, and of what changed the reloadable keys take effect.

use crate::{Config, schema::known_keys};

/// The keys that SIGHUP reloads; all others are read once, at the start.
pub fn reloadable_keys() -> Vec<&'static str> {
    known_keys()
        .iter()
        .filter(|(_, known)| known.is_reloadable)
        .map(|(key, _)| key.as_str())
        .collect()
}

impl Config {
    /// The keys whose values differ, so that a reload can say what it took over and what waits for a restart. Secrets
    /// are never among them: they come from the environment, which a running process keeps.
    pub fn changed_keys(&self, fresh: &Self) -> Vec<&'static str> {
        let [running, fresh] =
            [self, fresh].map(|config| toml::Table::try_from(config).unwrap_or_default());
        let differs = |key: &&str| {
            key.split_once('.').is_some_and(|(section, name)| {
                let [one, other] = [&running, &fresh].map(|table| table.get(section)?.get(name));
                one != other
            })
        };
        known_keys().keys().map(String::as_str).filter(differs).collect()
    }
}
