//! The pages of the relying party that `doorward dev` brings along.
//!
//! They show the application's side and must not be taken for the provider's.

use std::time::Duration;

use askama::Template;

use super::{Link, Shown};
use crate::pages::text::{Argument, Text};

/// `GET /demo`, signed out. Posts to `/demo/sign-in`.
#[derive(Debug, Clone, Template)]
#[template(path = "demo/start.html")]
pub struct DemoStartPage {
    /// The words.
    pub text: Text,
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
    /// `error_description`, or what the application found wrong itself.
    pub description: Shown,
    /// Where the person can try again.
    pub retry: Link,
}

/// One claim as it is shown.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Its name.
    pub name: Shown,
    /// Its value: text as it is, anything else as JSON.
    pub value: Shown,
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
        let wait = self.text.wait(self.access_token_remaining);
        self.text.with("demo-token-expiry", &[("wait", wait)])
    }

    fn refreshed(&self) -> String {
        let count = Argument::Number(self.refresh_count);
        self.text.with("demo-result-refreshed", &[("count", count)])
    }
}
