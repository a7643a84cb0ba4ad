//! Which addresses are not of the public internet, so that no text from outside may lead there.
//!
//! Of IPv6 what is not known to be public is refused, as most of it is not given to anybody yet.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

/// Why an address is none of the public internet (RFC 6890 and its registries).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Range {
    /// `0.0.0.0/8`, `::`: this machine, for most systems.
    Unspecified,
    /// `127.0.0.0/8`, `::1`.
    Loopback,
    /// `10.0.0.0/8`, `172.16.0.0/12`, `192.168.0.0/16` (RFC 1918), `fec0::/10`.
    Private,
    /// `fc00::/7` (RFC 4193).
    UniqueLocal,
    /// `100.64.0.0/10` (RFC 6598): behind the address translation of a carrier, and within clouds.
    CarrierGrade,
    /// `169.254.0.0/16`, `fe80::/10`: the metadata of clouds, too.
    LinkLocal,
    /// `224.0.0.0/4`, `ff00::/8`.
    Multicast,
    /// `255.255.255.255`.
    Broadcast,
    /// For texts (RFC 5737, RFC 3849, RFC 9637).
    Documentation,
    /// `198.18.0.0/15`, `2001:2::/48`.
    Benchmarking,
    /// What translates to IPv4 in ways that only its network knows: 6to4, Teredo, NAT64 of its own (RFC 8215).
    Translation,
    /// An address of the public internet's that leads into the platform below a virtual machine.
    Platform,
    /// For protocols, for the future, or for nobody.
    Reserved,
}

impl Range {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::Loopback => "loopback",
            Self::Private => "private",
            Self::UniqueLocal => "unique local",
            Self::CarrierGrade => "carrier-grade",
            Self::LinkLocal => "link-local",
            Self::Multicast => "multicast",
            Self::Broadcast => "broadcast",
            Self::Documentation => "documentation",
            Self::Benchmarking => "benchmarking",
            Self::Translation => "translation",
            Self::Platform => "platform",
            Self::Reserved => "reserved",
        }
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The range of an address that is not public; nothing for one of the public internet.
pub fn range(address: IpAddr) -> Option<Range> {
    match address {
        IpAddr::V4(address) => of_ipv4(address),
        IpAddr::V6(address) => of_ipv6(address),
    }
}

fn of_ipv4(address: Ipv4Addr) -> Option<Range> {
    Some(match address.octets() {
        [0, ..] => Range::Unspecified,
        [127, ..] => Range::Loopback,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Range::Private,
        [100, 64..=127, ..] => Range::CarrierGrade,
        [169, 254, ..] => Range::LinkLocal,
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => Range::Documentation,
        [198, 18 | 19, ..] => Range::Benchmarking,
        [192, 88, 99, _] => Range::Translation,
        // The resolver, the agent and the health checks of Azure's virtual machines.
        [168, 63, 129, 16] => Range::Platform,
        [192, 0, 0, _] => Range::Reserved,
        [224..=239, ..] => Range::Multicast,
        [255, 255, 255, 255] => Range::Broadcast,
        [240..=255, ..] => Range::Reserved,
        _ => return None,
    })
}

fn of_ipv6(address: Ipv6Addr) -> Option<Range> {
    if let Some(within) = address.to_ipv4_mapped() {
        return of_ipv4(within);
    }
    Some(match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => Range::Unspecified,
        [0, 0, 0, 0, 0, 0, 0, 1] => Range::Loopback,
        // NAT64's well-known prefix holds the address that is reached (RFC 6052 §2.1).
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => return of_ipv4(joined(high, low)),
        [0x64, 0xff9b, 1, ..] => Range::Translation,
        [0xfc00..=0xfdff, ..] => Range::UniqueLocal,
        [0xfe80..=0xfebf, ..] => Range::LinkLocal,
        [0xfec0..=0xfeff, ..] => Range::Private,
        [0xff00..=0xffff, ..] => Range::Multicast,
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0x0fff, ..] => Range::Documentation,
        [0x2001, 2, 0, ..] => Range::Benchmarking,
        [0x2001, 0, ..] | [0x2002, ..] => Range::Translation,
        [0x2001, 0..=0x01ff, ..] => Range::Reserved,
        [0x2000..=0x3fff, ..] => return None,
        // Among them `::/96`, which once held IPv4 addresses (RFC 4291 §2.5.5.1).
        _ => Range::Reserved,
    })
}

fn joined(high: u16, low: u16) -> Ipv4Addr {
    Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<Range> {
        range(text.parse().unwrap())
    }

    #[test]
    fn addresses_of_the_public_internet_are_in_no_range() {
        for text in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.167.255.255",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2606:4700::1111",
            "2001:200::1",
            "2a00::1",
            "::ffff:1.1.1.1",
            "64:ff9b::1.1.1.1",
        ] {
            assert_eq!(of(text), None, "{text}");
        }
    }

    #[test]
    fn every_other_range_is_named_to_its_first_and_last_address() {
        let ranges = [
            (Range::Unspecified, vec!["0.0.0.0", "0.255.255.255", "::"]),
            (Range::Loopback, vec!["127.0.0.0", "127.0.0.1", "127.255.255.255", "::1"]),
            (
                Range::Private,
                vec![
                    "10.0.0.0",
                    "10.255.255.255",
                    "172.16.0.0",
                    "172.31.255.255",
                    "192.168.0.0",
                    "192.168.255.255",
                    "fec0::1",
                ],
            ),
            (Range::UniqueLocal, vec!["fc00::", "fd00:ec2::254", "fdff:ffff::1"]),
            (Range::CarrierGrade, vec!["100.64.0.0", "100.100.100.200", "100.127.255.255"]),
            (Range::LinkLocal, vec!["169.254.0.0", "169.254.169.254", "fe80::1", "febf::1"]),
            (Range::Multicast, vec!["224.0.0.0", "239.255.255.255", "ff02::1"]),
            (Range::Broadcast, vec!["255.255.255.255"]),
            (
                Range::Documentation,
                vec!["192.0.2.1", "198.51.100.1", "203.0.113.255", "2001:db8::1", "3fff::1"],
            ),
            (Range::Benchmarking, vec!["198.18.0.0", "198.19.255.255", "2001:2::1"]),
            (
                Range::Translation,
                vec!["192.88.99.1", "2001::1", "2002:7f00:1::", "2002:101:101::", "64:ff9b:1::1"],
            ),
            (Range::Platform, vec!["168.63.129.16"]),
            (
                Range::Reserved,
                vec![
                    "192.0.0.192",
                    "240.0.0.0",
                    "255.255.255.254",
                    "::127.0.0.1",
                    "::1.1.1.1",
                    "100::1",
                    "2001:10::1",
                    "4000::1",
                    "5f00::1",
                ],
            ),
        ];
        for (range, texts) in ranges {
            for text in texts {
                assert_eq!(of(text), Some(range), "{text}");
            }
        }
    }

    #[test]
    fn an_ipv4_address_within_an_ipv6_address_is_judged_as_itself() {
        for head in ["::ffff:", "64:ff9b::"] {
            assert_eq!(of(&format!("{head}127.0.0.1")), Some(Range::Loopback));
            assert_eq!(of(&format!("{head}10.1.2.3")), Some(Range::Private));
            assert_eq!(of(&format!("{head}169.254.169.254")), Some(Range::LinkLocal));
            assert_eq!(of(&format!("{head}0.0.0.0")), Some(Range::Unspecified));
        }
    }
}
