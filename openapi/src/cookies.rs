//! Our cookies: their names, their attributes, and how they are read (DESIGN 8).

use cookie::{Cookie, CookieBuilder, SameSite, time::Duration};
use flows::{Browser, Cookies, SessionChange, SessionCookie, StateCookie};
use poem::{
    Request, Response,
    http::{HeaderValue, header},
};
use protocol::{Secret, Token};

/// For how long a browser that is remembered keeps its session cookie. The session itself ends when it ends.
const REMEMBERED: Duration = Duration::days(400);

/// For how long a browser stays known; as long as its proof holds.
const DEVICE: Duration = Duration::days(180);

/// The names of our cookies. Under https each has the prefix `__Host-`, so that no other host, and no page of http, can
/// plant one (RFC 6265bis §4.1.3.2).
#[derive(Debug, Clone, Copy)]
pub(crate) struct CookieNames {
    is_https: bool,
    session: &'static str,
    browser: &'static str,
    device: &'static str,
    /// Only under https.
    state: &'static str,
}

impl CookieNames {
    pub(crate) const fn new(is_https: bool) -> Self {
        if is_https {
            Self {
                is_https,
                session: "__Host-doorward_session",
                browser: "__Host-doorward_browser",
                device: "__Host-doorward_device",
                state: "__Host-doorward_state",
            }
        } else {
            Self {
                is_https,
                session: "doorward_session",
                browser: "doorward_browser",
                device: "doorward_device",
                state: "doorward_state",
            }
        }
    }

    /// What the browser brings of us.
    pub(crate) fn read(&self, request: &Request) -> Browser {
        let found = |name| self.find(request, name);
        Browser {
            session: found(self.session).and_then(|text| SessionCookie::parse(&text).ok()),
            binding: found(self.browser).map(Token::presented),
            device: found(self.device).map(Secret::new),
            state: found(self.state),
        }
    }

    /// A cookie that is sent twice was planted beside ours: neither is believed (ATTACKS 11). What others send under our
    /// host may be of any bytes and any length, which the listener bounds: only ours has to be readable.
    fn find(&self, request: &Request, name: &str) -> Option<String> {
        let headers = request.headers().get_all(header::COOKIE).iter();
        let cookies = headers.flat_map(|header| header.as_bytes().split(|byte| *byte == b';'));
        let mut values = cookies.filter_map(|cookie| value_of(cookie, name));
        let (Some(value), None) = (values.next(), values.next()) else { return None };
        let text = std::str::from_utf8(value).ok().filter(|text| text.is_ascii())?;
        Some(text.to_owned())
    }

    /// Gives the browser what a flow has for it.
    pub(crate) fn write(&self, cookies: Cookies, response: &mut Response) {
        let Cookies { session, binding, device, state } = cookies;
        if matches!(session, Some(SessionChange::Removed)) {
            self.set_state(response, "", Some(Duration::ZERO));
        }
        match session {
            Some(SessionChange::Set { cookie, remembered }) => {
                let lifetime = remembered.then_some(REMEMBERED);
                self.set(response, (self.session, cookie.expose().expose()), lifetime);
            }
            Some(SessionChange::Removed) => {
                self.set(response, (self.session, ""), Some(Duration::ZERO))
            }
            None => {}
        }
        if let Some(binding) = binding {
            self.set(response, (self.browser, binding.expose()), None);
        }
        if let Some(device) = device {
            self.set(response, (self.device, device.expose()), Some(DEVICE));
        }
        if let Some(StateCookie { state, remembered }) = state {
            self.set_state(response, state.as_str(), remembered.then_some(REMEMBERED));
        }
    }

    /// The state that a page of ours reads in frames of clients (OpenID Connect Session Management 1.0 §3.2): for scripts, in
    /// frames, and worth nothing. A browser keeps such a cookie under https alone.
    fn set_state(&self, response: &mut Response, state: &str, lifetime: Option<Duration>) {
        if self.is_https {
            let cookie = Cookie::build((self.state, state)).same_site(SameSite::None);
            self.put(response, cookie, lifetime);
        }
    }

    fn set(
        &self,
        response: &mut Response,
        (name, value): (&'static str, &str),
        lifetime: Option<Duration>,
    ) {
        let cookie = Cookie::build((name, value)).http_only(true).same_site(SameSite::Lax);
        self.put(response, cookie, lifetime);
    }

    fn put(&self, response: &mut Response, cookie: CookieBuilder<'_>, lifetime: Option<Duration>) {
        let cookie = cookie.path("/").secure(self.is_https);
        let cookie = match lifetime {
            Some(lifetime) => cookie.max_age(lifetime),
            None => cookie,
        };
        if let Ok(mut value) = HeaderValue::from_str(&cookie.build().to_string()) {
            value.set_sensitive(true);
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
}

/// The value of `cookie` where it has this name (RFC 6265 §4.2.1).
fn value_of<'a>(cookie: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let mut halves = cookie.splitn(2, |byte| *byte == b'=');
    let (found, value) = (halves.next()?, halves.next()?);
    (found.trim_ascii() == name.as_bytes()).then(|| value.trim_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: CookieNames = CookieNames::new(true);

    /// What is found of our browser cookie in these headers.
    fn found(headers: &[&[u8]]) -> Option<String> {
        let mut request = Request::default();
        for header in headers {
            let value = HeaderValue::from_bytes(header).unwrap();
            request.headers_mut().append(header::COOKIE, value);
        }
        NAMES.find(&request, NAMES.browser)
    }

    #[test]
    fn ours_is_found_among_those_of_others_whatever_they_are() {
        let long =
            [b"a=".as_slice(), &[b'x'; 16 * 1024], b"; __Host-doorward_browser=ours"].concat();
        let headers: [&[&[u8]]; 7] = [
            &[b"__Host-doorward_browser=ours"],
            &[b"a=b;  __Host-doorward_browser = ours ;c=d"],
            &[b"a=caf\xe9; __Host-doorward_browser=ours"],
            &[b"caf\xc3\xa9=1; a; =; ; __Host-doorward_browser=ours"],
            &[b"a=\xff", b"__Host-doorward_browser=ours", b"b=\xff"],
            &[b"doorward_browser=planted; __Host-doorward_browser=ours"],
            &[&long],
        ];
        for headers in headers {
            assert_eq!(found(headers).as_deref(), Some("ours"), "{headers:?}");
        }
    }

    #[test]
    fn ours_counts_as_none_where_it_is_doubled_or_unreadable() {
        let headers: [&[&[u8]]; 6] = [
            &[],
            &[b"a=b"],
            &[b"__Host-doorward_browser=caf\xc3\xa9"],
            &[b"__Host-doorward_browser=ours; __Host-doorward_browser=ours"],
            &[b"__Host-doorward_browser=ours", b"__Host-doorward_browser=planted"],
            &[b"__Host-doorward_browser=\xff; __Host-doorward_browser=ours"],
        ];
        for headers in headers {
            assert_eq!(found(headers), None, "{headers:?}");
        }
    }

    #[test]
    fn a_value_is_all_that_follows_the_first_equals_sign() {
        let header: &[u8] = b"__Host-doorward_browser=a=b==";
        assert_eq!(found(&[header]).as_deref(), Some("a=b=="));
    }
}
