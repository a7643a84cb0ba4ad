//! The server's settings as this node follows them: read when the change log tells of another version, and at each look
//! while nothing is heard.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use arc_swap::{ArcSwap, Guard};
use protocol::{
    ClientId, Realm,
    settings::{Level, ServerSettings, Settings},
};
use storage::{Record, StorageError, Store, feed::Forget, settings::SettingsRecord};

/// For so long after it last heard of all changes a node believes what it has read; as of the clients that it knows.
const STALENESS_MAX: Duration = Duration::from_secs(2);

pub(super) struct Live {
    store: Store,
    realm: Realm,
    current: ArcSwap<Current>,
    may_have_changed: AtomicBool,
}

/// What holds now.
#[derive(Default)]
pub(super) struct Current {
    /// Zero where nobody has set anything.
    pub(super) version: u64,
    pub(super) settings: ServerSettings,
    /// Clients that are excluded.
    pub(super) clients: HashSet<ClientId>,
}

impl Live {
    /// As this release has it, until the settings were read.
    pub(super) fn new(store: &Store, realm: &Realm) -> Arc<Self> {
        let live = Arc::new(Self {
            store: store.clone(),
            realm: realm.clone(),
            current: ArcSwap::default(),
            may_have_changed: AtomicBool::new(true),
        });
        store.feed().register(SettingsRecord::TABLE, Arc::clone(&live) as _);
        live
    }

    pub(super) fn now(&self) -> Guard<Arc<Current>> {
        self.current.load()
    }

    /// Reads what may be another now.
    pub(super) async fn look(&self) -> Result<(), StorageError> {
        let is_fresh = self.store.feed().is_fresh(STALENESS_MAX, self.store.now());
        if is_fresh && !self.may_have_changed.load(Ordering::Acquire) {
            return Ok(());
        }
        self.read().await
    }

    pub(super) async fn read(&self) -> Result<(), StorageError> {
        // Before the reading: a change that comes while it is under way is read by the next.
        self.may_have_changed.store(false, Ordering::Release);
        let read = self.store.settings(&self.realm, Level::Server).await;
        let read = read.inspect_err(|_| self.may_have_changed.store(true, Ordering::Release))?;
        let current = match read.map(|stored| stored.record) {
            Some(SettingsRecord { number, settings: Settings::Server(settings), .. }) => {
                let clients = settings.exclusions.clients.iter().copied().collect();
                Current { version: number, settings, clients }
            }
            _ => Current::default(),
        };
        self.current.rcu(|held| match held.version > current.version {
            // Another reading that began later was faster.
            true => Arc::clone(held),
            false => Arc::new(Current {
                version: current.version,
                settings: current.settings.clone(),
                clients: current.clients.clone(),
            }),
        });
        Ok(())
    }
}

impl Forget for Live {
    fn forget(&self, realm: &Realm, id: &str) {
        if *realm == self.realm && id == Level::Server.to_string() {
            self.may_have_changed.store(true, Ordering::Release);
        }
    }

    fn forget_all(&self) {
        self.may_have_changed.store(true, Ordering::Release);
    }
}
