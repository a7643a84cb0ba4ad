//! Who sent a request: the TCP peer, or whom a configured proxy names.
//!
//! Only the operator knows which header the proxies write, so only that one is read: a proxy passes the other through as
//! the client sent it. Issuer, links and cookies follow none of this, and nothing follows `Host`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use ipnet::IpNet;
use poem::{
    Request,
    http::{HeaderMap, HeaderValue, header::FORWARDED, uri::Scheme},
};

/// Hops that are looked at, nearest first. A longer chain is malformed.
const HOPS_MAX: usize = 16;

/// The proxies in front of this listener. Without any, no forwarded header is believed.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    /// Where they connect from.
    pub networks: Vec<IpNet>,
    /// What they write.
    pub header: ForwardedHeader,
}

/// The header in which proxies say whom they speak for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`, and `X-Forwarded-Proto` for the scheme.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// Who sent a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RemotePeer {
    /// The address; 0.0.0.0 where the transport has none. An IPv4 address is never given as IPv6.
    pub address: IpAddr,
    /// The peer spoke https, with us or with the outermost configured proxy.
    pub scheme_https: bool,
}

impl Proxies {
    /// True when `address` is a configured proxy's.
    pub fn contain(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.networks.iter().any(|network| network.contains(&address))
    }

    /// True when a configured proxy sent `request` on.
    pub fn sent(&self, request: &Request) -> bool {
        let address = request.remote_addr().as_socket_addr().map(SocketAddr::ip);
        address.is_some_and(|address| self.contain(address))
    }

    /// Who sent `request`: the nearest hop that is no configured proxy. Where a proxy's header is missing or malformed up
    /// to that hop, the TCP peer.
    pub fn peer(&self, request: &Request) -> RemotePeer {
        let address = request.remote_addr().as_socket_addr().map(SocketAddr::ip);
        let tcp_peer = RemotePeer {
            address: address
                .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |address| address.to_canonical()),
            scheme_https: *request.scheme() == Scheme::HTTPS,
        };
        if !self.contain(tcp_peer.address) {
            return tcp_peer;
        }
        let named = match self.header {
            ForwardedHeader::XForwardedFor => self.x_forwarded(request.headers()),
            ForwardedHeader::Forwarded => self.forwarded(request.headers()),
        };
        named.map_or(tcp_peer, |(address, scheme_https)| RemotePeer {
            address,
            scheme_https: scheme_https.unwrap_or(tcp_peer.scheme_https),
        })
    }

    fn x_forwarded(&self, headers: &HeaderMap) -> Option<(IpAddr, Option<bool>)> {
        let hops =
            headers.get_all("x-forwarded-for").iter().rev().flat_map(|line| text(line).rsplit(','));
        let address = self.nearest_stranger(hops.map(|hop| (node(hop), ())))?.0;
        let scheme = headers.get_all("x-forwarded-proto").iter().next_back();
        let scheme = scheme.and_then(|line| is_https(text(line).rsplit(',').next()?));
        Some((address, scheme))
    }

    fn forwarded(&self, headers: &HeaderMap) -> Option<(IpAddr, Option<bool>)> {
        let lines = headers.get_all(FORWARDED).iter().rev();
        // A line that is malformed stands for one hop that cannot be read.
        let hops =
            lines.flat_map(|line| elements(text(line)).unwrap_or_else(|| vec![Element::default()]));
        self.nearest_stranger(hops.map(|hop| (hop.from, hop.is_https)))
    }

    /// The first address, nearest hop first, that is no proxy's; where all are proxies' the outermost one.
    fn nearest_stranger<T>(
        &self,
        hops: impl Iterator<Item = (Option<IpAddr>, T)>,
    ) -> Option<(IpAddr, T)> {
        let mut outermost = None;
        for (seen, (address, rest)) in hops.enumerate() {
            let address = address?;
            if seen == HOPS_MAX {
                return None;
            }
            let is_proxy = self.contain(address);
            outermost = Some((address, rest));
            if !is_proxy {
                break;
            }
        }
        outermost
    }
}

/// What one proxy says in `Forwarded`.
#[derive(Default)]
struct Element {
    from: Option<IpAddr>,
    is_https: Option<bool>,
}

fn text(line: &HeaderValue) -> &str {
    line.to_str().unwrap_or_default()
}

/// `http` or `https`; anything else says nothing.
fn is_https(scheme: &str) -> Option<bool> {
    let scheme = scheme.trim();
    if scheme.eq_ignore_ascii_case("https") {
        Some(true)
    } else {
        scheme.eq_ignore_ascii_case("http").then_some(false)
    }
}

/// An address, with or without a port (RFC 7239 §6). Names, `unknown` and `_obfuscated` ones are none.
fn node(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().or_else(|_| text.parse().map(|node: SocketAddr| node.ip()));
    address.ok().map(|address: IpAddr| address.to_canonical())
}

/// The elements of one `Forwarded` line, nearest hop first (RFC 7239 §4). None if any is malformed, as quotes make it
/// impossible to tell where the others begin, or if there are too many.
fn elements(mut line: &str) -> Option<Vec<Element>> {
    let mut elements = vec![Element::default()];
    loop {
        let (name, rest) = line.split_once('=')?;
        let (value, rest) = value(rest)?;
        let element = elements.last_mut()?;
        let name = name.trim();
        if name.eq_ignore_ascii_case("for") {
            element.from = Some(node(value)?);
        } else if name.eq_ignore_ascii_case("proto") {
            element.is_https = is_https(value);
        } else if !is_token(name) {
            return None;
        }
        let rest = rest.trim_start();
        line = match rest.chars().next() {
            None => break,
            Some(';') => rest.get(1..)?,
            Some(',') if elements.len() < HOPS_MAX => {
                elements.push(Element::default());
                rest.get(1..)?
            }
            Some(_) => return None,
        };
    }
    elements.reverse();
    Some(elements)
}

/// A token or a quoted string, and what follows it. A quoted string with an escape is refused: no node needs one.
fn value(text: &str) -> Option<(&str, &str)> {
    if let Some(quoted) = text.strip_prefix('"') {
        let (value, rest) = quoted.split_once('"')?;
        return (!value.contains('\\')).then_some((value, rest));
    }
    let end = text.find([';', ',']).unwrap_or(text.len());
    let (value, rest) = text.split_at_checked(end)?;
    let value = value.trim_end();
    // Not quite a token: proxies write `for=192.0.2.1:4711` without the quotes that a colon needs.
    value
        .chars()
        .all(|character| character.is_ascii_graphic() && character != '"')
        .then_some((value, rest))
}

fn is_token(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use poem::{Addr, RequestParts, http, web::RemoteAddr};

    use super::*;

    const PROXY: &str = "10.0.0.1";
    const STRANGER: &str = "198.51.100.7";

    fn proxies(header: ForwardedHeader) -> Proxies {
        Proxies {
            networks: vec!["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()],
            header,
        }
    }

    fn request(tcp_peer: &str, headers: &[(&str, &str)]) -> Request {
        let mut request = http::Request::builder();
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let parts = request.body(()).unwrap().into_parts().0;
        let remote = RemoteAddr(Addr::SocketAddr((tcp_peer.parse::<IpAddr>().unwrap(), 9).into()));
        Request::from_parts(
            RequestParts::from((parts, Default::default(), remote, Scheme::HTTP)),
            ().into(),
        )
    }

    /// The address and the scheme that `header` leads to when `tcp_peer` sends `headers`.
    fn peer(header: ForwardedHeader, tcp_peer: &str, headers: &[(&str, &str)]) -> (String, bool) {
        let peer = proxies(header).peer(&request(tcp_peer, headers));
        (peer.address.to_string(), peer.scheme_https)
    }

    fn address(header: ForwardedHeader, lines: &[&str]) -> String {
        let name = match header {
            ForwardedHeader::XForwardedFor => "x-forwarded-for",
            ForwardedHeader::Forwarded => "forwarded",
        };
        let headers: Vec<_> = lines.iter().map(|line| (name, *line)).collect();
        peer(header, PROXY, &headers).0
    }

    #[test]
    fn a_stranger_s_forwarded_headers_are_ignored() {
        let spoofed = [
            ("x-forwarded-for", "192.0.2.1"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "evil.example"),
            ("forwarded", "for=192.0.2.1;proto=https;host=evil.example"),
            ("x-real-ip", "192.0.2.1"),
        ];
        for header in [ForwardedHeader::XForwardedFor, ForwardedHeader::Forwarded] {
            assert_eq!(peer(header, STRANGER, &spoofed), (STRANGER.into(), false));
            assert_eq!(
                Proxies { header, ..Proxies::default() }
                    .peer(&request(PROXY, &spoofed))
                    .address
                    .to_string(),
                PROXY
            );
        }
    }

    #[test]
    fn a_header_that_the_proxies_do_not_write_is_ignored() {
        let both = [("x-forwarded-for", "192.0.2.1"), ("forwarded", "for=192.0.2.2")];
        assert_eq!(peer(ForwardedHeader::XForwardedFor, PROXY, &both).0, "192.0.2.1");
        assert_eq!(peer(ForwardedHeader::Forwarded, PROXY, &both).0, "192.0.2.2");
        assert_eq!(peer(ForwardedHeader::Forwarded, PROXY, &both[..1]).0, PROXY);
    }

    #[test]
    fn x_forwarded_for_names_the_nearest_hop_that_is_no_proxy() {
        let table: &[(&[&str], &str)] = &[
            (&["192.0.2.1"], "192.0.2.1"),
            (&["192.0.2.1, 10.0.0.2"], "192.0.2.1"),
            (&["192.0.2.66, 192.0.2.1,10.0.0.2"], "192.0.2.1"),
            (&["192.0.2.66", "192.0.2.1", "10.0.0.2"], "192.0.2.1"),
            (&["a", "192.0.2.1"], "192.0.2.1"),
            (&["a, 192.0.2.1"], "192.0.2.1"),
            (&["192.0.2.1:4711"], "192.0.2.1"),
            (&["2001:db8::1"], "2001:db8::1"),
            (&["[2001:db8::1]:4711, fd00::1"], "2001:db8::1"),
            (&["::ffff:192.0.2.1"], "192.0.2.1"),
            (&["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ];
        for (lines, expected) in table {
            assert_eq!(address(ForwardedHeader::XForwardedFor, lines), *expected, "{lines:?}");
        }
    }

    #[test]
    fn a_malformed_x_forwarded_for_leaves_the_tcp_peer() {
        let long = vec!["10.0.0.2"; HOPS_MAX + 1].join(",");
        for line in [
            "",
            "a",
            "unknown",
            "192.0.2.1, a",
            "192.0.2.1,",
            "192.0.2.1 192.0.2.2",
            "192.0.2.1:x",
            &long,
        ] {
            assert_eq!(address(ForwardedHeader::XForwardedFor, &[line]), PROXY, "{line:?}");
        }
    }

    #[test]
    fn forwarded_names_the_nearest_hop_that_is_no_proxy() {
        let table: &[(&[&str], &str)] = &[
            (&["for=192.0.2.1"], "192.0.2.1"),
            (&["For=192.0.2.1;proto=https;by=203.0.113.43, for=10.0.0.2"], "192.0.2.1"),
            (&["for=192.0.2.66, for=192.0.2.1"], "192.0.2.1"),
            (&["for=\"unclosed", "for=192.0.2.1"], "192.0.2.1"),
            (&["for=\"[2001:db8:cafe::17]:4711\""], "2001:db8:cafe::17"),
            (&["for=192.0.2.43 , for=\"[2001:db8:cafe::17]\""], "2001:db8:cafe::17"),
        ];
        for (lines, expected) in table {
            assert_eq!(address(ForwardedHeader::Forwarded, lines), *expected, "{lines:?}");
        }
    }

    #[test]
    fn a_malformed_forwarded_leaves_the_tcp_peer() {
        let lines = [
            "",
            "for",
            "for=",
            "for=unknown",
            "for=_hidden",
            "proto=https",
            "for=192.0.2.1, proto=https",
            "for=192.0.2.66;x=\", for=192.0.2.1",
            "for=192.0.2.66;x=\", for=\"[2001:db8::1]\"",
            "for=\"192.0.2.1\\\"\"",
            "for=192.0.2.1,",
            "b@d=1;for=192.0.2.1",
        ];
        for line in lines {
            assert_eq!(address(ForwardedHeader::Forwarded, &[line]), PROXY, "{line:?}");
        }
    }

    #[test]
    fn the_scheme_is_what_the_nearest_proxy_says() {
        let scheme = |proto| {
            let headers = [("x-forwarded-for", "192.0.2.1"), ("x-forwarded-proto", proto)];
            peer(ForwardedHeader::XForwardedFor, PROXY, &headers).1
        };
        assert!(scheme("https"));
        assert!(scheme("http, HTTPS"));
        assert!(!scheme("https, http"));
        assert!(!scheme("gopher"));
        let chain = "for=192.0.2.66;proto=http, for=192.0.2.1;proto=https, for=10.0.0.2;proto=http";
        assert!(peer(ForwardedHeader::Forwarded, PROXY, &[("forwarded", chain)]).1);
    }
}
