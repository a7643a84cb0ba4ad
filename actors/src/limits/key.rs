//! What is counted: its name in memory, and in what nodes tell one another.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

use protocol::{
    AccountId, ClientId, Realm,
    crypto::hmac_sha256,
    limits::{Policy, Route},
};

use crate::lockout::{KnownDevice, Subject};

/// Names one counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Key {
    /// An address, under one limit.
    Address(Policy, Network),
    /// A client at one endpoint.
    Client(Route, ClientId),
    /// An end-user of a client, where the client brings what it was given for them. Names nobody, as accounts do not.
    EndUser([u8; 16]),
    /// Whom somebody claims to be: only who has the master key can tell whom.
    Account([u8; 16]),
    /// Everybody together.
    All(Policy),
    /// Whoever found no counter left. Known to this process alone.
    Crowd(Policy, u8),
}

/// Who counts as one: an IPv4 address, or the /64 that one customer gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Network {
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

impl Key {
    pub(super) fn of_address(policy: Policy, address: IpAddr) -> Self {
        Self::Address(policy, Network::of(address))
    }

    /// Unknown identifiers share 65,536 names, so that who invents identifiers does not use up the memory of those that
    /// exist; which share one is a secret, or one could be told from the other.
    pub(super) fn of_account(
        key: &[u8; 32],
        realm: &Realm,
        (subject, device): (&Subject, Option<&KnownDevice>),
    ) -> Self {
        let named = |text: String| Self::Account(name(key, &text));
        match (subject, device) {
            (Subject::Account(account_id), Some(device)) if device.is_of(*account_id) => {
                named(format!("{realm}\0device\0{account_id}\0{}", device.device_id()))
            }
            (Subject::Account(account_id), _) => named(format!("{realm}\0account\0{account_id}")),
            (Subject::Unknown(identifier), _) => {
                let mac = hmac_sha256(key, format!("{realm}\0unknown\0{identifier}").as_bytes());
                let [high, low, ..] = mac;
                named(format!("{realm}\0shared\0{high}\0{low}"))
            }
        }
    }

    pub(super) fn of_end_user(
        key: &[u8; 32],
        realm: &Realm,
        (client_id, account_id): (ClientId, AccountId),
    ) -> Self {
        Self::EndUser(name(key, &format!("{realm}\0end_user\0{client_id}\0{account_id}")))
    }

    /// Under what it is limited.
    pub(super) fn policy(self) -> Policy {
        match self {
            Self::Address(policy, _) | Self::All(policy) | Self::Crowd(policy, _) => policy,
            Self::Client(..) | Self::EndUser(_) => Policy::Client,
            Self::Account(_) => Policy::Account,
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(policy, Network::V4(bits)) => {
                write!(f, "address {policy} {}", Ipv4Addr::from_bits(*bits))
            }
            Self::Address(policy, Network::V6(bits)) => {
                write!(f, "address {policy} {}", Ipv6Addr::from_bits(u128::from(*bits) << 64))
            }
            Self::Client(route, client_id) => {
                let policy = route.policy().unwrap_or(Policy::Other);
                write!(f, "client {policy} {client_id}")
            }
            Self::EndUser(name) => write!(f, "end_user {:032x}", u128::from_be_bytes(*name)),
            Self::Account(name) => write!(f, "account {:032x}", u128::from_be_bytes(*name)),
            Self::All(policy) => write!(f, "all {policy}"),
            Self::Crowd(policy, number) => write!(f, "crowd {policy} {number}"),
        }
    }
}

/// Half of a MAC: only who has the master key can tell of whom.
fn name(key: &[u8; 32], text: &str) -> [u8; 16] {
    let mac = hmac_sha256(key, text.as_bytes());
    mac.first_chunk().copied().unwrap_or_default()
}

/// A text that names no counter which nodes share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotAKey;

fn bytes(text: &str) -> Result<[u8; 16], NotAKey> {
    u128::from_str_radix(text, 16).map(u128::to_be_bytes).map_err(|_| NotAKey)
}

impl FromStr for Key {
    type Err = NotAKey;

    fn from_str(text: &str) -> Result<Self, NotAKey> {
        let words: Vec<&str> = text.split(' ').collect();
        let policy = |text: &str| text.parse::<Policy>().map_err(|_| NotAKey);
        match *words.as_slice() {
            ["address", under, address] => {
                let address: IpAddr = address.parse().map_err(|_| NotAKey)?;
                Ok(Self::of_address(policy(under)?, address))
            }
            ["client", at, client_id] => {
                let at = policy(at)?;
                let routes = [Route::Token, Route::Introspect, Route::Revoke, Route::Userinfo];
                let route = routes.into_iter().find(|route| route.policy() == Some(at));
                let client_id = client_id.parse().map_err(|_| NotAKey)?;
                Ok(Self::Client(route.unwrap_or_default(), client_id))
            }
            ["account", name] => Ok(Self::Account(bytes(name)?)),
            ["end_user", name] => Ok(Self::EndUser(bytes(name)?)),
            ["all", under] => Ok(Self::All(policy(under)?)),
            _ => Err(NotAKey),
        }
    }
}
