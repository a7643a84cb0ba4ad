//! How many requests are under way, altogether and to one host. Who waits for a host holds nothing that others want.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Counts them.
pub(super) struct Gate {
    all: Arc<Semaphore>,
    per_host_max: usize,
    hosts: Arc<Hosts>,
}

/// Hosts to which a request is under way or waits.
struct Hosts {
    users_max: usize,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    users: usize,
    hosts: HashMap<String, Host>,
}

struct Host {
    users: usize,
    free: Arc<Semaphore>,
}

/// A place for one request, given back when it is dropped.
pub(super) struct Place {
    // Before the host's, so that a host is forgotten only once its places are free.
    _of_all: OwnedSemaphorePermit,
    _of_host: OwnedSemaphorePermit,
    _user: User,
}

/// One of those who use a host.
struct User {
    hosts: Arc<Hosts>,
    host: String,
}

impl Gate {
    pub(super) fn new(requests_max: usize, per_host_max: usize) -> Self {
        let hosts = Hosts { users_max: requests_max.saturating_mul(2), known: Mutex::default() };
        let all = Arc::new(Semaphore::new(requests_max));
        Self { all, per_host_max, hosts: Arc::new(hosts) }
    }

    /// Waits for a place for a request to `host`; none where as many wait already as may be under way.
    pub(super) async fn enter(&self, host: &str) -> Option<Place> {
        let (user, free) = self.hosts.user(host, self.per_host_max)?;
        // Neither is ever closed.
        let of_host = free.acquire_owned().await.ok()?;
        let of_all = Arc::clone(&self.all).acquire_owned().await.ok()?;
        Some(Place { _of_all: of_all, _of_host: of_host, _user: user })
    }
}

impl Hosts {
    fn user(self: &Arc<Self>, host: &str, per_host_max: usize) -> Option<(User, Arc<Semaphore>)> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.users >= self.users_max {
            return None;
        }
        known.users += 1;
        let new = || Host { users: 0, free: Arc::new(Semaphore::new(per_host_max)) };
        let entry = known.hosts.entry(host.to_owned()).or_insert_with(new);
        entry.users += 1;
        let user = User { hosts: Arc::clone(self), host: host.to_owned() };
        Some((user, Arc::clone(&entry.free)))
    }
}

impl Drop for User {
    fn drop(&mut self) {
        let mut known = self.hosts.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.users = known.users.saturating_sub(1);
        let Some(host) = known.hosts.get_mut(&self.host) else { return };
        host.users = host.users.saturating_sub(1);
        if host.users == 0 {
            known.hosts.remove(&self.host);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn is_waiting(gate: &Gate, host: &str) -> bool {
        gate.enter(host).now_or_never().is_none()
    }

    #[tokio::test]
    async fn a_host_takes_its_share_and_leaves_others_theirs() {
        let gate = Gate::new(3, 2);
        let (first, _second) = (gate.enter("a").await.unwrap(), gate.enter("a").await.unwrap());
        assert!(is_waiting(&gate, "a"));
        let third = gate.enter("b").await.unwrap();
        assert!(is_waiting(&gate, "c"), "three are under way");
        drop(third);
        assert!(is_waiting(&gate, "a"));
        drop(first);
        assert!(gate.enter("a").await.is_some());
    }

    #[tokio::test]
    async fn as_many_wait_as_may_be_under_way_and_no_more() {
        let gate = Gate::new(2, 1);
        let _first = gate.enter("a").await.unwrap();
        let waiting: Vec<_> = (0..3)
            .map(|_| Box::pin(gate.enter("a")))
            .map(|mut wait| {
                assert!((&mut wait).now_or_never().is_none());
                wait
            })
            .collect();
        assert!(gate.enter("b").await.is_none(), "four are known");
        drop(waiting);
        assert!(gate.enter("b").await.is_some(), "who hangs up waits no more");
    }

    #[tokio::test]
    async fn hosts_are_forgotten_with_their_last_request() {
        let gate = Gate::new(8, 8);
        for number in 0..1_000 {
            drop(gate.enter(&number.to_string()).await);
        }
        let known = gate.hosts.known.lock().unwrap();
        assert_eq!((known.users, known.hosts.len()), (0, 0));
    }
}
