//! How the layers become one configuration, and every fault is found on the way.

mod environment;
mod fault;
mod file;
mod rules;
mod suggest;

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
    path::Path,
};

use figment::{
    Figment,
    error::Kind,
    providers::Serialized,
    value::{Dict, Value},
};

pub use fault::{Fault, FaultKind, Faults, Origin};
pub(crate) use rules::Rules;

use crate::Config;

/// Which layer gave a key; those not in it are defaults.
pub(crate) type Origins = BTreeMap<String, Origin>;

/// A value that a layer gives to a known key.
struct Given {
    key: String,
    value: Value,
    origin: Origin,
    is_secret: bool,
}

/// The defaults; `None` only if `default.toml` were broken, which a test excludes.
pub(crate) fn default_layer() -> Option<Dict> {
    toml::from_str(include_str!("../../default.toml")).ok()
}

/// Reads all layers, then asks the rules between keys and `demands`.
pub(crate) fn load<K: Into<OsString>, V: Into<OsString>>(
    file: Option<&Path>,
    environment: impl IntoIterator<Item = (K, V)>,
    demands: impl FnOnce(&Config, &mut Rules),
) -> Result<Config, Faults> {
    let mut faults = Vec::new();
    let mut given = Vec::new();
    if let Some(path) = file {
        given.extend(file::read(path, &mut faults));
    }
    given.extend(environment::read(environment, &mut faults));

    let mut layers = Figment::from(Serialized::defaults(default_layer().unwrap_or_default()));
    let mut origins = Origins::new();
    for given in given {
        match given.layered_on(&layers) {
            Ok(merged) => {
                layers = merged;
                origins.insert(given.key, given.origin);
            }
            Err(fault) => faults.push(fault),
        }
    }
    match layers.extract_lossy::<Config>() {
        Ok(mut config) => {
            config.origins = origins;
            config.ask_rules(&mut faults, demands);
            if faults.is_empty() { Ok(config) } else { Err(Faults::new(faults)) }
        }
        Err(error) => {
            faults.push(Fault::of_defaults(&error.to_string()));
            Err(Faults::new(faults))
        }
    }
}

impl Given {
    /// The layers with this value over them, if the key can have it. Each value is tried alone, so that a fault names
    /// its key and hides no other. In the environment everything is text, so `5000` and `true` are read from it.
    fn layered_on(&self, layers: &Figment) -> Result<Figment, Fault> {
        let merged = layers.clone().merge((&self.key, &self.value));
        let outcome = match self.origin {
            Origin::Environment => merged.extract_lossy::<Config>(),
            Origin::Default | Origin::File => merged.extract::<Config>(),
        };
        match outcome {
            Ok(_) => Ok(merged),
            Err(error) => Err(self.fault(error.kind)),
        }
    }

    fn fault(&self, kind: Kind) -> Fault {
        let (kind, instead) = match kind {
            Kind::InvalidType(_, instead) => (FaultKind::WrongType, instead),
            Kind::InvalidValue(_, instead) | Kind::InvalidLength(_, instead) => {
                (FaultKind::NotAllowed, instead)
            }
            Kind::UnknownVariant(_, variants) => {
                (FaultKind::NotAllowed, format!("one of {}", variants.join(", ")))
            }
            other => (FaultKind::NotAllowed, format!("another value: {other}")),
        };
        let instead = if instead == "a boolean" { "true or false" } else { &instead };
        Fault {
            key: self.key.clone(),
            kind,
            origin: Some(self.origin),
            found: fault::shown(&self.value, self.is_secret),
            remedy: format!("give {instead}"),
        }
    }
}

impl Config {
    /// Asks the rules between keys, unless a file could not be read, as they would then be asked about half of it.
    fn ask_rules(&self, faults: &mut Vec<Fault>, demands: impl FnOnce(&Self, &mut Rules)) {
        if faults.iter().any(|fault| fault.kind == FaultKind::Unreadable) {
            return;
        }
        let faulty: BTreeSet<_> = faults.iter().map(|fault| fault.key.clone()).collect();
        let mut rules = Rules::new(self, faulty);
        self.check(&mut rules);
        demands(self, &mut rules);
        faults.extend(rules.broken());
    }
}
