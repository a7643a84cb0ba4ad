//! The page on which a person decides what an application may have.

use askama::Template;

use super::{Client, Shown};
use crate::pages::text::Text;

/// `GET /consent`. Posts `sign_in` and `decision`, which is `allow` or `deny`.
#[derive(Debug, Clone, Template)]
#[template(path = "consent.html")]
pub struct ConsentPage {
    /// The words.
    pub text: Text,
    /// The opaque id of the sign-in this page belongs to.
    pub sign_in: String,
    /// Who asks.
    pub client: Client,
    /// Where the browser goes afterwards: the host of the `redirect_uri`, or its scheme where it
    /// has no host.
    pub destination: Shown,
    /// The name the person signed in with.
    pub username: Shown,
    /// The scopes that are asked for, in the order they are shown.
    pub scopes: Vec<Shown>,
    /// Whether an `allow` holds for the next time too.
    pub remembered: bool,
}

/// A scope in a person's words.
struct ScopeWords {
    title: String,
    detail: String,
}

impl ConsentPage {
    fn scope(&self, scope: &Shown) -> ScopeWords {
        let (title, detail) = match scope.as_str() {
            "openid" => ("scope-openid", "scope-openid-detail"),
            "profile" => ("scope-profile", "scope-profile-detail"),
            "email" => ("scope-email", "scope-email-detail"),
            "address" => ("scope-address", "scope-address-detail"),
            "phone" => ("scope-phone", "scope-phone-detail"),
            "offline_access" => ("scope-offline", "scope-offline-detail"),
            _ => return self.other_scope(scope),
        };
        ScopeWords { title: self.text.get(title), detail: self.text.get(detail) }
    }

    fn other_scope(&self, scope: &Shown) -> ScopeWords {
        ScopeWords {
            title: self.text.with("scope-other", &[("scope", scope.argument())]),
            detail: self.text.get("scope-other-detail"),
        }
    }

    fn permanence(&self) -> String {
        let key = if self.remembered { "consent-remembered" } else { "consent-not-remembered" };
        self.text.with(key, &[("client", self.client.name.argument())])
    }
}
