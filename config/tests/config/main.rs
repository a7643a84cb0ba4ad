//! What an operator may rely on when configuring a process, from outside the crate.

#![expect(clippy::unwrap_used, reason = "the steps of a test that cannot fail")]

use std::path::Path;

use config::{Config, FaultKind, Faults};

mod committed;
mod conflicts;
mod faults;
mod layers;
mod printed;
mod reload;
mod unreadable;

/// A master key as the environment gives it.
const MASTER_KEY: (&str, &str) =
    ("DOORWARD_MASTER_KEY__VALUE", "m7yJ0YxUu3q1hV5cWk9fR2sB4nD6eG8aL0pT-iO_zXw");

type Environment<'a> = &'a [(&'a str, &'a str)];

/// Loads `file` and `environment`.
fn load(file: &str, environment: Environment) -> Result<Config, Faults> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("doorward.toml");
    std::fs::write(&path, file).unwrap();
    Config::load(Some(Path::new(&path)), environment.iter().copied())
}

/// The faults of `file` and `environment`, each as its key and kind.
fn faults(file: &str, environment: Environment) -> Vec<(String, FaultKind)> {
    let faults = load(file, environment).err();
    faults.iter().flat_map(Faults::iter).map(|fault| (fault.key.clone(), fault.kind)).collect()
}

/// The one fault of `file` and `environment`, as a person reads it.
fn told(file: &str, environment: Environment) -> String {
    let faults = load(file, environment).unwrap_err();
    assert_eq!(faults.iter().len(), 1, "{faults}");
    faults.iter().map(ToString::to_string).collect()
}
