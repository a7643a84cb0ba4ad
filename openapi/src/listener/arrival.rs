//! What the border knows of a request before any endpoint sees it.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
};

use poem::Request;
use protocol::{Randomness, randomness::random};
use tokio::time::Instant;

use super::forwarded::RemotePeer;

/// What the border found out about a request; endpoints read it with [`Arrival::of`].
#[derive(Debug, Clone, Copy)]
pub struct Arrival {
    /// Names the request in logs and in answers.
    pub request_id: RequestId,
    /// Who sent it, forwarded headers of configured proxies considered.
    pub peer: RemotePeer,
    /// When the border stops waiting for the endpoint.
    pub deadline: Instant,
}

impl Arrival {
    /// What the border found out about `request`, or None for one that did not come through [`serve`](super::serve).
    pub fn of(request: &Request) -> Option<&Self> {
        request.extensions().get()
    }
}

/// The name of one request: 16 hexadecimal digits, different for each request of a process. Not a secret.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestId(u64);

/// For a request that comes another way than through a border.
impl From<u64> for RequestId {
    fn from(number: u64) -> Self {
        Self(number)
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Gives each request its name: one draw of randomness a process, none a request.
pub(super) struct RequestIds {
    start: u64,
    taken: AtomicU64,
}

impl RequestIds {
    pub(super) fn new(randomness: &dyn Randomness) -> Self {
        Self { start: u64::from_le_bytes(random(randomness)), taken: AtomicU64::new(0) }
    }

    /// The next name. The mixing (SplitMix64's, a bijection) hides from outsiders how many requests there were.
    pub(super) fn next(&self) -> RequestId {
        let number = self.taken.fetch_add(1, Ordering::Relaxed);
        let mut mixed = self.start.wrapping_add(number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        RequestId(mixed ^ (mixed >> 31))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_requests_have_one_name() {
        let ids = RequestIds { start: 7, taken: AtomicU64::new(0) };
        let names: HashSet<_> = (0..10_000).map(|_| ids.next().to_string()).collect();
        assert_eq!(names.len(), 10_000);
        assert!(names.iter().all(|name| name.len() == 16));
    }
}
