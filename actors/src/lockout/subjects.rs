//! What failures are counted by: the names of counters.

use std::net::{IpAddr, Ipv6Addr};

use protocol::{
    AccountId, KeyRing, Realm, Secret, crypto::hmac_sha256, event::LockSubject,
    identifier::Identifier,
};

use super::devices::{KnownDevice, is_device_id};

/// Whom an attempt claims to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// The account that the identifier names; whichever of its identifiers was used.
    Account(AccountId),
    /// An identifier that no account has.
    Unknown(Identifier),
}

/// What a counter counts, read from its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Counted {
    /// Failures at one account.
    Account(AccountId),
    /// Failures at one account from one browser that is known for it.
    KnownBrowser(AccountId),
    /// Failures from one address, or one network of IPv6 in CIDR notation.
    Address(String),
    /// Failures at identifiers that nobody has and that share this counter.
    Unknown,
}

impl Counted {
    /// What the counter of this name counts; nothing where no counter of this release can have it.
    pub fn by(subject: &str) -> Option<Self> {
        let (kind, rest) = subject.split_once(':')?;
        match kind {
            "account" => rest.parse().ok().map(Self::Account),
            "device" => {
                let (account_id, device_id) = rest.split_once(':')?;
                let account_id = account_id.parse().ok()?;
                is_device_id(device_id).then_some(Self::KnownBrowser(account_id))
            }
            "address" => is_address(rest).then(|| Self::Address(rest.to_owned())),
            "unknown" => {
                let bucket: u16 = rest.parse().ok()?;
                (bucket.to_string() == rest).then_some(Self::Unknown)
            }
            _ => None,
        }
    }

    /// The account, where one is counted.
    pub fn account_id(&self) -> Option<AccountId> {
        match self {
            Self::Account(account_id) | Self::KnownBrowser(account_id) => Some(*account_id),
            Self::Address(_) | Self::Unknown => None,
        }
    }

    /// What a lock of it holds back.
    pub fn lock_subject(&self) -> LockSubject {
        match self {
            Self::Account(_) | Self::KnownBrowser(_) => LockSubject::Account,
            Self::Address(_) => LockSubject::Address,
            Self::Unknown => LockSubject::Unknown,
        }
    }
}

/// Names the counters of one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Names {
    pub(super) realm: Realm,
    pub(super) subject: String,
    /// Nothing for a known browser: the counter of the browser alone limits it, or whoever shares its address could
    /// lock it out.
    pub(super) address: Option<String>,
    pub(super) account_id: Option<AccountId>,
}

impl Names {
    /// What a lock of the subject holds back.
    pub(super) fn lock_subject(&self) -> LockSubject {
        if self.account_id.is_some() { LockSubject::Account } else { LockSubject::Unknown }
    }
}

/// Gives counters their names. Unknown identifiers share 65,536 of them, so that who invents identifiers does not fill
/// the store; which share one is a secret.
pub(super) struct Naming {
    key: Secret<[u8; 32]>,
}

impl Naming {
    pub(super) fn new(ring: &KeyRing) -> Self {
        Self { key: ring.derive("doorward lockout unknown identifier") }
    }

    pub(super) fn names(
        &self,
        realm: &Realm,
        subject: &Subject,
        device: Option<&KnownDevice>,
        address: IpAddr,
    ) -> Names {
        let (subject, address, account_id) = match subject {
            Subject::Unknown(identifier) => {
                (self.unknown(realm, identifier), Some(of_address(address)), None)
            }
            Subject::Account(id) => match device.filter(|device| device.account_id() == *id) {
                Some(device) => (format!("device:{id}:{}", device.device_id()), None, Some(*id)),
                None => (format!("account:{id}"), Some(of_address(address)), Some(*id)),
            },
        };
        Names { realm: realm.clone(), subject, address, account_id }
    }

    fn unknown(&self, realm: &Realm, identifier: &Identifier) -> String {
        let named = format!("{realm}\0{identifier}");
        let [high, low, ..] = hmac_sha256(self.key.expose(), named.as_bytes());
        format!("unknown:{}", u16::from_be_bytes([high, low]))
    }
}

/// Whether it is as [`of_address`] writes an address.
fn is_address(text: &str) -> bool {
    let address = match text.strip_suffix("/64") {
        Some(network) => network.parse().map(IpAddr::V6),
        None => text.parse().map(IpAddr::V4),
    };
    address.is_ok_and(|address| of_address(address).strip_prefix("address:") == Some(text))
}

/// An IPv4 address counts by itself, also where it is written as IPv6; IPv6 counts by the /64 that one customer gets.
fn of_address(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => format!("address:{address}"),
        IpAddr::V6(address) => {
            let network = Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64));
            format!("address:{network}/64")
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use protocol::{MasterKey, Timestamp};

    use super::*;
    use crate::{lockout::devices::DeviceTokens, testing::Seeded};

    fn unknown(naming: &Naming, typed: &str) -> String {
        naming.unknown(&Realm::main(), &Identifier::canonical(typed).unwrap())
    }

    #[test]
    fn an_address_counts_as_a_customer_has_it() {
        let groups = [
            (["192.0.2.1", "::ffff:192.0.2.1"], "address:192.0.2.1"),
            (["2001:db8:1:2::1", "2001:db8:1:2:ffff::9"], "address:2001:db8:1:2::/64"),
        ];
        for (addresses, name) in groups {
            assert_eq!(addresses.map(|address| of_address(address.parse().unwrap())), [name; 2]);
        }
        assert_ne!(
            of_address("192.0.2.1".parse().unwrap()),
            of_address("192.0.2.2".parse().unwrap())
        );
        let other = of_address("2001:db8:1:3::1".parse().unwrap());
        assert_ne!(other, groups[1].1);
    }

    #[test]
    fn what_a_counter_counts_is_read_from_its_name() {
        let randomness = Seeded::default();
        let naming = Naming::new(&KeyRing::new(MasterKey::new(&randomness)));
        let (account_id, address) = (AccountId::new(&randomness), "2001:db8::1".parse().unwrap());
        let nobody = Subject::Unknown(Identifier::canonical("nobody").unwrap());
        let names = |subject| naming.names(&Realm::main(), &subject, None, address);
        let names = [names(Subject::Account(account_id)), names(nobody)];
        let read = names.each_ref().map(|names| Counted::by(&names.subject).unwrap());
        assert_eq!(read, [Counted::Account(account_id), Counted::Unknown]);
        let address = Counted::by(names[0].address.as_deref().unwrap()).unwrap();
        assert_eq!(address, Counted::Address("2001:db8::/64".into()));
        let devices = DeviceTokens::new(&KeyRing::new(MasterKey::new(&randomness)));
        let now = Timestamp::from_seconds(1);
        let cookie = devices.issue(account_id, &randomness, now);
        let device = devices.verify(cookie.expose(), account_id, now);
        let subject = Subject::Account(account_id);
        let names = naming.names(&Realm::main(), &subject, device.as_ref(), "::1".parse().unwrap());
        assert!(names.subject.starts_with("device:"));
        assert_eq!(Counted::by(&names.subject), Some(Counted::KnownBrowser(account_id)));
        let ipv4 = of_address("192.0.2.1".parse().unwrap());
        assert_eq!(Counted::by(&ipv4), Some(Counted::Address("192.0.2.1".into())));
        for later in
            ["", "account", "account:alice", "device:0123", "later:1", "address:", "unknown:"]
        {
            assert_eq!(Counted::by(later), None, "{later}");
        }
    }

    #[test]
    fn unknown_identifiers_have_one_of_so_many_counters_that_only_the_key_tells() {
        let (one, other) = (Seeded::default(), Seeded::default());
        let ring = KeyRing::new(MasterKey::new(&one));
        let naming = Naming::new(&ring);
        assert_eq!(unknown(&naming, "Nobody"), unknown(&naming, "nobody "));

        let names: HashSet<_> =
            (0..2_000).map(|n| unknown(&naming, &format!("nobody{n}"))).collect();
        assert!(names.len() > 1_900, "{}", names.len());
        let is_bucket =
            |name: &String| name.strip_prefix("unknown:").unwrap().parse::<u16>().is_ok();
        assert!(names.iter().all(is_bucket));

        let _ = MasterKey::new(&other);
        let elsewhere = Naming::new(&KeyRing::new(MasterKey::new(&other)));
        let moved = (0..100).filter(|n| {
            let typed = format!("nobody{n}");
            unknown(&naming, &typed) != unknown(&elsewhere, &typed)
        });
        assert!(moved.count() > 90);
    }
}
