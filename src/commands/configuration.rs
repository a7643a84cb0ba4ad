//! `config check|schema|print`.

use std::path::Path;

use config::Config;

use super::{ConfigCommand, Failed, say};
use crate::start::{Policies, environment};

pub(super) fn run(command: &ConfigCommand, file: Option<&Path>) -> Result<(), Failed> {
    match command {
        ConfigCommand::Check => check(file),
        ConfigCommand::Schema => say(&config::schema()),
        ConfigCommand::Print => {
            let config = Config::load(file, environment()).map_err(Failed::wrong)?;
            say(&config.print())
        }
    }
}

/// As `serve` would, so that what passes here starts there.
fn check(file: Option<&Path>) -> Result<(), Failed> {
    let config = Config::load_to_serve(file, environment()).map_err(Failed::wrong)?;
    Policies::of(&config).map_err(Failed::wrong)?;
    say("The configuration has no faults.\n")
}
