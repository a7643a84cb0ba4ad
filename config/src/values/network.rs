//! Ranges of addresses.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
};

use ipnet::IpNet;
use schemars::json_schema;

use super::text::{Text, written_as_text};

/// One address, or a range in CIDR notation (RFC 4632, RFC 4291 §2.3). Never every address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network(IpNet);

impl Network {
    /// The range.
    pub const fn get(&self) -> IpNet {
        self.0
    }

    /// Whether `address` is in the range. An IPv4 address that arrives on an IPv6 socket (`::ffff:192.0.2.1`) counts as
    /// the IPv4 address it is.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.prefix_len() == self.0.max_prefix_len() {
            self.0.addr().fmt(f)
        } else {
            self.0.fmt(f)
        }
    }
}

impl Text for Network {
    fn expected() -> String {
        r#"an address or a range that is not every address, such as "192.0.2.7" or "10.1.0.0/16""#
            .into()
    }

    fn read(text: &str) -> Result<Self, String> {
        let network = text
            .parse::<IpNet>()
            .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
            .map_err(|_| Self::expected())?;
        if network.prefix_len() == 0 || holds_mapped_ipv4(&network) {
            return Err(Self::expected());
        }
        if network.addr() != network.network() {
            return Err(format!(r#"the range by its first address: "{}""#, network.trunc()));
        }
        Ok(Self(network))
    }
}

/// Whether the range holds IPv4 addresses in their IPv6 form. Addresses are compared as IPv4 where they can be, so such
/// a range would never match what its author means.
fn holds_mapped_ipv4(network: &IpNet) -> bool {
    network.contains(&IpAddr::V6(Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0)))
        || matches!(network.addr(), IpAddr::V6(address) if address.to_ipv4_mapped().is_some())
}

written_as_text!(Network, json_schema!({ "type": "string", "maxLength": 43 }));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_holds_its_addresses_also_when_they_arrive_over_ipv6() {
        let network = Network::read("10.1.0.0/16").unwrap();
        assert!(network.contains("10.1.2.3".parse().unwrap()));
        assert!(network.contains("::ffff:10.1.2.3".parse().unwrap()));
        assert!(!network.contains("10.2.0.1".parse().unwrap()));
        assert!(!network.contains("::1".parse().unwrap()));
    }

    #[test]
    fn one_address_is_a_range_of_itself() {
        let network = Network::read("2001:db8::7").unwrap();
        assert!(network.contains("2001:db8::7".parse().unwrap()));
        assert!(!network.contains("2001:db8::8".parse().unwrap()));
        assert_eq!(network.to_string(), "2001:db8::7");
    }

    #[test]
    fn a_range_that_starts_in_its_middle_is_refused_and_told_its_start() {
        assert!(Network::read("10.1.2.3/16").unwrap_err().contains("10.1.0.0/16"));
    }

    #[test]
    fn every_address_and_no_address_are_refused() {
        for text in [
            "0.0.0.0/0",
            "::/0",
            "::/1",
            "::ffff:10.0.0.1",
            "::ffff:10.1.0.0/112",
            "",
            "proxy",
            "10.0.0.1/33",
            "10.0.0.0/",
            "10.0.0.1:80",
        ] {
            assert!(Network::read(text).is_err(), "{text:?} was read");
        }
    }
}
