//! Chooses: how this process runs, from defaults, a file and the environment.
//!
//! A later layer overrides an earlier one key by key: `default.toml`, then the file, then `DOORWARD_SECTION__KEY`.
//! Every fault of every layer is reported at once. What an installation lets its people do is not here: that changes at
//! run time, and is a record. A key lives in exactly one of the two.
//!
//! One file a section; the types of the values carry the limits of one key, and each section's `check` the
//! rules between keys. `default.toml` has the defaults and why, `schema.json` all of it for editors.

use std::{ffi::OsString, path::Path};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

mod issuer;
mod keys;
mod listen;
mod load;
mod lockout;
mod log;
mod management;
mod master_key;
mod node;
mod outgoing;
mod passwords;
mod print;
mod reload;
mod schema;
mod sessions;
mod storage;
mod surreal;
mod tokens;
mod traces;
mod values;

pub use issuer::{Issuer, IssuerUrl};
pub use keys::{Algorithm, Keys};
pub use listen::Listen;
pub use load::{Fault, FaultKind, Faults, Origin};
pub use lockout::Lockout;
pub use log::{Format, Level, Log};
pub use management::Management;
pub use master_key::MasterKey;
pub use node::{Node, NodeName};
pub use outgoing::Outgoing;
pub use passwords::Passwords;
pub use reload::reloadable_keys;
pub use schema::schema;
pub use sessions::Sessions;
pub use storage::{Engine, Storage};
pub use surreal::Surreal;
pub use tokens::Tokens;
pub use traces::Traces;
pub use values::{
    Count, DAY, FilePath, GIB, HOUR, KIB, List, MIB, MINUTE, Network, Opening, SECOND, Secret,
    Size, Span,
};

/// How this process runs.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Doorward configuration", inline)]
pub struct Config {
    /// Which node of the installation this process is.
    pub node: Node,
    /// The name under which clients know this provider.
    pub issuer: Issuer,
    /// Where people and clients are heard, and how much of them at once.
    pub listen: Listen,
    /// Where metrics and health are asked for, and nothing else.
    pub management: Management,
    /// What remembers, and where.
    pub storage: Storage,
    /// The database of many nodes.
    pub surreal: Surreal,
    /// Where the key comes from under which everything readable at rest is sealed.
    pub master_key: MasterKey,
    /// What a guess costs, and how much of this machine hashing may take.
    pub passwords: Passwords,
    /// How many failures an account or an address may have, and how long it waits then.
    pub lockout: Lockout,
    /// How long a browser stays signed in.
    pub sessions: Sessions,
    /// How long what a client was given is good for.
    pub tokens: Tokens,
    /// Which keys sign, and for how long.
    pub keys: Keys,
    /// Requests that this process sends by itself to addresses that clients have registered.
    pub outgoing: Outgoing,
    /// What is written about each request, and in which form.
    pub log: Log,
    /// Where the steps of requests are told.
    pub traces: Traces,
    #[serde(skip)]
    #[schemars(skip)]
    origins: load::Origins,
}

impl Config {
    /// Reads all layers. `environment` is the whole environment; what does not begin with `DOORWARD_` is left alone,
    /// and so are the variables that Kubernetes sets for a service of that name.
    ///
    /// # Errors
    ///
    /// Every fault of every layer, each with its key, what was found and the remedy.
    pub fn load<K: Into<OsString>, V: Into<OsString>>(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self, Faults> {
        load::load(file, environment, |_, _| ())
    }

    /// As [`load`](Self::load), and refuses what `serve` cannot do without: an issuer and a master key.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load), with what is missing among the rest.
    pub fn load_to_serve<K: Into<OsString>, V: Into<OsString>>(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self, Faults> {
        load::load(file, environment, |config, rules| {
            config.issuer.check_to_serve(rules);
            config.master_key.check_to_serve(rules);
        })
    }

    /// Every rule between keys.
    fn check(&self, rules: &mut load::Rules) {
        self.listen.check(&self.issuer, rules);
        self.management.check(&self.listen, rules);
        self.surreal.check(self.storage.engine, rules);
        self.master_key.check(rules);
        self.passwords.check(&self.listen, rules);
        self.lockout.check(rules);
        self.sessions.check(rules);
        self.tokens.check(rules);
        self.keys.check(rules);
        self.outgoing.check(&self.listen, rules);
        self.traces.check(rules);
    }
}
