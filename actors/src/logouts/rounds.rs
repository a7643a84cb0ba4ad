//! What the actor does at a look: notices that nobody took care of, and deliveries that are due.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use protocol::{ClientId, Realm};
use storage::{
    CommitError, StorageError, Stored,
    leases::Lease,
    logouts::{LogoutDelivery, LogoutNotice},
};
use tokio::{sync::Semaphore, task::JoinSet};

use super::outbox::{Attempt, Outbox};

/// Who holds it tells clients.
const LEASE: &str = "logouts";

/// Longer than a look can take.
const LEASE_LENGTH: Duration = Duration::from_secs(60);

/// For so long a notice is left to whoever has written it.
const LEFT_FOR: Duration = Duration::from_secs(5);

/// Notices of one look.
const NOTICES_MAX: usize = 100;

/// Deliveries of one look.
const DELIVERIES_MAX: usize = 128;

/// Clients that are told at a time: with [`DELIVERIES_MAX`], four times the longest that one may take is a look.
const CLIENTS_AT_ONCE_MAX: usize = 32;

pub(super) struct Rounds {
    outbox: Arc<Outbox>,
    realm: Realm,
    node: String,
}

impl Rounds {
    pub(super) fn new(outbox: &Arc<Outbox>, realm: &Realm, node: &str) -> Self {
        Self { outbox: Arc::clone(outbox), realm: realm.clone(), node: node.into() }
    }

    /// Does what is due, where nobody else does.
    pub(super) async fn look(&self, lease: &mut Option<Lease>) -> Result<(), CommitError> {
        let notices = self.left_notices().await?;
        if notices.is_empty() && self.due(1).await?.is_empty() {
            return Ok(());
        }
        let store = &self.outbox.store;
        *lease = store.lease(&self.realm, LEASE, &self.node, LEASE_LENGTH).await?;
        let Some(lease) = lease else { return Ok(()) };
        for notice in notices {
            store.fan_out(&notice, store.now()).await?;
        }
        self.deliver(lease, self.due(DELIVERIES_MAX).await?).await
    }

    /// Notices whose writers are gone.
    async fn left_notices(&self) -> Result<Vec<LogoutNotice>, StorageError> {
        let store = &self.outbox.store;
        let notices = store.logout_notices(&self.realm, NOTICES_MAX).await?.items;
        let is_left = |notice: &LogoutNotice| notice.ended_at + LEFT_FOR <= store.now();
        Ok(notices.into_iter().map(|stored| stored.record).filter(is_left).collect())
    }

    async fn due(&self, limit: usize) -> Result<Vec<Stored<LogoutDelivery>>, StorageError> {
        let store = &self.outbox.store;
        Ok(store.due_logouts(&self.realm, store.now(), limit).await?.items)
    }

    /// Tells each client of all that is due for it, one after the other; clients do not wait for one another.
    async fn deliver(
        &self,
        lease: &Lease,
        due: Vec<Stored<LogoutDelivery>>,
    ) -> Result<(), CommitError> {
        let mut of_clients: BTreeMap<ClientId, Vec<Stored<LogoutDelivery>>> = BTreeMap::new();
        for delivery in due {
            of_clients.entry(delivery.client_id).or_default().push(delivery);
        }
        let places = Arc::new(Semaphore::new(CLIENTS_AT_ONCE_MAX));
        let mut telling = JoinSet::new();
        for deliveries in of_clients.into_values() {
            let (outbox, lease, places) =
                (Arc::clone(&self.outbox), lease.clone(), Arc::clone(&places));
            telling.spawn(async move {
                let _place = places.acquire_owned().await;
                deliver_to_one(&outbox, &lease, deliveries).await
            });
        }
        let mut outcome = Ok(());
        while let Some(told) = telling.join_next().await {
            if let Ok(Err(error)) = told {
                outcome = Err(error);
            }
        }
        outcome
    }
}

/// After the first that a client does not take the others are not tried: it would hold up as many times.
async fn deliver_to_one(
    outbox: &Outbox,
    lease: &Lease,
    deliveries: Vec<Stored<LogoutDelivery>>,
) -> Result<(), CommitError> {
    let mut is_away = false;
    for delivery in deliveries {
        let attempt = if is_away {
            Ok(Attempt::NotTaken)
        } else {
            outbox.attempt(&delivery, outbox.settings.post_max).await
        };
        is_away = attempt == Ok(Attempt::NotTaken);
        outbox.settle(&delivery, attempt, Some(lease)).await?;
    }
    Ok(())
}
