//! Places to which requests may be sent that would be refused otherwise.

use std::{fmt, net::SocketAddr};

use schemars::json_schema;
use url::Host;

use super::{
    network::Network,
    text::{Text, written_as_text},
};

/// A host or an address with a port, or a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opening {
    /// A host by its name, in lower case and as DNS has it, and a port.
    Host {
        /// The name.
        name: String,
        /// The port.
        port: u16,
    },
    /// One address and port.
    Address(SocketAddr),
    /// An address at every port, or a range of them.
    Network(Network),
}

impl fmt::Display for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host { name, port } => write!(f, "{name}:{port}"),
            Self::Address(address) => address.fmt(f),
            Self::Network(network) => network.fmt(f),
        }
    }
}

impl Text for Opening {
    fn expected() -> String {
        r#"a host with its port or a network, such as "keys.example.org:8443", "127.0.0.1:9000" or "10.1.0.0/16""#
            .into()
    }

    fn read(text: &str) -> Result<Self, String> {
        if let Ok(address) = text.parse::<SocketAddr>() {
            let is_whole = address.port() != 0 && address.ip() == address.ip().to_canonical();
            return is_whole.then_some(Self::Address(address)).ok_or_else(Self::expected);
        }
        match text.rsplit_once(':') {
            Some((host, port)) if !host.contains(':') => {
                let port = port.parse().ok().filter(|port: &u16| *port != 0);
                let host = name(host).zip(port).ok_or_else(Self::expected)?;
                Ok(Self::Host { name: host.0, port: host.1 })
            }
            _ => Network::read(text).map(Self::Network).map_err(|instead| {
                if instead == Network::expected() { Self::expected() } else { instead }
            }),
        }
    }
}

/// A name as DNS has it. A pattern is none.
fn name(host: &str) -> Option<String> {
    let Ok(Host::Domain(name)) = Host::parse(host) else { return None };
    let name = name.strip_suffix('.').unwrap_or(&name);
    let is_name = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    (!name.is_empty() && name.chars().all(is_name)).then(|| name.to_owned())
}

written_as_text!(Opening, json_schema!({ "type": "string", "minLength": 2, "maxLength": 260 }));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_an_address_and_a_network_are_told_apart() {
        for (text, shown) in [
            ("keys.example.org:8443", "keys.example.org:8443"),
            ("KEYS.Example.org.:8443", "keys.example.org:8443"),
            ("bücher.example:443", "xn--bcher-kva.example:443"),
            ("localhost:3000", "localhost:3000"),
            ("127.0.0.1:9000", "127.0.0.1:9000"),
            ("[::1]:9000", "[::1]:9000"),
            ("10.1.0.0/16", "10.1.0.0/16"),
            ("10.1.2.3", "10.1.2.3"),
            ("fd00::/8", "fd00::/8"),
            ("::1", "::1"),
        ] {
            assert_eq!(Opening::read(text).unwrap().to_string(), shown);
        }
    }

    #[test]
    fn a_host_without_its_port_and_everything_at_once_are_refused() {
        for text in [
            "",
            "keys.example.org",
            "keys.example.org:0",
            "keys.example.org:65536",
            "keys.example.org:https",
            "https://keys.example.org:443",
            "*.example.org:443",
            ":443",
            "0.0.0.0/0",
            "::/0",
            "127.0.0.1:0",
            "127.1:80",
            "[::ffff:127.0.0.1]:80",
            "user@keys.example.org:443",
        ] {
            assert!(Opening::read(text).is_err(), "{text:?} was read");
        }
        assert!(Opening::read("10.1.2.3/16").unwrap_err().contains("10.1.0.0/16"));
    }
}
