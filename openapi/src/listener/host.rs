//! Whom a request was sent to. We follow it in nothing; but who stands before us might, and must not read another host in
//! the same request than the next one does.

use hyper::{
    Request, Version,
    header::{HOST, HeaderValue},
    http::uri::Authority,
};

/// Whether `request` says at most once whom it was sent to, by a host and perhaps a port, and under HTTP/1.1 says it (RFC
/// 9112 §3.2). HTTP/2 has a field of its own for it, which its framing checks.
pub(super) fn is_one<B>(request: &Request<B>) -> bool {
    let mut hosts = request.headers().get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) => request.version() != Version::HTTP_11,
        (Some(host), None) => is_host(host),
        (Some(_), Some(_)) => false,
    }
}

/// `uri-host [ ":" port ]` (RFC 9110 §7.2). Empty where the request is for no host.
fn is_host(value: &HeaderValue) -> bool {
    if value.is_empty() {
        return true;
    }
    let authority = Authority::try_from(value.as_bytes());
    authority.is_ok_and(|authority| !authority.as_str().contains('@'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_accepted(version: Version, hosts: &[&str]) -> bool {
        let request = Request::builder().version(version);
        let request = hosts.iter().fold(request, |request, host| request.header(HOST, *host));
        is_one(&request.body(()).unwrap())
    }

    #[test]
    fn a_request_names_one_host() {
        for host in ["a", "a.example:443", "127.0.0.1", "[::1]:8080", "a_b", ""] {
            for version in [Version::HTTP_10, Version::HTTP_11, Version::HTTP_2] {
                assert!(is_accepted(version, &[host]), "{host:?} {version:?}");
            }
        }
        assert!(is_accepted(Version::HTTP_10, &[]));
        assert!(is_accepted(Version::HTTP_2, &[]));
    }

    #[test]
    fn none_two_or_what_is_no_host_is_refused() {
        assert!(!is_accepted(Version::HTTP_11, &[]));
        for version in [Version::HTTP_10, Version::HTTP_11, Version::HTTP_2] {
            for hosts in [["a", "a"], ["a", "b"], ["", "a"]] {
                assert!(!is_accepted(version, &hosts), "{hosts:?} {version:?}");
            }
            for host in ["a b", "a/b", "someone@a", "a?b", "[::1", "a:b:c", "http://a"] {
                assert!(!is_accepted(version, &[host]), "{host:?} {version:?}");
            }
        }
    }
}
