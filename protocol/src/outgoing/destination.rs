//! An address to which a request of ours might go, taken apart once: who reads it later reads the same.

use std::net::IpAddr;

use url::{Host, Position, Url};

/// Bytes of such an address.
pub const URI_BYTES_MAX: usize = 2048;

/// An absolute `https` or `http` address without a user. Whether anything may be sent there is not said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    url: Url,
    host: Host<String>,
    port: u16,
}

/// A text that is no address to which a request can go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is no absolute https address without a user, of at most 2048 bytes")]
pub struct NotADestination;

impl Destination {
    /// Reads it as a browser does, so that `0x7f.1`, `127.0.0.1.` and `①②⑦.1` are the addresses that they are.
    pub fn read(text: &str) -> Result<Self, NotADestination> {
        if text.len() > URI_BYTES_MAX {
            return Err(NotADestination);
        }
        let url = Url::parse(text).map_err(|_| NotADestination)?;
        let is_fit = matches!(url.scheme(), "https" | "http")
            && url.username().is_empty()
            && url.password().is_none()
            && url.as_str().len() <= URI_BYTES_MAX;
        let port = url.port_or_known_default().filter(|port| *port != 0);
        let host = url.host().filter(|_| is_fit).ok_or(NotADestination)?.to_owned();
        if matches!(&host, Host::Domain(name) if name.trim_end_matches('.').is_empty()) {
            return Err(NotADestination);
        }
        Ok(Self { host, port: port.ok_or(NotADestination)?, url })
    }

    /// Whether what is sent is encrypted.
    pub fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// The address that stands in the place of a name.
    pub fn address(&self) -> Option<IpAddr> {
        match self.host {
            Host::Ipv4(address) => Some(address.into()),
            Host::Ipv6(address) => Some(address.into()),
            Host::Domain(_) => None,
        }
    }

    /// The name of the host, without the dot that may end it, or its address.
    pub fn host(&self) -> String {
        match &self.host {
            Host::Domain(name) => name.strip_suffix('.').unwrap_or(name).to_owned(),
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => address.to_string(),
        }
    }

    /// The name to resolve. One that ends with a dot is complete: nothing is added to it.
    pub fn name(&self) -> Option<&str> {
        self.url.domain()
    }

    /// The port.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The `Host` of a request (RFC 9112 §3.2).
    pub fn authority(&self) -> &str {
        self.url.authority()
    }

    /// What is asked for there (RFC 9112 §3.2.1). A fragment stays here.
    pub fn target(&self) -> &str {
        &self.url[Position::BeforePath..Position::AfterQuery]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_names_no_place_or_a_user_is_refused() {
        for text in [
            "",
            "client.example",
            "//client.example/",
            "/jwks",
            "ftp://client.example/",
            "file:///etc/passwd",
            "gopher://client.example/",
            "javascript:alert(1)",
            "data:application/json,{}",
            "https://",
            "https://user@client.example/",
            "https://:password@client.example/",
            "https://client.example:0/",
            "https://client.example:65536/",
            "https://exa mple/",
            "https://./",
            "https://[::1",
            "https://127.0.0.0x100/",
        ] {
            assert_eq!(Destination::read(text), Err(NotADestination), "{text}");
        }
        let long = format!("https://client.example/{}", "a".repeat(URI_BYTES_MAX));
        assert_eq!(Destination::read(&long), Err(NotADestination));
    }

    /// A30: however an address is spelt, it is known for an address.
    #[test]
    fn every_spelling_of_an_address_is_that_address() {
        for host in [
            "127.0.0.1",
            "127.0.0.1.",
            "127.1",
            "0x7f.1",
            "0x7f000001",
            "2130706433",
            "017700000001",
            "0177.0.0.1",
            "%31%32%37.0.0.1",
            "①②⑦.0.0.1",
            "127。0。0。1",
        ] {
            let read = Destination::read(&format!("https://{host}/jwks")).unwrap();
            assert_eq!(read.address(), Some(IpAddr::from([127, 0, 0, 1])), "{host}");
            assert_eq!(read.name(), None);
        }
        let mapped = Destination::read("https://[::ffff:127.0.0.1]/").unwrap();
        assert_eq!(mapped.address().unwrap().to_canonical(), IpAddr::from([127, 0, 0, 1]));
    }

    #[test]
    fn a_name_is_one_name_in_all_its_spellings() {
        for host in ["client.example", "CLIENT.Example", "ｃlient.example", "client.example."] {
            let read = Destination::read(&format!("https://{host}/")).unwrap();
            assert_eq!(read.host(), "client.example");
            assert_eq!(read.address(), None);
        }
        let idn = Destination::read("https://bücher.example:8443/a?b=c#d").unwrap();
        assert_eq!((idn.host().as_str(), idn.port()), ("xn--bcher-kva.example", 8443));
        assert_eq!(idn.authority(), "xn--bcher-kva.example:8443");
        assert_eq!(idn.target(), "/a?b=c");
        assert!(idn.is_https());
        let bare = Destination::read("http://client.example?x").unwrap();
        assert_eq!((bare.target(), bare.port(), bare.is_https()), ("/?x", 80, false));
    }
}
