//! SIGHUP: the configuration is read again, and what can change while the process runs does.

use std::{path::PathBuf, sync::Arc};

use actors::outgoing::Outgoing;
use config::{Config, reloadable_keys};
use openapi::listener::{Live, TlsFiles};

use super::{
    environment,
    policies::{outgoing_policy, public_border},
};
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
    pub(super) outgoing: Outgoing,
    /// What holds for all that needs a restart.
    pub(super) started: Config,
    /// What holds for all else.
    pub(super) running: Config,
}

impl Reloadable {
    /// Reads everything again, takes over what it can, and says what waits for a restart. With a fault everything stays
    /// as it was.
    pub(super) async fn reload(&mut self, source: &Source) {
        let fresh = match source {
            Source::Fixed => self.started.clone(),
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
        match outgoing_policy(&fresh) {
            Ok(policy) => self.outgoing.set(policy),
            Err(fault) => tracing::error!(%fault, "the authorities were not read again"),
        }
        for key in self.started.changed_keys(&fresh) {
            if !can_change(key) {
                tracing::warn!(key, "this key has changed and needs a restart");
            }
        }
        let mut applied = self.running.changed_keys(&fresh);
        applied.retain(|key| can_change(key));
        self.log.set(fresh.log.level);
        self.public.set(&public_border(&fresh));
        self.running = fresh;
        tracing::info!(applied = applied.join(", "), "the configuration was reloaded");
    }
}

/// Whether a key takes effect without a restart. Of certificates the files are read again, and not those of other names.
fn can_change(key: &str) -> bool {
    reloadable_keys().contains(&key) && !key.starts_with("listen.tls_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_that_promises_to_reload_does() {
        let mut reloaded = [
            "listen.connections_max",
            "listen.connections_per_address_max",
            "listen.forwarded_from",
        ]
        .into_iter()
        .chain(["listen.tls_certificate_file", "listen.tls_key_file", "log.level"])
        .chain(["outgoing.allow", "outgoing.ca_file"])
        .collect::<Vec<_>>();
        reloaded.sort_unstable();
        let mut promised = reloadable_keys();
        promised.sort_unstable();
        assert_eq!(promised, reloaded, "a new key needs its line in `Reloadable::reload`");
    }
}
