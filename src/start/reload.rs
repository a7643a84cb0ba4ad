//! SIGHUP: the configuration is read again, and what can change while the process runs does.

use std::{path::PathBuf, sync::Arc};

use config::{Config, reloadable_keys};
use openapi::listener::{Live, TlsFiles};

use super::{environment, policies::public_border};
use crate::telemetry::LogLevel;

/// Where the configuration comes from, and comes from again.
#[derive(Debug, Clone)]
pub enum Source {
    /// Defaults, a file if there is one, the environment.
    Layers(Option<PathBuf>),
    /// It was made by this program, and does not change.
    Fixed,
}

/// What can change while the process runs.
pub(super) struct Reloadable {
    pub(super) log: LogLevel,
    pub(super) tls: Option<Arc<TlsFiles>>,
    pub(super) public: Arc<Live>,
}

impl Reloadable {
    /// Reads everything again, takes over what it can, and says what waits for a restart. With a fault everything stays
    /// as it was.
    pub(super) async fn reload(&self, source: &Source, running: &mut Config) {
        let fresh = match source {
            Source::Fixed => running.clone(),
            Source::Layers(file) => match Config::load_to_serve(file.as_deref(), environment()) {
                Ok(fresh) => fresh,
                Err(faults) => {
                    tracing::error!(%faults, "the configuration was not reloaded");
                    return;
                }
            },
        };
        // The files under the same names, even where no key has changed: that is how certificates are renewed.
        if let Some(tls) = &self.tls {
            match tls.reload().await {
                Ok(_) => tracing::info!("the certificate was read again"),
                Err(fault) => tracing::error!(%fault, "the certificate was not read again"),
            }
        }
        let changed = running.changed_keys(&fresh);
        let (applied, waiting): (Vec<_>, Vec<_>) =
            changed.into_iter().partition(|key| self.apply(key, &fresh));
        for key in &waiting {
            tracing::warn!(key, "this key has changed and needs a restart");
        }
        tracing::info!(applied = applied.join(", "), "the configuration was reloaded");
        *running = fresh;
    }

    /// Whether the new value of `key` holds from now on.
    fn apply(&self, key: &str, fresh: &Config) -> bool {
        if !reloadable_keys().contains(&key) {
            return false;
        }
        match key {
            "log.level" => self.log.set(fresh.log.level),
            "listen.connections_max"
            | "listen.connections_per_address_max"
            | "listen.forwarded_from" => {
                self.public.set(&public_border(fresh));
            }
            // Of certificates the files are read again; under other names they need a restart.
            _ => return false,
        }
        true
    }
}
