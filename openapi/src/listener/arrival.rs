//! What the border knows of a request before any endpoint sees it.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
};

use poem::Request;
use protocol::{Randomness, crypto::hmac_sha256, randomness::random};
use tokio::time::Instant;

use super::forwarded::RemotePeer;

/// What the border found out about a request; endpoints read it with [`Arrival::of`].
#[derive(Debug, Clone, Copy)]
pub struct Arrival {
    /// Names the request in logs and in answers.
    pub request_id: RequestId,
    /// Who sent it, forwarded headers of configured proxies considered.
    pub peer: RemotePeer,
    /// Whether a configured proxy sent it on: what that says of the request, such as its trace, is believed.
    pub is_from_proxy: bool,
    /// When the border stops waiting for the endpoint.
    pub deadline: Instant,
}

impl Arrival {
    /// What the border found out about `request`, or None for one that did not come through [`serve`](super::serve).
    pub fn of(request: &Request) -> Option<&Self> {
        request.extensions().get()
    }
}

/// The name of one request, and of its refusal: 32 hexadecimal digits, different for each request of every node. Never
/// taken from whoever asks. No secret, and yet nobody can guess another's: an operator is told of a refusal by it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestId(u128);

/// For a request that comes another way than through a border.
impl From<u64> for RequestId {
    fn from(number: u64) -> Self {
        Self(number.into())
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Gives each request its name: one draw of randomness a process, none a request.
pub(super) struct RequestIds {
    key: [u8; 32],
    taken: AtomicU64,
}

impl RequestIds {
    pub(super) fn new(randomness: &dyn Randomness) -> Self {
        Self { key: random(randomness), taken: AtomicU64::new(0) }
    }

    /// The next name: half of a HMAC of its number, so that names tell nothing of one another.
    pub(super) fn next(&self) -> RequestId {
        let number = self.taken.fetch_add(1, Ordering::Relaxed);
        let mac = hmac_sha256(&self.key, &number.to_le_bytes());
        let half = mac.first_chunk().copied().unwrap_or_default();
        RequestId(u128::from_be_bytes(half))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_requests_have_one_name() {
        let named = |key| RequestIds { key: [key; 32], taken: AtomicU64::new(0) };
        let nodes = [named(7), named(8)];
        let next = |number: usize| nodes[number % 2].next().to_string();
        let names: HashSet<_> = (0..10_000).map(next).collect();
        assert_eq!(names.len(), 10_000);
        assert!(names.iter().all(|name| name.len() == 32));
    }
}
