//! `[surreal]`: the database behind the engine of the same name.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::{Host, Url};

use crate::{
    Engine,
    load::Rules,
    values::{FilePath, SECOND, Secret, Span},
};

/// The section `[surreal]`; read where `storage.engine` is `surreal`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Surreal {
    /// Where the database is: `wss://host:port`, or `ws://` on this machine.
    pub url: Option<String>,
    /// The namespace; it is made where the user may.
    pub namespace: String,
    /// The database in the namespace; it is made where the user may.
    pub database: String,
    /// A user of the database, of its namespace or of the server.
    pub username: Option<String>,
    /// A file that holds the password of the user.
    pub password_file: Option<FilePath>,
    /// The password itself, from the environment only.
    pub password: Option<Secret>,
    /// Certification authorities in PEM that are trusted for the database, instead of those of the public web.
    pub ca_file: Option<FilePath>,
    /// Whether the database tells of changes, so that other nodes see them at once instead of within 200 ms.
    pub live: bool,
    /// The longest that one question to the database may take.
    pub deadline: Span<{ SECOND }, { 10 * SECOND }>,
    /// The password of the database in clear text on the network: only for a tunnel or a mesh that encrypts by itself.
    pub danger_plain_ws: bool,
}

impl Surreal {
    pub(crate) fn check(&self, engine: Engine, rules: &mut Rules) {
        rules.hold(
            self.password_file.is_none() || self.password.is_none(),
            &["surreal.password_file", "surreal.password"],
            "give one of the two, so that it is clear which password is meant",
        );
        if engine != Engine::Surreal {
            return;
        }
        rules.demand(
            self.url.is_some(),
            "surreal.url",
            "the address of the database, such as \"wss://surrealdb.example.org:8000\"",
        );
        rules.demand(self.username.is_some(), "surreal.username", "the user of the database");
        rules.demand(
            self.password_file.is_some() || self.password.is_some(),
            "surreal.password_file",
            "the path of a file that holds the password of the user, or the password itself in the environment as \
             DOORWARD_SURREAL__PASSWORD",
        );
        let Some(url) = &self.url else { return };
        let parsed = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "ws" | "wss"));
        let is_address = parsed.as_ref().is_some_and(|url| {
            url.has_host()
                && url.path() == "/"
                && url.query().is_none()
                && url.username().is_empty()
                && url.password().is_none()
        });
        rules.hold(
            is_address,
            &["surreal.url"],
            "give ws:// or wss://, a host and a port, and nothing after it",
        );
        let is_plain = parsed.is_some_and(|url| url.scheme() == "ws" && !is_loopback(&url));
        rules.hold(
            !is_plain || self.danger_plain_ws,
            &["surreal.url", "surreal.danger_plain_ws"],
            "use wss://, or say danger_plain_ws = true where a tunnel or a mesh encrypts by itself",
        );
    }
}

/// Whether the host of an address is this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(domain)) => domain == "localhost",
        None => false,
    }
}
