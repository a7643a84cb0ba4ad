//! What operators see of a version of settings.

use poem_openapi::{
    Object,
    types::{ParseFromJSON, ToJSON, Type},
};
use protocol::{Timestamp, event::Actor, settings::Settings};

use super::body::Set;
use crate::admin::{audit::ActorView, revocations::actor, written::Written};

/// A version of settings.
#[derive(Debug, Object)]
#[oai(rename = "Settings", skip_serializing_if_is_none)]
pub(super) struct SettingsView<T: Send + Sync + Type + ToJSON + ParseFromJSON> {
    /// Which version, counted from 1; missing where nobody has set anything.
    number: Option<u64>,
    /// When it was set.
    changed_at: Option<Written<Timestamp>>,
    /// By whom.
    changed_by: Option<ActorView>,
    /// The version that was restored by it.
    restored_from: Option<u64>,
    /// What was set.
    settings: T,
}

impl<T: Set> SettingsView<T> {
    /// What was set.
    pub(super) fn of(number: Option<u64>, settings: Settings) -> Self {
        let settings = T::of(settings);
        Self { number, changed_at: None, changed_by: None, restored_from: None, settings }
    }

    /// When and by whom, and from which version it was restored.
    pub(super) fn changed(self, (at, by): (Timestamp, &Actor), restored_from: Option<u64>) -> Self {
        Self { changed_at: Some(at.into()), changed_by: Some(actor(by)), restored_from, ..self }
    }
}
