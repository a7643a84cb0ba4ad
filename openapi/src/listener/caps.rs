//! Counts open connections, in all and by address, and says who gets no place.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

/// Places for connections. One for all listeners of a `serve`.
#[derive(Debug)]
pub(super) struct Caps {
    all_max: AtomicUsize,
    per_address_max: AtomicUsize,
    open: Mutex<Open>,
}

/// Bounded by the highest `all_max` so far: a network leaves the map with its last connection.
#[derive(Debug, Default)]
struct Open {
    all: usize,
    by_network: HashMap<Network, usize>,
}

/// Who counts as one: an IPv4 address, or the /64 that an IPv6 host can pick its address from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Network {
    V4(u32),
    V6(u64),
}

impl Network {
    fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address.to_bits()),
            IpAddr::V6(address) => Self::V6((address.to_bits() >> 64) as u64),
        }
    }
}

/// Why a connection got no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoPlace {
    /// All places are taken.
    Full,
    /// This address has as many as one may.
    AddressFull,
}

/// A connection's place, given back when dropped.
#[derive(Debug)]
pub(super) struct Place {
    caps: Arc<Caps>,
    /// None for a configured proxy, whose connections are other people's.
    network: Option<Network>,
}

impl Caps {
    pub(super) fn new(all_max: usize, per_address_max: usize) -> Arc<Self> {
        let (all_max, per_address_max) = (all_max.into(), per_address_max.into());
        Arc::new(Self { all_max, per_address_max, open: Mutex::default() })
    }

    /// From now on so many get a place. Those that have one keep it.
    pub(super) fn set(&self, all_max: usize, per_address_max: usize) {
        self.all_max.store(all_max, Ordering::Relaxed);
        self.per_address_max.store(per_address_max, Ordering::Relaxed);
    }

    /// Takes a place for a connection from `address`.
    pub(super) fn take(
        self: &Arc<Self>,
        address: IpAddr,
        is_proxy: bool,
    ) -> Result<Place, NoPlace> {
        let network = (!is_proxy).then(|| Network::of(address));
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.all >= self.all_max.load(Ordering::Relaxed) {
            return Err(NoPlace::Full);
        }
        if let Some(network) = network {
            let held = open.by_network.get(&network).copied().unwrap_or(0);
            if held >= self.per_address_max.load(Ordering::Relaxed) {
                return Err(NoPlace::AddressFull);
            }
            open.by_network.insert(network, held + 1);
        }
        open.all += 1;
        Ok(Place { caps: Arc::clone(self), network })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.caps.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.all = open.all.saturating_sub(1);
        let Some(network) = self.network else { return };
        if let Some(held) = open.by_network.get_mut(&network) {
            *held = held.saturating_sub(1);
            if *held == 0 {
                open.by_network.remove(&network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_gets_no_more_than_its_share() {
        let caps = Caps::new(10, 1);
        let first = caps.take(address("192.0.2.1"), false).unwrap();
        assert_eq!(caps.take(address("192.0.2.1"), false).unwrap_err(), NoPlace::AddressFull);
        assert!(caps.take(address("192.0.2.2"), false).is_ok());
        drop(first);
        assert!(caps.take(address("192.0.2.1"), false).is_ok());
    }

    #[test]
    fn addresses_of_one_64_count_as_one() {
        let caps = Caps::new(10, 1);
        let _first = caps.take(address("2001:db8:1:2::1"), false).unwrap();
        assert_eq!(
            caps.take(address("2001:db8:1:2:ffff::9"), false).unwrap_err(),
            NoPlace::AddressFull
        );
        assert!(caps.take(address("2001:db8:1:3::1"), false).is_ok());
    }

    #[test]
    fn an_ipv4_address_counts_as_itself_on_a_dual_stack_socket() {
        let caps = Caps::new(10, 1);
        let _first = caps.take(address("::ffff:192.0.2.1"), false).unwrap();
        assert_eq!(caps.take(address("192.0.2.1"), false).unwrap_err(), NoPlace::AddressFull);
        assert!(caps.take(address("::ffff:192.0.2.2"), false).is_ok());
    }

    #[test]
    fn a_proxy_is_bound_by_the_total_only() {
        let caps = Caps::new(2, 1);
        let _held = [
            caps.take(address("10.0.0.1"), true).unwrap(),
            caps.take(address("10.0.0.1"), true).unwrap(),
        ];
        assert_eq!(caps.take(address("10.0.0.1"), true).unwrap_err(), NoPlace::Full);
    }

    #[test]
    fn other_bounds_hold_for_those_who_come_after() {
        let caps = Caps::new(1, 1);
        let _held = caps.take(address("192.0.2.1"), false).unwrap();
        assert_eq!(caps.take(address("192.0.2.2"), false).unwrap_err(), NoPlace::Full);
        caps.set(3, 2);
        let _more = caps.take(address("192.0.2.1"), false).unwrap();
        assert_eq!(caps.take(address("192.0.2.1"), false).unwrap_err(), NoPlace::AddressFull);
        caps.set(2, 2);
        assert_eq!(caps.take(address("192.0.2.2"), false).unwrap_err(), NoPlace::Full);
    }

    #[test]
    fn nothing_is_kept_of_connections_that_have_ended() {
        let caps = Caps::new(2, 2);
        drop(caps.take(address("192.0.2.1"), false).unwrap());
        let open = caps.open.lock().unwrap();
        assert_eq!((open.all, open.by_network.len()), (0, 0));
    }
}
