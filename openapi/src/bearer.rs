//! The token in the `Authorization` header (RFC 6750 §2.1), read as it came: a malformed header is not an absent one.

use poem::{Request, http::header};
use protocol::Secret;

/// Credentials that are not of RFC 6750 §2.1, although they claim to be.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MalformedBearer {
    /// Several headers: one would have to be chosen.
    #[error("there is more than one Authorization header")]
    Repeated,
    /// No token, or one of other characters than ASCII has.
    #[error("the Authorization header has no bearer token")]
    NoToken,
}

/// The token of the `Authorization` header. Credentials of another scheme are none for us (RFC 6750 §3.1).
pub(crate) fn bearer(request: &Request) -> Result<Option<Secret<String>>, MalformedBearer> {
    let mut headers = request.headers().get_all(header::AUTHORIZATION).iter();
    let Some(credentials) = headers.next().map(|header| header.as_bytes()) else { return Ok(None) };
    if headers.next().is_some() {
        return Err(MalformedBearer::Repeated);
    }
    let mut halves = credentials.trim_ascii().splitn(2, |byte| *byte == b' ');
    if !halves.next().is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"bearer")) {
        return Ok(None);
    }
    let token = halves.next().and_then(|token| std::str::from_utf8(token).ok()).map(str::trim);
    let token = token.filter(|token| !token.is_empty() && token.is_ascii());
    let token = token.ok_or(MalformedBearer::NoToken)?;
    Ok(Some(Secret::new(token.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(headers: &[&str]) -> Result<Option<String>, MalformedBearer> {
        let request = Request::builder();
        let request = headers
            .iter()
            .fold(request, |request, header| request.header(header::AUTHORIZATION, *header));
        bearer(&request.finish()).map(|token| token.map(|token| token.expose().clone()))
    }

    #[test]
    fn a_bearer_token_is_read_whatever_the_case_of_its_scheme() {
        for header in ["Bearer abc", "bearer abc", "BEARER   abc "] {
            assert_eq!(read(&[header]).unwrap().as_deref(), Some("abc"), "{header}");
        }
    }

    #[test]
    fn credentials_of_another_scheme_are_none() {
        for header in ["Basic eDp5", "DPoP abc", "Negotiate", "Bearerabc", "Bearers abc", ""] {
            assert_eq!(read(&[header]).unwrap(), None, "{header}");
        }
        assert_eq!(read(&[]).unwrap(), None);
    }

    #[test]
    fn malformed_bearer_credentials_are_not_none() {
        for headers in
            [&["Bearer"][..], &["Bearer "], &["bearer \u{e9}"], &["Bearer a", "Bearer a"]]
        {
            assert!(read(headers).is_err(), "{headers:?}");
        }
        assert!(matches!(read(&["Basic a", "Bearer a"]), Err(MalformedBearer::Repeated)));
    }
}
