//! What of a border can change while it serves.

use std::sync::Arc;

use arc_swap::ArcSwap;

use super::{BorderConfig, caps::Caps, forwarded::Proxies};

/// The bounds and the proxies of a border, shared by it and by whoever changes them.
#[derive(Debug)]
pub struct Live {
    pub(super) caps: Arc<Caps>,
    pub(super) proxies: ArcSwap<Proxies>,
}

impl Live {
    /// As `config` says, to begin with.
    pub fn new(config: &BorderConfig) -> Arc<Self> {
        let limits = &config.limits;
        let caps = Caps::new(limits.connections_max, limits.connections_per_address_max);
        Arc::new(Self { caps, proxies: ArcSwap::from_pointee(config.proxies.clone()) })
    }

    /// From now on the proxies and the caps on connections are those of `config`; what is open stays open.
    pub fn set(&self, config: &BorderConfig) {
        let limits = &config.limits;
        self.caps.set(limits.connections_max, limits.connections_per_address_max);
        self.proxies.store(Arc::new(config.proxies.clone()));
    }
}
