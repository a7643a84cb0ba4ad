//! What nodes tell one another of what they have admitted: published in one record a process, over which it writes
//! itself, and read when it was published or when the change log tells that somebody else has.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use protocol::{Realm, limits::Consumption};
use storage::{
    CommitError, Record, StorageError, Store, Stored,
    engine::Version,
    feed::Forget,
    limit_counters::{LimitCount, LimitCounters},
};

use super::table::{Table, Told};

/// How far the clocks of two nodes may be apart.
const CLOCKS_APART: Duration = Duration::from_secs(10);

pub(super) struct Exchange {
    store: Store,
    realm: Realm,
    /// Names this process among all that write here.
    process: String,
    table: Arc<Table>,
    /// Whether another process has published since this one has read.
    others_told: AtomicBool,
}

/// What a look has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Looked {
    /// Nothing was to be told or heard.
    Nothing,
    /// What others had published was counted.
    Heard,
    /// The same, after what was hot was published.
    Exchanged,
}

impl Exchange {
    pub(super) fn new(
        store: &Store,
        realm: &Realm,
        process: String,
        table: Arc<Table>,
    ) -> Arc<Self> {
        let exchange = Arc::new(Self {
            store: store.clone(),
            realm: realm.clone(),
            process,
            table,
            others_told: AtomicBool::new(true),
        });
        store.feed().register(LimitCounters::TABLE, Arc::clone(&exchange) as _);
        exchange
    }

    /// Publishes what is hot and reads what others have published, in this order: docs/limits.md says why.
    ///
    /// # Errors
    /// The store does not answer. What is hot is held back until it does.
    pub(super) async fn look(
        &self,
        heard: &mut HashMap<String, Version>,
    ) -> Result<Looked, CommitError> {
        let is_hot = self.table.was_hot();
        let others_told = self.others_told.swap(false, Ordering::AcqRel);
        if !is_hot && !others_told {
            return Ok(Looked::Nothing);
        }
        let outcome = self.exchange(is_hot, heard).await;
        if outcome.is_err() {
            self.others_told.store(true, Ordering::Release);
            if is_hot {
                self.table.is_still_hot();
            }
        }
        outcome
    }

    async fn exchange(
        &self,
        is_hot: bool,
        heard: &mut HashMap<String, Version>,
    ) -> Result<Looked, CommitError> {
        let told = if is_hot { self.table.to_tell(self.store.now()) } else { Vec::new() };
        if !told.is_empty() {
            self.publish(&told).await?;
        }
        self.read(heard).await?;
        self.table.exchanged(&told);
        Ok(if told.is_empty() { Looked::Heard } else { Looked::Exchanged })
    }

    async fn publish(&self, told: &[Told]) -> Result<(), CommitError> {
        let mut batch = self.store.batch();
        let count = |Told { key, limit, consumption }: &Told| LimitCount {
            key: key.to_string(),
            limit: *limit,
            born: consumption.born,
            total: consumption.total,
            recent: consumption.recent,
        };
        let longest = told.iter().map(|told| told.limit.window()).max().unwrap_or_default();
        batch.overwrite(&LimitCounters {
            process: self.process.clone(),
            realm: self.realm.clone(),
            published_at: batch.now(),
            counts: told.iter().map(count).collect(),
            expires_at: batch.now() + longest + CLOCKS_APART,
        });
        self.store.commit(batch).await.map(drop)
    }

    async fn read(&self, heard: &mut HashMap<String, Version>) -> Result<(), StorageError> {
        let found = self.store.limit_counters(&self.realm).await?;
        heard.retain(|process, _| found.iter().any(|counters| counters.process == *process));
        for counters in found.iter().filter(|counters| counters.process != self.process) {
            let version = heard.insert(counters.process.clone(), counters.version);
            if version != Some(counters.version) {
                self.hear(counters);
            }
        }
        Ok(())
    }

    fn hear(&self, counters: &Stored<LimitCounters>) {
        let now = self.store.now();
        let Ok(node) = u64::from_str_radix(counters.process.get(..16).unwrap_or_default(), 16)
        else {
            return;
        };
        for count in &counters.counts {
            let limit = count.limit;
            let counts_until = counters.published_at + limit.window() + CLOCKS_APART;
            let Ok(key) = count.key.parse() else { continue };
            if !limit.is_good() || counts_until < now {
                continue;
            }
            let LimitCount { born, total, recent, .. } = *count;
            let consumption = Consumption { born, total, recent };
            self.table.hear(node, &Told { key, limit, consumption }, now);
        }
    }
}

impl Forget for Exchange {
    fn forget(&self, realm: &Realm, id: &str) {
        if *realm == self.realm && id != self.process {
            self.others_told.store(true, Ordering::Release);
        }
    }

    fn forget_all(&self) {
        self.others_told.store(true, Ordering::Release);
    }
}
