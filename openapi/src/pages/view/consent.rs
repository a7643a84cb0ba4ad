//! The page on which a person decides what an application may have.

use askama::Template;
use protocol::permission::Permission;

use super::{Client, Shown};
use crate::pages::text::Text;

/// `GET /consent`. Posts `sign_in`, `shown` and `decision`, which is `allow` or `deny`.
#[derive(Debug, Clone, Template)]
#[template(path = "consent.html")]
pub struct ConsentPage {
    /// The words.
    pub text: Text,
    /// The opaque id of the sign-in this page belongs to.
    pub sign_in: String,
    /// All of `scopes` in one text, to the letter. The form gives it back, so that an `allow` is to what was seen.
    pub shown: String,
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

    /// What a client may be registered for, or an operator may do.
    fn other_scope(&self, scope: &Shown) -> ScopeWords {
        if let Ok(permission) = scope.as_str().parse() {
            return ScopeWords {
                title: self.text.get(words_of(permission)),
                detail: self.text.with("permission-detail", &[("scope", scope.argument())]),
            };
        }
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

/// The words for what an operator may do.
fn words_of(permission: Permission) -> &'static str {
    match permission {
        Permission::ClientsRead => "permission-clients-read",
        Permission::ClientsWrite => "permission-clients-write",
        Permission::AccountsRead => "permission-accounts-read",
        Permission::AccountsWrite => "permission-accounts-write",
        Permission::SessionsRead => "permission-sessions-read",
        Permission::SessionsWrite => "permission-sessions-write",
        Permission::LockoutsRead => "permission-lockouts-read",
        Permission::LockoutsWrite => "permission-lockouts-write",
        Permission::KeysRead => "permission-keys-read",
        Permission::KeysWrite => "permission-keys-write",
        Permission::SettingsRead => "permission-settings-read",
        Permission::SettingsWrite => "permission-settings-write",
        Permission::AuditRead => "permission-audit-read",
        Permission::RevocationsRead => "permission-revocations-read",
        Permission::RevocationsWrite => "permission-revocations-write",
        Permission::OperatorsRead => "permission-operators-read",
        Permission::OperatorsWrite => "permission-operators-write",
    }
}
