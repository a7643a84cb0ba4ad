//! How a command reaches the store: through the process that holds it, or by opening it where none does.

use std::path::PathBuf;

use config::Config;

use super::{Command, Failed, Outcome, Place, Site, execute::execute};
use crate::{
    control::{self, NotAsked},
    start::{self, Assembly, NotOpened, environment},
};

impl Place {
    /// The configuration, which need not be one that serves.
    pub(super) fn config(&self) -> Result<Config, Failed> {
        Config::load(self.config.as_deref(), environment()).map_err(Failed::wrong)
    }

    /// The data directory.
    pub(super) fn directory(&self, config: &Config) -> PathBuf {
        self.data.clone().unwrap_or_else(|| config.storage.path.get().to_owned())
    }
}

/// Carries out `command` where `place` says.
pub(super) async fn carry_out(place: &Place, command: Command) -> Result<Outcome, Failed> {
    let config = place.config()?;
    let directory = place.directory(&config);
    match control::ask(&control::path(&directory), &command).await {
        Ok(outcome) => Ok(outcome),
        Err(NotAsked::Nobody) => alone(&config, directory, command).await,
        Err(error) => Err(Failed::not_done(error)),
    }
}

async fn alone(config: &Config, directory: PathBuf, command: Command) -> Result<Outcome, Failed> {
    if !command.may_begin() && !start::is_begun(config, &directory) {
        let directory = directory.display();
        return Err(Failed::not_done(format!(
            "there is no store in {directory}: name its directory with --data, or its configuration with --config"
        )));
    }
    let key = start::master_key(config, &directory).map_err(Failed::wrong)?;
    let engine = start::open(config, &directory).await.map_err(|error| match error {
        NotOpened::Held { directory } => Failed::not_done(format!(
            "a process holds the store in {} and does not answer on its control socket: it may be starting or stopping",
            directory.display()
        )),
        error => Failed::not_done(error),
    })?;
    let assembly = start::assemble_over(engine, key, config).map_err(Failed::wrong)?;
    if command.needs_actors() {
        with_actors(assembly, command).await
    } else {
        assembly.claim().await.map_err(Failed::not_done)?;
        Ok(execute(&Site::without_actors(&assembly), command).await)
    }
}

async fn with_actors(assembly: Assembly, command: Command) -> Result<Outcome, Failed> {
    let running = assembly.start().await.map_err(Failed::not_done)?;
    let outcome = execute(&Site::of(&running, None), command).await;
    running.tree.stop().await;
    Ok(outcome)
}
