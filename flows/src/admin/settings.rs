//! Settings: of the server and of one client, changed by an operator while the installation runs. Each change is a version
//! of its own, and every version that held before can be read and restored.

use protocol::{
    client::Client,
    event::Act,
    permission::Missing,
    settings::{Level, NotSettings, Settings},
};
use storage::{CommitError, Record, Stored, settings::SettingsRecord};

use super::{
    Administrator, Cursor, ITEMS_MAX, List, NotACursor, Seen, Versions, clients::missing_to_touch,
};
use crate::{Error, Failure, Flows};

/// How often settings of a client may lose a race against a change of the client.
const ATTEMPTS_MAX: usize = 10;

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
    /// That, or one of these.
    UnsetOr(Versions),
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
    /// The client has a permission among its scopes that their author does not have, and could not undo them itself.
    #[error("the client has {0} among its scopes, and who changes its settings must have that too")]
    Escalation(Missing),
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
        put: (Settings, Option<u64>),
    ) -> Result<HeldSettings, Error<SettingsRefused>> {
        put.0.judge(level).map_err(Error::refused)?;
        for _ in 0..ATTEMPTS_MAX {
            if let Some(held) = self.try_put_settings(by, (level, seen), put.clone()).await? {
                return Ok(held);
            }
        }
        Err(Failure::unavailable("settings lost too many races against changes of the client")
            .into())
    }

    /// The client, where `by` may change its settings.
    async fn client_to_set(
        &self,
        by: &Administrator,
        level: Level,
    ) -> Result<Option<Stored<Client>>, Error<SettingsRefused>> {
        let Level::Client(client_id) = level else { return Ok(None) };
        let client = self.store.client(&by.realm, client_id).await?;
        let client = client.ok_or(Error::Refused(SettingsRefused::NoClient))?;
        match missing_to_touch(by, &client.scopes) {
            Some(missing) => Err(Error::Refused(SettingsRefused::Escalation(missing))),
            None => Ok(Some(client)),
        }
    }

    /// What holds then. Nothing where somebody changed or deleted the client at this moment, and may have given it more.
    async fn try_put_settings(
        &self,
        by: &Administrator,
        (level, seen): (Level, SeenSettings),
        (settings, restored_from): (Settings, Option<u64>),
    ) -> Result<Option<HeldSettings>, Error<SettingsRefused>> {
        let client = self.client_to_set(by, level).await?;
        let held = self.settings(by, level).await?;
        if !seen.is(held.stored.as_ref()) {
            return Err(Error::Refused(SettingsRefused::Changed));
        }
        if held.stored.is_some() && held.settings == settings {
            return Ok(Some(held));
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
        if let Some(client) = &client {
            batch.unchanged(client);
        }
        let act = Act::SettingsChanged { level, version: number };
        let client_id = client.map(|client| client.client_id);
        self.tell(by, &mut batch, act, (None, client_id)).await?;
        match self.store.commit(batch).await {
            Ok(_) => {}
            Err(CommitError::Refused(refusal)) if refusal.table() == Client::TABLE => {
                return Ok(None);
            }
            Err(CommitError::Refused(_)) => return Err(Error::Refused(SettingsRefused::Changed)),
            Err(error) => return Err(error.into()),
        }
        if level == Level::Server && self.limits.refresh().await.is_err() {
            tracing::warn!("the settings were changed, and are followed when the store answers");
        }
        Ok(Some(self.settings(by, level).await?))
    }
}

impl SeenSettings {
    fn is(self, stored: Option<&Stored<SettingsRecord>>) -> bool {
        match (stored, self) {
            (None, Self::Unset | Self::UnsetOr(_) | Self::Set(Seen::Any)) => true,
            (Some(stored), Self::Set(seen)) => seen.is(stored.version),
            (Some(stored), Self::UnsetOr(versions)) => versions.contain(stored.version),
            _ => false,
        }
    }
}
