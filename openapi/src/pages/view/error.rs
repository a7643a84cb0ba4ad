//! The page that says what went wrong when no application can be told.

use std::time::Duration;

use askama::Template;

use super::{Back, Shown};
use crate::pages::text::Text;

/// The answer to a request that ends here, with whatever status fits.
#[derive(Debug, Clone, Template)]
#[template(path = "error.html")]
pub struct ErrorPage {
    /// The words.
    pub text: Text,
    /// What happened.
    pub kind: ErrorKind,
    /// Names the request in the log.
    pub request_id: Shown,
    /// Whether it names a refusal that operators may look up by it.
    pub is_refusal: bool,
    /// What a developer needs in order to mend it, in words of ours. Never for a 5xx.
    pub reason: Option<Shown>,
    /// Where the person can start again.
    pub back: Option<Back>,
}

/// What happened, as far as the person is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// No client has this `client_id`.
    UnknownClient,
    /// The client did not register this `redirect_uri`.
    RedirectUriNotRegistered,
    /// A parameter is missing, repeated, or not what it has to be.
    RequestMalformed,
    /// A page of a sign-in was opened by itself, without one.
    NoSignIn,
    /// The sign-in was open for too long.
    SignInExpired,
    /// The step was done before.
    SignInUsed,
    /// The sign-in belongs to another browser.
    OtherBrowser,
    /// Something that is needed does not answer.
    Unavailable {
        /// When to come back, as `Retry-After` says.
        retry_after: Option<Duration>,
    },
    /// More was asked from there, or in that name, than is answered within a while.
    TooMany {
        /// When to come back, as `Retry-After` says.
        retry_after: Duration,
    },
    /// The body or the address is longer than the limit.
    TooLarge,
    /// No page has this address.
    NotFound,
    /// Anything else.
    Generic,
}

impl ErrorPage {
    fn title(&self) -> String {
        self.text.get(match self.kind {
            ErrorKind::UnknownClient => "error-unknown-client-title",
            ErrorKind::RedirectUriNotRegistered => "error-redirect-title",
            ErrorKind::RequestMalformed => "error-malformed-title",
            ErrorKind::NoSignIn => "error-no-sign-in-title",
            ErrorKind::SignInExpired => "error-expired-title",
            ErrorKind::SignInUsed => "error-used-title",
            ErrorKind::OtherBrowser => "error-browser-title",
            ErrorKind::Unavailable { .. } => "error-unavailable-title",
            ErrorKind::TooMany { .. } => "error-too-many-title",
            ErrorKind::TooLarge => "error-too-large-title",
            ErrorKind::NotFound => "error-not-found-title",
            ErrorKind::Generic => "error-generic-title",
        })
    }

    fn what(&self) -> String {
        self.text.get(match self.kind {
            ErrorKind::UnknownClient => "error-unknown-client",
            ErrorKind::RedirectUriNotRegistered => "error-redirect",
            ErrorKind::RequestMalformed => "error-malformed",
            ErrorKind::NoSignIn => "error-no-sign-in",
            ErrorKind::SignInExpired => "error-expired",
            ErrorKind::SignInUsed => "error-used",
            ErrorKind::OtherBrowser => "error-browser",
            ErrorKind::Unavailable { .. } => "error-unavailable",
            ErrorKind::TooMany { .. } => "error-too-many",
            ErrorKind::TooLarge => "error-too-large",
            ErrorKind::NotFound => "error-not-found",
            ErrorKind::Generic => "error-generic",
        })
    }

    fn what_to_do(&self) -> String {
        self.text.get(match self.kind {
            ErrorKind::UnknownClient => "error-unknown-client-help",
            ErrorKind::RedirectUriNotRegistered => "error-redirect-help",
            ErrorKind::RequestMalformed => "error-malformed-help",
            ErrorKind::NoSignIn => "error-no-sign-in-help",
            ErrorKind::SignInExpired => "error-expired-help",
            ErrorKind::SignInUsed => "error-used-help",
            ErrorKind::OtherBrowser => "error-browser-help",
            ErrorKind::Unavailable { retry_after: Some(wait) } => {
                let wait = self.text.wait(wait);
                return self.text.with("error-unavailable-help-wait", &[("wait", wait)]);
            }
            ErrorKind::Unavailable { retry_after: None } => "error-unavailable-help",
            ErrorKind::TooMany { retry_after } => {
                let wait = self.text.wait(retry_after);
                return self.text.with("error-too-many-help", &[("wait", wait)]);
            }
            ErrorKind::TooLarge => "error-too-large-help",
            ErrorKind::NotFound => "error-not-found-help",
            ErrorKind::Generic => "error-generic-help",
        })
    }
}
