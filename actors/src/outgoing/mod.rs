//! Sends requests of our own to addresses that clients have registered, and is the only one that does (ATTACKS 30).
//!
//! It goes by https to the public internet alone, unless the operator has opened a place (`outgoing.allow`). Every address
//! that a name leads to is judged, and the connection goes to one that was: nobody resolves the name a second time, so it
//! cannot lead elsewhere by then. No redirect is followed, no proxy of the environment is asked, nothing is decompressed; an
//! answer is bounded in time and size while it arrives. Each request has a connection of its own.
//!
//! It is no actor, as it has no queue and nothing that dies: places for requests are counted, and given back when a request
//! ends or its caller does.

mod exchange;
mod gate;
mod meters;
mod resolve;
mod trust;

use std::{fmt, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use protocol::outgoing::{Allowed, Destination, NotAnswered};
use tokio::time::{Instant, timeout};

use gate::Gate;
use meters::Meters;

pub use meters::METRICS;
pub use resolve::{Resolve, SystemResolver};
pub use trust::{NotTrusted, Trust};

/// What a request is for; its name in metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The keys of a client (RFC 7591 §2).
    JwksUri,
    /// A request object (OpenID Connect Core 1.0 §6.2).
    RequestUri,
    /// The redirect URIs of a sector (OpenID Connect Core 1.0 §8.1).
    SectorIdentifierUri,
    /// The picture of a client.
    Logo,
    /// A logout token (OpenID Connect Back-Channel Logout 1.0 §2.5).
    BackchannelLogout,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 5] = [
        Self::JwksUri,
        Self::RequestUri,
        Self::SectorIdentifierUri,
        Self::Logo,
        Self::BackchannelLogout,
    ];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::JwksUri => "jwks_uri",
            Self::RequestUri => "request_uri",
            Self::SectorIdentifierUri => "sector_identifier_uri",
            Self::Logo => "logo",
            Self::BackchannelLogout => "backchannel_logout",
        }
    }
}

/// A request, not yet sent.
#[derive(Clone, Copy)]
pub struct Outbound<'a> {
    /// What it is for.
    pub purpose: Purpose,
    /// Where it goes.
    pub uri: &'a str,
    /// What is posted, as `application/x-www-form-urlencoded`; without it the request is a GET.
    pub form: Option<&'a str>,
    /// What is asked for (`Accept`).
    pub accept: &'static str,
    /// The longest body that is read.
    pub body_bytes_max: usize,
}

/// A body may hold a token.
impl fmt::Debug for Outbound<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Outbound({})", self.purpose.as_str())
    }
}

/// An answer that says that all is well.
#[derive(Clone, PartialEq, Eq)]
pub struct Answered {
    /// From 200 to 299.
    pub status: u16,
    /// What the body is said to be, where that is text.
    pub content_type: Option<String>,
    /// All of the body.
    pub body: Vec<u8>,
}

/// What was answered is nobody's but the caller's.
impl fmt::Debug for Answered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answered({}, {} bytes)", self.status, self.body.len())
    }
}

/// Where requests may go, and whose certificates are believed: what changes while the process runs.
#[derive(Debug, Clone)]
pub struct Policy {
    /// What the operator has opened.
    pub allowed: Allowed,
    /// Who vouches for servers.
    pub trust: Trust,
}

/// How requests are sent.
#[derive(Clone)]
pub struct Settings {
    /// Where they may go.
    pub policy: Policy,
    /// The longest that one may take, its wait for a place included.
    pub deadline: Duration,
    /// How many are under way; as many more wait.
    pub requests_max: usize,
    /// How many are under way to one host.
    pub requests_per_host_max: usize,
    /// Who knows where names lead.
    pub resolver: Arc<dyn Resolve>,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { policy, deadline, .. } = self;
        f.debug_struct("Settings")
            .field("policy", policy)
            .field("deadline", deadline)
            .finish_non_exhaustive()
    }
}

/// The way out. Cheap to clone.
#[derive(Clone)]
pub struct Outgoing(Arc<Inner>);

struct Inner {
    policy: ArcSwap<Policy>,
    deadline: Duration,
    gate: Gate,
    resolver: Arc<dyn Resolve>,
    meters: Meters,
}

impl Outgoing {
    /// As `settings` say.
    pub fn new(settings: Settings) -> Self {
        Self(Arc::new(Inner {
            policy: ArcSwap::from_pointee(settings.policy),
            deadline: settings.deadline,
            gate: Gate::new(settings.requests_max, settings.requests_per_host_max),
            resolver: settings.resolver,
            meters: Meters::new(),
        }))
    }

    /// From now on requests go by `policy`; those under way go on as they began.
    pub fn set(&self, policy: Policy) {
        self.0.policy.store(Arc::new(policy));
    }

    /// Refuses an address to which nothing can be sent wherever its name may lead. Nobody is asked.
    ///
    /// # Errors
    /// It is no address, or is forbidden.
    pub fn judge(&self, uri: &str) -> Result<(), NotAnswered> {
        Ok(self.0.policy.load().allowed.foresee(&Destination::read(uri)?)?)
    }

    /// Sends a request and reads its answer, all of it within the deadline.
    ///
    /// # Errors
    /// Nothing may be sent there, or nothing came back that says that all is well.
    #[tracing::instrument(level = "debug", name = "outgoing.send", skip_all)]
    pub async fn send(&self, request: Outbound<'_>) -> Result<Answered, NotAnswered> {
        let begun_at = Instant::now();
        let answer = timeout(self.0.deadline, self.0.send(&request)).await;
        let answer = answer.unwrap_or(Err(NotAnswered::TimedOut));
        self.0.meters.count(request.purpose, answer.as_ref().err(), begun_at.elapsed());
        answer
    }
}

impl Inner {
    async fn send(&self, request: &Outbound<'_>) -> Result<Answered, NotAnswered> {
        let destination = Destination::read(request.uri)?;
        let policy = self.policy.load_full();
        policy.allowed.foresee(&destination)?;
        let _place = self.gate.enter(&destination.host()).await.ok_or(NotAnswered::Busy)?;
        let addresses = match (destination.address(), destination.name()) {
            (Some(address), _) => vec![address],
            (None, Some(name)) => self.resolver.resolve(name).await.unwrap_or_default(),
            (None, None) => Vec::new(),
        };
        let judged = policy.allowed.judge(&destination, &addresses)?;
        if judged.is_empty() {
            return Err(NotAnswered::Unresolved);
        }
        exchange::exchange((&destination, &judged), &policy.trust, request).await
    }
}

#[cfg(test)]
mod tests;
