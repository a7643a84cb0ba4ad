//! The cookies of one browser, kept and sent as browsers do (RFC 6265bis): `__Host-`, `Secure`, `SameSite`, `Max-Age`.

use std::{collections::BTreeMap, time::Duration};

use protocol::Timestamp;

/// A cookie that is kept.
#[derive(Debug, Clone)]
struct Kept {
    value: String,
    is_secure: bool,
    is_same_site: bool,
    /// Nothing for one that goes with the window.
    expires_at: Option<Timestamp>,
}

/// All cookies for the provider.
#[derive(Debug, Clone, Default)]
pub(crate) struct Jar(BTreeMap<String, Kept>);

impl Jar {
    /// Takes what `Set-Cookie` says. What a browser would refuse is a fault of ours.
    pub(super) fn take(&mut self, set_cookie: &str, is_https: bool, now: Timestamp) {
        let mut parts = set_cookie.split(';').map(str::trim);
        let (name, value) = parts.next().and_then(|pair| pair.split_once('=')).expect("a cookie");
        let attributes: BTreeMap<String, &str> = parts
            .map(|part| part.split_once('=').unwrap_or((part, "")))
            .map(|(name, value)| (name.to_lowercase(), value))
            .collect();
        let is_secure = attributes.contains_key("secure");
        assert!(is_https || !is_secure, "a browser drops a Secure cookie over http: {set_cookie}");
        // The one that a page of ours reads in frames, and that opens nothing.
        let is_state = name.ends_with("doorward_state");
        let is_hidden = attributes.contains_key("httponly");
        assert!(is_state || is_hidden, "a script could read it: {set_cookie}");
        if name.starts_with("__Host-") {
            let is_bound = is_secure && attributes.get("path") == Some(&"/");
            assert!(is_bound && !attributes.contains_key("domain"), "dropped: {set_cookie}");
        }
        let lifetime = attributes.get("max-age").map(|age| age.parse().expect("seconds"));
        if lifetime == Some(0) {
            self.0.remove(name);
            return;
        }
        let kept = Kept {
            value: value.to_owned(),
            is_secure,
            is_same_site: matches!(attributes.get("samesite"), Some(&"Lax" | &"Strict")),
            expires_at: lifetime.map(|seconds| now + Duration::from_secs(seconds)),
        };
        self.0.insert(name.to_owned(), kept);
    }

    /// The `Cookie` header of a request; nothing where there is nothing to send.
    pub(super) fn header(&self, is_cross_site_post: bool, now: Timestamp) -> Option<String> {
        let is_sent = |kept: &Kept| {
            kept.expires_at.is_none_or(|at| now < at) && !(is_cross_site_post && kept.is_same_site)
        };
        let sent = self.0.iter().filter(|(_, kept)| is_sent(kept));
        let pairs: Vec<_> = sent.map(|(name, kept)| format!("{name}={}", kept.value)).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    /// The value of a cookie whose name ends so.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known.ends_with(name));
        found.map(|(_, kept)| kept.value.as_str())
    }

    /// Plants a cookie, as a page of http or another host under the same domain could.
    pub(crate) fn plant(&mut self, name: &str, value: &str) {
        let kept = Kept {
            value: value.to_owned(),
            is_secure: false,
            is_same_site: false,
            expires_at: None,
        };
        self.0.insert(name.to_owned(), kept);
    }

    /// The window is closed: what was not to be kept is gone.
    pub(super) fn close_window(&mut self) {
        self.0.retain(|_, kept| kept.expires_at.is_some());
    }

    /// Whether every cookie is for https alone.
    pub(crate) fn is_secure(&self) -> bool {
        self.0.values().all(|kept| kept.is_secure)
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }
}
