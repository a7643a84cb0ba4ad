//! Settings: what an operator has set at each level, the version that holds, and every version that held before.

use protocol::{
    Realm, Tenant, Timestamp,
    event::Actor,
    settings::{Level, Settings},
};
use serde::{Deserialize, Serialize};

use crate::{
    engine::{IndexEntry, Position, StorageError},
    record::{Erasure, Index, Record, Stored},
    store::{Batch, Page, Store},
};

/// The settings that hold at one level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingsRecord {
    /// The level.
    pub level: Level,
    /// Its realm.
    pub realm: Realm,
    /// Which version: counts the changes, from 1.
    pub number: u64,
    /// What was set.
    pub settings: Settings,
    /// When.
    pub changed_at: Timestamp,
    /// By whom.
    pub changed_by: Actor,
    /// The number of the version whose settings these are again, where one was restored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restored_from: Option<u64>,
}

impl Record for SettingsRecord {
    const TABLE: &'static str = "settings";
    const ON_ERASURE: Erasure = Erasure::Keep;
    type Id = String;

    fn id(&self) -> String {
        self.level.to_string()
    }

    fn tenant(&self) -> Tenant {
        (&self.realm).into()
    }
}

/// One version of the settings of a level, as it was put.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingsVersion {
    /// The version.
    #[serde(flatten)]
    pub put: SettingsRecord,
}

/// By the level, in the order of versions.
pub const BY_LEVEL: Index<SettingsVersion> = Index::many("level");

impl Record for SettingsVersion {
    const TABLE: &'static str = "settings_versions";
    const ON_ERASURE: Erasure = Erasure::Keep;
    type Id = String;

    fn id(&self) -> String {
        version_id(self.put.level, self.put.number)
    }

    fn tenant(&self) -> Tenant {
        (&self.put.realm).into()
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        vec![BY_LEVEL.entry(self.put.level)]
    }
}

/// Of one width, so that ids are in the order of versions.
fn version_id(level: Level, version: u64) -> String {
    format!("{level}:{version:020}")
}

impl Store {
    /// What holds at a level; nothing where nobody has ever set anything.
    pub async fn settings(
        &self,
        realm: &Realm,
        level: Level,
    ) -> Result<Option<Stored<SettingsRecord>>, StorageError> {
        self.get(realm, &level.to_string()).await
    }

    /// One version of a level's settings.
    pub async fn settings_version(
        &self,
        realm: &Realm,
        level: Level,
        version: u64,
    ) -> Result<Option<Stored<SettingsVersion>>, StorageError> {
        self.get(realm, &version_id(level, version)).await
    }

    /// The versions of a level's settings, the first one first.
    pub async fn settings_versions(
        &self,
        realm: &Realm,
        level: Level,
        after: Option<&Position>,
        limit: usize,
    ) -> Result<Page<SettingsVersion>, StorageError> {
        self.having(&realm.into(), BY_LEVEL, level, after, limit).await
    }
}

impl Batch {
    /// Puts `new` in place of what was read at its level, and into the history.
    pub fn put_settings(
        &mut self,
        old: Option<&Stored<SettingsRecord>>,
        new: SettingsRecord,
    ) -> &mut Self {
        match old {
            Some(old) => self.replace(old, &new),
            None => self.create(&new),
        };
        self.create(&SettingsVersion { put: new })
    }
}
