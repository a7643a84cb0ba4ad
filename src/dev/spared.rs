//! Limits by address keep many apart. A developer is one, and asks from one address.

use flows::{
    Error,
    admin::{
        Administrator,
        settings::{SeenSettings, SettingsRefused},
    },
};
use protocol::settings::{Exclusions, Level, ServerSettings, Settings};

use crate::{commands::Failed, start::Running};

/// This machine, as it is reached from itself.
const LOOPBACK: [&str; 2] = ["127.0.0.0/8", "::1/128"];

/// Excludes this machine from limits, unless somebody has chosen settings.
pub(super) async fn spare_loopback(running: &Running, by: &Administrator) -> Result<(), Failed> {
    let networks = LOOPBACK.iter().filter_map(|network| network.parse().ok()).collect();
    let settings = ServerSettings {
        exclusions: Exclusions { networks, clients: Vec::new() },
        ..ServerSettings::default()
    };
    let unset = (Level::Server, SeenSettings::Unset);
    match running.flows.change_settings(by, unset, Settings::Server(settings)).await {
        Ok(_) | Err(Error::Refused(SettingsRefused::Changed)) => Ok(()),
        Err(Error::Refused(why)) => Err(Failed::not_done(why)),
        Err(Error::Failed(why)) => Err(Failed::not_done(why)),
    }
}
