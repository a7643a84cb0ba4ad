//! Our cookies: their names, their attributes, and how they are read (DESIGN 8).

use cookie::{Cookie, SameSite, time::Duration};
use flows::{Browser, Cookies, SessionChange, SessionCookie};
use poem::{
    Request, Response,
    http::{HeaderValue, header},
};
use protocol::{Secret, Token};

/// The longest `Cookie` header that is read, in bytes.
const HEADER_BYTES_MAX: usize = 8192;

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
}

impl CookieNames {
    pub(crate) const fn new(is_https: bool) -> Self {
        if is_https {
            Self {
                is_https,
                session: "__Host-doorward_session",
                browser: "__Host-doorward_browser",
                device: "__Host-doorward_device",
            }
        } else {
            Self {
                is_https,
                session: "doorward_session",
                browser: "doorward_browser",
                device: "doorward_device",
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
        }
    }

    /// A cookie that is sent twice was planted beside ours: neither is believed (ATTACKS 11).
    fn find(&self, request: &Request, name: &str) -> Option<String> {
        let mut found = None;
        for header in request.headers().get_all(header::COOKIE) {
            let header = header.to_str().ok().filter(|header| header.len() <= HEADER_BYTES_MAX)?;
            for cookie in
                Cookie::split_parse(header).flatten().filter(|cookie| cookie.name() == name)
            {
                if found.is_some() {
                    return None;
                }
                found = Some(cookie.value().to_owned());
            }
        }
        found
    }

    /// Gives the browser what a flow has for it.
    pub(crate) fn write(&self, cookies: Cookies, response: &mut Response) {
        let Cookies { session, binding, device } = cookies;
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
    }

    fn set(
        &self,
        response: &mut Response,
        (name, value): (&'static str, &str),
        lifetime: Option<Duration>,
    ) {
        let cookie = Cookie::build((name, value))
            .path("/")
            .http_only(true)
            .secure(self.is_https)
            .same_site(SameSite::Lax);
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
