//! What every endpoint stands on: the flows, and whose provider it is that answers.

use std::{net::IpAddr, sync::Arc};

use flows::{Context, Flows};
use poem::{Request, http::header::USER_AGENT};
use protocol::{Realm, redirect_uri::RegistrationPolicy};
use url::Url;

use crate::{cookies::CookieNames, listener::Arrival, pages::view::Mode};

/// Whose provider answers, and how. Cheap to clone.
#[derive(Clone)]
pub struct Provider(Arc<Parts>);

/// What a [`Provider`] is made of.
pub struct Parts {
    /// What happens on a request.
    pub flows: Flows,
    /// The realm that is served.
    pub realm: Realm,
    /// The issuer: scheme, host and perhaps a port. Links, cookies and tokens follow it and never `Host`.
    pub issuer: Url,
    /// Whether a developer or an end-user is the reader of the first page.
    pub mode: Mode,
}

/// The longest `User-Agent` that is kept, in bytes.
const USER_AGENT_BYTES_MAX: usize = 256;

impl Provider {
    /// Over these parts.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// The issuer as tokens and the discovery document write it: without a slash at its end.
    pub(crate) fn issuer(&self) -> &str {
        self.0.issuer.as_str().trim_end_matches('/')
    }

    /// The names and attributes of our cookies.
    pub(crate) fn cookie_names(&self) -> CookieNames {
        CookieNames::new(self.is_https())
    }

    /// Whether browsers reach us by https.
    pub(crate) fn is_https(&self) -> bool {
        self.0.issuer.scheme() == "https"
    }

    /// Which redirect URIs operators may register. A developer's applications are at `localhost`.
    pub(crate) fn registration(&self) -> RegistrationPolicy {
        let is_dev = self.0.mode == Mode::Dev;
        RegistrationPolicy { http_localhost: is_dev, schemes_without_dot: is_dev }
    }

    /// The surroundings of `request`.
    pub(crate) fn context(&self, request: &Request) -> Context {
        let (address, request_id) = match Arrival::of(request) {
            Some(arrival) => (arrival.peer.address, arrival.request_id.to_string()),
            None => (IpAddr::from([0; 4]), String::new()),
        };
        Context {
            realm: self.0.realm.clone(),
            issuer: self.issuer().to_owned(),
            address,
            user_agent: request.header(USER_AGENT).map(shortened),
            request_id,
            tally: request.extensions().get().cloned().unwrap_or_default(),
        }
    }
}

impl std::ops::Deref for Provider {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

fn shortened(text: &str) -> String {
    text.get(..text.floor_char_boundary(USER_AGENT_BYTES_MAX)).unwrap_or_default().to_owned()
}
