//! Whether a request of ours may go where its address leads: to the public internet by https, and else only where the
//! operator has opened a place.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;

use super::{Destination, Range, range};
use crate::mutant::Mutant;

/// A place that the operator has opened (`outgoing.allow`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opening {
    /// A host by its name and port, wherever that leads; by plain http, too.
    Host {
        /// The name in lower case, as DNS has it, without a dot at its end.
        name: String,
        /// The port.
        port: u16,
    },
    /// One address and port; by plain http, too.
    Address(SocketAddr),
    /// Every port of a network. By plain http only where nothing leaves this machine.
    Network(IpNet),
}

/// All places that the operator has opened. None, to begin with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowed(Vec<Opening>);

/// Why nothing is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Forbidden {
    /// Who stands between could change what is answered.
    #[error("it is plain http, and outgoing.allow does not name its host and port")]
    PlainHttp,
    /// It leads to where only insiders should get.
    #[error("{address} is a {range} address, which outgoing.allow does not open")]
    Address {
        /// Where it leads.
        address: IpAddr,
        /// What is there.
        range: Range,
    },
}

/// How far a place is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Opened {
    No,
    Encrypted,
    Plain,
}

impl Opening {
    fn opens(&self, destination: &Destination, address: IpAddr) -> Opened {
        let is_opened = match self {
            Self::Host { .. } => self.names(destination),
            Self::Address(at) => *at == SocketAddr::new(address, destination.port()),
            Self::Network(network) => network.contains(&address),
        };
        match self {
            _ if !is_opened => Opened::No,
            Self::Network(_) if !address.is_loopback() => Opened::Encrypted,
            _ => Opened::Plain,
        }
    }

    fn names(&self, destination: &Destination) -> bool {
        matches!(self, Self::Host { name, port } if *port == destination.port() && *name == destination.host())
    }
}

impl Allowed {
    /// These places and no other.
    pub fn new(openings: impl IntoIterator<Item = Opening>) -> Self {
        Self(openings.into_iter().collect())
    }

    /// Where a request may connect, of the addresses that its name leads to. One that is forbidden forbids them all: who
    /// chose the name chose them, too.
    pub fn judge(
        &self,
        destination: &Destination,
        addresses: &[IpAddr],
    ) -> Result<Vec<SocketAddr>, Forbidden> {
        let judged = |address: &IpAddr| {
            let address = address.to_canonical();
            let opened = self.0.iter().map(|opening| opening.opens(destination, address)).max();
            let opened = opened.unwrap_or(Opened::No);
            match range(address) {
                Some(range) if opened == Opened::No && !Mutant::AddressGuard.is_out() => {
                    Err(Forbidden::Address { address, range })
                }
                _ if !destination.is_https() && opened != Opened::Plain => {
                    Err(Forbidden::PlainHttp)
                }
                _ => Ok(SocketAddr::new(address, destination.port())),
            }
        };
        addresses.iter().map(judged).collect()
    }

    /// Refuses what is forbidden wherever its name may lead, before anybody is asked for that.
    pub fn foresee(&self, destination: &Destination) -> Result<(), Forbidden> {
        if let Some(address) = destination.address() {
            return self.judge(destination, &[address]).map(drop);
        }
        let may_be_plain = |opening: &Opening| match opening {
            Opening::Host { .. } => opening.names(destination),
            Opening::Address(at) => at.port() == destination.port(),
            Opening::Network(network) => network.addr().is_loopback(),
        };
        if destination.is_https() || self.0.iter().any(may_be_plain) {
            Ok(())
        } else {
            Err(Forbidden::PlainHttp)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(uri: &str) -> Destination {
        Destination::read(uri).unwrap()
    }

    fn addresses(texts: &[&str]) -> Vec<IpAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn opened() -> Allowed {
        let host = |name: &str, port| Opening::Host { name: name.to_owned(), port };
        Allowed::new([
            host("keys.internal", 8443),
            host("plain.internal", 80),
            Opening::Address("127.0.0.1:9000".parse().unwrap()),
            Opening::Network("10.0.0.0/8".parse().unwrap()),
            Opening::Network("fd00::/8".parse().unwrap()),
        ])
    }

    #[test]
    fn without_an_opening_only_https_to_public_addresses_is_allowed() {
        let (none, https) = (Allowed::default(), at("https://client.example/"));
        let public = addresses(&["1.1.1.1", "2606:4700::1111"]);
        let expected = ["1.1.1.1:443", "[2606:4700::1111]:443"].map(|at| at.parse().unwrap());
        assert_eq!(none.judge(&https, &public), Ok(expected.to_vec()));
        let plain = at("http://client.example/");
        assert_eq!(none.judge(&plain, &public), Err(Forbidden::PlainHttp));
        assert_eq!(none.foresee(&plain), Err(Forbidden::PlainHttp));
        assert_eq!(none.foresee(&https), Ok(()));
    }

    /// A30: a name that leads to a public and to an inner address leads nowhere.
    #[test]
    fn one_forbidden_address_forbids_all() {
        let mixed = addresses(&["1.1.1.1", "127.0.0.1"]);
        let forbidden = Allowed::default().judge(&at("https://client.example/"), &mixed);
        let loopback =
            Forbidden::Address { address: [127, 0, 0, 1].into(), range: Range::Loopback };
        assert_eq!(forbidden, Err(loopback));
    }

    #[test]
    fn a_host_is_opened_at_its_port_wherever_it_leads() {
        let inner = addresses(&["192.168.1.1"]);
        assert!(opened().judge(&at("https://keys.internal:8443/"), &inner).is_ok());
        assert!(opened().judge(&at("https://KEYS.internal.:8443/"), &inner).is_ok());
        assert!(opened().judge(&at("http://plain.internal/"), &inner).is_ok());
        for uri in [
            "https://keys.internal/",
            "https://other.keys.internal:8443/",
            "https://keys.internal.example:8443/",
            "http://plain.internal:8080/",
        ] {
            assert!(opened().judge(&at(uri), &inner).is_err(), "{uri}");
        }
    }

    #[test]
    fn a_network_is_opened_at_every_port_and_by_https_alone() {
        let inner = addresses(&["10.1.2.3", "::ffff:10.1.2.3", "fd00::7"]);
        assert!(opened().judge(&at("https://client.example:8443/"), &inner).is_ok());
        let plain = opened().judge(&at("http://client.example:8443/"), &inner);
        assert_eq!(plain, Err(Forbidden::PlainHttp));
        let beside = addresses(&["11.0.0.1", "192.168.0.1"]);
        assert!(opened().judge(&at("https://client.example/"), &beside).is_err());
    }

    #[test]
    fn an_address_is_opened_at_its_port_by_plain_http_too() {
        for uri in ["http://127.0.0.1:9000/", "https://127.0.0.1:9000/", "http://0x7f.1:9000/"] {
            assert_eq!(opened().foresee(&at(uri)), Ok(()), "{uri}");
        }
        for uri in ["http://127.0.0.1:9001/", "https://127.0.0.1/", "http://127.0.0.2:9000/"] {
            assert!(opened().foresee(&at(uri)).is_err(), "{uri}");
        }
    }

    #[test]
    fn where_loopback_is_opened_plain_http_leaves_this_machine_never() {
        let allowed = Allowed::new([Opening::Network("127.0.0.0/8".parse().unwrap())]);
        let plain = at("http://localhost:3000/jwks");
        assert_eq!(allowed.foresee(&plain), Ok(()));
        assert!(allowed.judge(&plain, &addresses(&["127.0.0.1"])).is_ok());
        let public = allowed.judge(&plain, &addresses(&["1.1.1.1"]));
        assert_eq!(public, Err(Forbidden::PlainHttp));
    }
}
