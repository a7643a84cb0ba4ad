//! Settings: of the server and of one client, changed by an operator while the installation runs. Each change is a version
//! of its own, and every version that held before can be read and restored.

use protocol::{
    client::Client,
    event::Act,
    settings::{Level, NotSettings, Settings},
};
use storage::{CommitError, Expectation, Record, Stored, settings::SettingsRecord};

use super::{Administrator, Cursor, ITEMS_MAX, List, NotACursor, Seen};
use crate::{Error, Failure, Flows};

/// The settings of one level.
#[derive(Debug, Clone)]
pub struct HeldSettings {
    /// What holds. Where nobody has set anything: as this release has it.
    pub settings: Settings,
    /// The record, with the version to change it by; nothing where nobody has set anything.
    pub stored: Option<Stored<SettingsRecord>>,
}

/// What a change of settings was decided upon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeenSettings {
    /// That nobody has set anything.
    Unset,
    /// A state that was read, or any.
    Set(Seen),
}

/// Why settings are not changed. Nothing was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SettingsRefused {
    /// They could not be followed.
    #[error(transparent)]
    NotSettings(#[from] NotSettings),
    /// There is no such client.
    #[error("no client has this id")]
    NoClient,
    /// There is no such version to restore.
    #[error("these settings never had this version")]
    NoVersion,
    /// They are not what was seen any more.
    #[error("the settings were changed by somebody else")]
    Changed,
}

impl Flows {
    /// What holds at a level.
    pub async fn settings(
        &self,
        by: &Administrator,
        level: Level,
    ) -> Result<HeldSettings, Failure> {
        let stored = self.store.settings(&by.realm, level).await?;
        let settings = stored.as_ref().map(|stored| stored.settings.clone());
        let settings = settings.unwrap_or_else(|| Settings::unset(level));
        Ok(HeldSettings { settings, stored })
    }

    /// Puts `settings` in place of those that were seen, as a new version. Where they are what holds nothing is changed.
    ///
    /// This node follows them when this returns, the others within the two seconds that they may be late.
    pub async fn change_settings(
        &self,
        by: &Administrator,
        (level, seen): (Level, SeenSettings),
        settings: Settings,
    ) -> Result<HeldSettings, Error<SettingsRefused>> {
        self.put_settings(by, (level, seen), (settings, None)).await
    }

    /// Puts the settings of an earlier version in place of those that were seen, as a new version.
    pub async fn restore_settings(
        &self,
        by: &Administrator,
        (level, seen): (Level, SeenSettings),
        number: u64,
    ) -> Result<HeldSettings, Error<SettingsRefused>> {
        let version = self.store.settings_version(&by.realm, level, number).await?;
        let version = version.ok_or(Error::Refused(SettingsRefused::NoVersion))?;
        let restored = (version.record.put.settings, Some(number));
        self.put_settings(by, (level, seen), restored).await
    }

    /// One version of a level's settings, as it was put.
    pub async fn settings_version(
        &self,
        by: &Administrator,
        level: Level,
        number: u64,
    ) -> Result<Option<SettingsRecord>, Failure> {
        let version = self.store.settings_version(&by.realm, level, number).await?;
        Ok(version.map(|version| version.record.put))
    }

    /// A page of the versions of a level's settings, the first one first.
    pub async fn settings_versions(
        &self,
        by: &Administrator,
        level: Level,
        after: Option<&Cursor>,
    ) -> Result<List<SettingsRecord>, Error<NotACursor>> {
        let list = format!("settings of {level}");
        let position = self.after(&list, after).map_err(Error::Refused)?;
        let page = self.store.settings_versions(&by.realm, level, position.as_ref(), ITEMS_MAX);
        Ok(self.listed(&list, page.await?, |version| version.record.put)?)
    }

    async fn put_settings(
        &self,
        by: &Administrator,
        (level, seen): (Level, SeenSettings),
        (settings, restored_from): (Settings, Option<u64>),
    ) -> Result<HeldSettings, Error<SettingsRefused>> {
        settings.judge(level).map_err(Error::refused)?;
        let client_id = match level {
            Level::Server => None,
            Level::Client(client_id) => Some(client_id),
        };
        if let Some(client_id) = client_id
            && self.store.client(&by.realm, client_id).await?.is_none()
        {
            return Err(Error::Refused(SettingsRefused::NoClient));
        }
        let held = self.settings(by, level).await?;
        let is_seen = match (&held.stored, seen) {
            (None, SeenSettings::Unset | SeenSettings::Set(Seen::Any)) => true,
            (Some(stored), SeenSettings::Set(seen)) => seen.is(stored.version),
            _ => false,
        };
        if !is_seen {
            return Err(Error::Refused(SettingsRefused::Changed));
        }
        if held.stored.is_some() && held.settings == settings {
            return Ok(held);
        }
        let mut batch = self.store.batch();
        let number = held.stored.as_ref().map_or(1, |stored| stored.number + 1);
        let new = SettingsRecord {
            level,
            realm: by.realm.clone(),
            number,
            settings,
            changed_at: batch.now(),
            changed_by: by.actor.clone(),
            restored_from,
        };
        batch.put_settings(held.stored.as_ref(), new);
        if let Some(client_id) = client_id {
            batch.check::<Client>(&by.realm, &client_id, Expectation::Present);
        }
        let act = Act::SettingsChanged { level, version: number };
        self.tell(by, &mut batch, act, (None, client_id)).await?;
        match self.store.commit(batch).await {
            Ok(_) => {}
            Err(CommitError::Refused(refusal)) if refusal.table() == Client::TABLE => {
                return Err(Error::Refused(SettingsRefused::NoClient));
            }
            Err(CommitError::Refused(_)) => return Err(Error::Refused(SettingsRefused::Changed)),
            Err(error) => return Err(error.into()),
        }
        if level == Level::Server && self.limits.refresh().await.is_err() {
            tracing::warn!("the settings were changed, and are followed when the store answers");
        }
        Ok(self.settings(by, level).await?)
    }
}
