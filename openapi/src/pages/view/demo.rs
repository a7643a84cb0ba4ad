//! The pages of the relying party that `doorward dev` brings along.
//!
//! They show the application's side and must not be taken for the provider's.

use std::time::Duration;

use askama::Template;

use super::{Instant, Link, Shown};
use crate::pages::text::{Argument, Text};

/// `GET /demo`, signed out. Posts to `/demo/sign-in`, with `answer` where the answer is to come in a form.
#[derive(Debug, Clone, Template)]
#[template(path = "demo/start.html")]
pub struct DemoStartPage {
    /// The words.
    pub text: Text,
    /// Whether the person has just signed out.
    pub is_signed_out: bool,
}

/// `GET /demo`, signed in. Posts to `/demo/refresh` or `/demo/sign-out`.
#[derive(Debug, Clone, Template)]
#[template(path = "demo/result.html")]
pub struct DemoResultPage {
    /// The words.
    pub text: Text,
    /// How to greet the person.
    pub name: Shown,
    /// Who vouches for it.
    pub issuer: Shown,
    /// Claims of the ID token, after its signature was verified.
    pub id_token: Vec<Claim>,
    /// Claims of the userinfo answer.
    pub userinfo: Vec<Claim>,
    /// The scopes that were granted.
    pub scopes: Vec<Shown>,
    /// How long the access token still lives.
    pub access_token_remaining: Duration,
    /// Whether there is a refresh token.
    pub has_refresh_token: bool,
    /// How many times the tokens were refreshed since the sign-in.
    pub refresh_count: u64,
}

/// What a failed sign-in looks like from the application.
#[derive(Debug, Clone, Template)]
#[template(path = "demo/error.html")]
pub struct DemoErrorPage {
    /// The words.
    pub text: Text,
    /// The OAuth error code (RFC 6749 §4.1.2.1, §5.2).
    pub error: Shown,
    /// `error_description`, or what the application found wrong itself; may be empty.
    pub description: Shown,
    /// Whose words these are.
    pub refused_by: RefusedBy,
    /// Where the person can try again.
    pub retry: Link,
}

/// Who did not let a sign-in complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusedBy {
    /// The provider answered with an error.
    Provider,
    /// The application did not accept what came back.
    Application,
}

/// One claim as it is shown.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Its name.
    pub name: Shown,
    /// What it says.
    pub value: ClaimValue,
}

/// What a claim says.
#[derive(Debug, Clone)]
pub enum ClaimValue {
    /// Text as it is, anything else as JSON.
    Plain(Shown),
    /// An instant, which is told beside its number.
    Instant(Instant),
    /// The members of an object.
    Members(Vec<Member>),
}

/// A member of a claim that is an object (`address`, OpenID Connect Core 1.0 §5.1.1).
#[derive(Debug, Clone)]
pub struct Member {
    /// Its name.
    pub name: Shown,
    /// Its text, a line each.
    pub lines: Vec<Shown>,
}

impl Claim {
    /// What the claim is for, for the claims an ID token has (OpenID Connect Core 1.0 §2).
    fn meaning(&self, text: &Text) -> Option<String> {
        Some(text.get(match self.name.as_str() {
            "iss" => "claim-iss",
            "sub" => "claim-sub",
            "aud" => "claim-aud",
            "exp" => "claim-exp",
            "iat" => "claim-iat",
            "auth_time" => "claim-auth-time",
            "nonce" => "claim-nonce",
            "acr" => "claim-acr",
            "amr" => "claim-amr",
            "azp" => "claim-azp",
            "at_hash" => "claim-at-hash",
            "sid" => "claim-sid",
            _ => return None,
        }))
    }
}

impl DemoResultPage {
    fn expiry(&self) -> String {
        if self.access_token_remaining.is_zero() {
            return self.text.get("demo-token-expired");
        }
        let wait = self.text.wait(self.access_token_remaining);
        self.text.with("demo-token-expiry", &[("wait", wait)])
    }

    fn refreshed(&self) -> String {
        let count = Argument::Number(self.refresh_count);
        self.text.with("demo-result-refreshed", &[("count", count)])
    }
}

impl DemoErrorPage {
    fn lead(&self) -> String {
        self.text.get(match self.refused_by {
            RefusedBy::Provider => "demo-error-lead",
            RefusedBy::Application => "demo-error-lead-own",
        })
    }
}
