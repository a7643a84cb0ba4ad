//! What the configuration says, as the parts of the program take it.

use std::{
    fs, io,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use actors::{
    Queue, RestartLimit,
    identity::{self, HashPolicy, PolicyError},
    keys, limits, lockout, logouts,
    outgoing::{self, SystemResolver, Trust},
    sessions::Timeouts,
};
use config::Config;
use flows::Lifetimes;
use openapi::listener::{
    BorderConfig, BorderName, Limits,
    forwarded::{ForwardedHeader, Proxies},
};
use protocol::{
    client::{ACCESS_TOKEN_LIFETIME_MAX, ID_TOKEN_LIFETIME_MAX},
    jose::{Algorithm, LEEWAY},
    key_schedule::{Intervals, Schedule, ScheduleError},
    outgoing::{Allowed, Opening},
};

/// How late a node may see the keys of another: many times what it is late.
const STALENESS_MAX: Duration = Duration::from_secs(10);

/// Addresses, clients and accounts that are counted by themselves: some 20 MiB of them.
const LIMITED_KEYS_MAX: usize = 65_536;

/// Attempts that may wait at one shard of the lockout.
const LOCKOUT_QUEUE: Queue = Queue { length_max: 1_024, deadline: Duration::from_secs(5) };

/// The largest file of authorities.
const CA_FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// What the parts of a provider are told.
#[derive(Debug, Clone)]
pub struct Policies {
    /// The node's name in leases, events and the audit chain.
    pub node: String,
    /// How limits are counted.
    pub limits: limits::Settings,
    /// What locks.
    pub lockout: lockout::Settings,
    /// How many actors share the sessions.
    pub sessions_shards: NonZeroUsize,
    /// When sessions end.
    pub timeouts: Timeouts,
    /// How patient we are with clients that are told of logouts.
    pub logouts: logouts::Settings,
    /// Which keys sign.
    pub keys: keys::Settings,
    /// How passwords are hashed.
    pub identity: identity::Settings,
    /// Where requests of our own may go.
    pub outgoing: outgoing::Settings,
    /// For how long what is given holds.
    pub lifetimes: Lifetimes,
    /// How late userinfo and introspection may see what another node has revoked.
    pub revocation_staleness_max: Duration,
    /// When the tree gives up.
    pub limit: RestartLimit,
}

/// A configuration that passed its own checks and cannot be followed all the same.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAPolicy {
    /// `[passwords]`.
    #[error("[passwords]: {0}")]
    Passwords(#[from] PolicyError),
    /// `[keys]`.
    #[error("[keys]: {0}")]
    Keys(#[from] ScheduleError),
    /// `outgoing.ca_file`.
    #[error("outgoing.ca_file: {}: {reason}", file.display())]
    Authorities {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

impl Policies {
    /// What `config` says.
    pub fn of(config: &Config) -> Result<Self, NotAPolicy> {
        Ok(Self {
            node: config.node.name.as_str().to_owned(),
            limits: limits(config),
            lockout: lockout(config),
            sessions_shards: at_least_one(config.sessions.shards.as_usize()),
            timeouts: Timeouts {
                idle: config.sessions.idle_timeout.get(),
                absolute: config.sessions.absolute_timeout.get(),
                remember_idle: config.sessions.remember_idle_timeout.get(),
                remember_absolute: config.sessions.remember_absolute_timeout.get(),
            },
            logouts: logouts::Settings::default(),
            keys: keys(config)?,
            identity: identity(config)?,
            outgoing: outgoing(config)?,
            lifetimes: lifetimes(config),
            revocation_staleness_max: config.tokens.revocation_staleness_max.get(),
            limit: RestartLimit::default(),
        })
    }
}

fn limits(config: &Config) -> limits::Settings {
    limits::Settings {
        is_shared: config.storage.engine == config::Engine::Surreal,
        keys_max: LIMITED_KEYS_MAX,
        requests_in_flight_max: config.listen.requests_in_flight_max.as_usize(),
        request_wait_max: config.listen.request_wait_max.get(),
    }
}

fn lockout(config: &Config) -> lockout::Settings {
    let from = &config.lockout;
    lockout::Settings {
        shards: at_least_one(from.shards.as_usize()),
        queue: LOCKOUT_QUEUE,
        policy: lockout::Policy {
            failures_max: from.failures_max.get(),
            failures_window: from.failures_window.get(),
            lock_first: from.lock_first.get(),
            lock_longest: from.lock_longest.get(),
            address_failures_max: from.address_failures_max.get(),
        },
    }
}

fn keys(config: &Config) -> Result<keys::Settings, NotAPolicy> {
    let jwks_cache = config.keys.jwks_cache.get();
    // A client may have its tokens hold as long as that, whatever the installation says.
    let of_clients = ACCESS_TOKEN_LIFETIME_MAX.max(ID_TOKEN_LIFETIME_MAX);
    let lifetimes = [
        config.tokens.access_token_lifetime.get(),
        config.tokens.id_token_lifetime.get(),
        of_clients,
    ];
    let schedule = Schedule::try_from(Intervals {
        rotate_every: config.keys.rotate_every.get(),
        announce_before: jwks_cache + STALENESS_MAX + LEEWAY,
        token_lifetime_max: lifetimes.into_iter().max().unwrap_or_default(),
        jwks_cache,
        staleness_max: STALENESS_MAX,
        hints_kept: config.sessions.remember_absolute_timeout.get(),
    })?;
    let algorithm = |algorithm: &config::Algorithm| match algorithm {
        config::Algorithm::Rs256 => Algorithm::Rs256,
        config::Algorithm::Es256 => Algorithm::Es256,
        config::Algorithm::EdDsa => Algorithm::EdDsa,
        config::Algorithm::Ps256 => Algorithm::Ps256,
        config::Algorithm::Es384 => Algorithm::Es384,
    };
    Ok(keys::Settings {
        algorithms: config.keys.algorithms.iter().map(algorithm).collect(),
        schedule,
    })
}

fn identity(config: &Config) -> Result<identity::Settings, NotAPolicy> {
    let from = &config.passwords;
    let (memory, passes) = (from.argon2_memory.get(), from.argon2_iterations.get());
    Ok(identity::Settings {
        policy: HashPolicy::new(memory, passes, from.argon2_parallelism.get())?,
        bcrypt_cost_min: from.bcrypt_cost_min.get(),
        hashes_at_once: from.hashes_at_once.as_usize(),
        hash_memory_max_bytes: from.hash_memory_max.get(),
        queue: Queue { length_max: from.queue_max.as_usize(), deadline: from.queue_deadline.get() },
        limit: RestartLimit::default(),
    })
}

fn outgoing(config: &Config) -> Result<outgoing::Settings, NotAPolicy> {
    let from = &config.outgoing;
    Ok(outgoing::Settings {
        policy: outgoing_policy(config)?,
        deadline: from.deadline.get(),
        requests_max: from.requests_max.as_usize(),
        requests_per_host_max: from.requests_per_host_max.as_usize(),
        resolver: Arc::new(SystemResolver::default()),
    })
}

/// Where requests of our own may go and whom they believe, with the file of authorities read anew.
pub(crate) fn outgoing_policy(config: &Config) -> Result<outgoing::Policy, NotAPolicy> {
    let opening = |opening: &config::Opening| match opening {
        config::Opening::Host { name, port } => Opening::Host { name: name.clone(), port: *port },
        config::Opening::Address(address) => Opening::Address(*address),
        config::Opening::Network(network) => Opening::Network(network.get()),
    };
    let allowed = Allowed::new(config.outgoing.allow.iter().map(opening));
    let trust = match &config.outgoing.ca_file {
        None => Trust::new(None).map_err(|why| (PathBuf::new(), why.to_string())),
        Some(file) => read(file.get())
            .map_err(|why| why.to_string())
            .and_then(|pem| Trust::new(Some(&pem)).map_err(|why| why.to_string()))
            .map_err(|reason| (file.get().to_owned(), reason)),
    };
    let trust = trust.map_err(|(file, reason)| NotAPolicy::Authorities { file, reason })?;
    Ok(outgoing::Policy { allowed, trust })
}

/// A file that an operator names, if it is no larger than all authorities of the web in PEM.
fn read(file: &Path) -> io::Result<Vec<u8>> {
    if fs::metadata(file)?.len() > CA_FILE_BYTES_MAX {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    fs::read(file)
}

fn lifetimes(config: &Config) -> Lifetimes {
    let from = &config.tokens;
    Lifetimes {
        access_token: from.access_token_lifetime.get(),
        id_token: from.id_token_lifetime.get(),
        refresh_token: from.refresh_token_lifetime.get(),
        refresh_grace: from.refresh_grace.get(),
        code: from.code_lifetime.get(),
        sign_in: from.sign_in_lifetime.get(),
        jwks_cache: config.keys.jwks_cache.get(),
    }
}

/// The border of end-users, clients and operators.
pub(super) fn public_border(config: &Config) -> BorderConfig {
    let from = &config.listen;
    let limits = Limits {
        connections_max: from.connections_max.as_usize(),
        connections_per_address_max: from.connections_per_address_max.as_usize(),
        header_timeout: from.header_timeout.get(),
        request_timeout: from.request_timeout.get(),
        body_size_max: usize::try_from(from.body_size_max.get()).unwrap_or(usize::MAX),
        drain: from.drain.get(),
        ..Limits::default()
    };
    BorderConfig { name: BorderName::Public, limits, proxies: proxies(config) }
}

/// Whose forwarded headers are believed.
fn proxies(config: &Config) -> Proxies {
    let networks = config.listen.forwarded_from.iter().map(config::Network::get).collect();
    Proxies { networks, header: ForwardedHeader::default() }
}

/// The border of `/metrics` and `/health`: few connections, small requests.
pub(super) fn management_border() -> BorderConfig {
    let limits = Limits {
        connections_max: 64,
        connections_per_address_max: 64,
        body_size_max: 1_024,
        drain: Duration::from_secs(1),
        ..Limits::default()
    };
    BorderConfig { name: BorderName::Management, limits, proxies: Proxies::default() }
}

fn at_least_one(number: usize) -> NonZeroUsize {
    NonZeroUsize::new(number).unwrap_or(NonZeroUsize::MIN)
}
