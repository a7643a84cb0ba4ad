//! The page on which a person decides what an application may have.

use askama::Template;
use protocol::permission::Permission;

use super::{Client, Shown};
use crate::pages::text::Text;

/// `GET /consent`. Posts `sign_in`, `shown`, `shown_claims` and `decision`, which is `allow` or `deny`.
#[derive(Debug, Clone, Template)]
#[template(path = "consent.html")]
pub struct ConsentPage {
    /// The words.
    pub text: Text,
    /// The opaque id of the sign-in this page belongs to.
    pub sign_in: String,
    /// All of `scopes` in one text, to the letter. The form gives it back, so that an `allow` is to what was seen.
    pub shown: String,
    /// All of `claims` in one text, for the same end.
    pub shown_claims: String,
    /// Who asks.
    pub client: Client,
    /// Where the browser goes afterwards: the host of the `redirect_uri`, or its scheme where it
    /// has no host.
    pub destination: Shown,
    /// The name the person signed in with.
    pub username: Shown,
    /// The scopes that are asked for, in the order they are shown.
    pub scopes: Vec<Shown>,
    /// The standard claims that are asked for one by one, and that none of the scopes has.
    pub claims: Vec<&'static str>,
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

    /// A standard claim in a person's words.
    fn claim(&self, claim: &str) -> String {
        self.text.get(words_of_claim(claim))
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

/// The words for what a client may see of somebody.
fn words_of_claim(claim: &str) -> &'static str {
    match claim {
        "name" => "consent-claim-name",
        "family_name" => "consent-claim-family-name",
        "given_name" => "consent-claim-given-name",
        "middle_name" => "consent-claim-middle-name",
        "nickname" => "consent-claim-nickname",
        "preferred_username" => "consent-claim-preferred-username",
        "profile" => "consent-claim-profile",
        "picture" => "consent-claim-picture",
        "website" => "consent-claim-website",
        "gender" => "consent-claim-gender",
        "birthdate" => "consent-claim-birthdate",
        "zoneinfo" => "consent-claim-zoneinfo",
        "locale" => "consent-claim-locale",
        "updated_at" => "consent-claim-updated-at",
        "email" => "consent-claim-email",
        "email_verified" => "consent-claim-email-verified",
        "address" => "consent-claim-address",
        "phone_number" => "consent-claim-phone-number",
        "phone_number_verified" => "consent-claim-phone-number-verified",
        // There is no other; if there were, nobody could be told less of it than that it is there.
        _ => "consent-claim-other",
    }
}
