//! `[management]`: where metrics and health are asked for, and nothing else.

use std::net::SocketAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{listen::Listen, load::Rules, values::text};

/// The section `[management]`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Management {
    /// Address and port of `/metrics` and `/health/*`.
    #[serde(deserialize_with = "text::deserialize")]
    pub listen: SocketAddr,
}

impl Management {
    pub(crate) fn check(&self, listen: &Listen, rules: &mut Rules) {
        rules.hold(
            !listen.address.iter().any(|address| collide(*address, self.listen)),
            &["management.listen", "listen.address"],
            "give management.listen a port of its own",
        );
    }
}

/// Whether binding one address keeps the other from being bound. Port 0 is a free one.
fn collide(one: SocketAddr, other: SocketAddr) -> bool {
    one.port() != 0
        && one.port() == other.port()
        && (one.ip() == other.ip() || one.ip().is_unspecified() || other.ip().is_unspecified())
}
