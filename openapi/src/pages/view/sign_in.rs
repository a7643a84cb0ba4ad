//! The page on which a person types a username and a password.

use std::time::Duration;

use askama::Template;

use super::{Client, Shown};
use crate::pages::text::{Argument, Text};

/// `GET /login`, and the answer to a `POST /login` that did not let the person in.
///
/// Posts `sign_in`, `username`, `password` and, when ticked, `remember_me` (value `on`).
#[derive(Debug, Clone, Template)]
#[template(path = "sign_in.html")]
pub struct SignInPage {
    /// The words.
    pub text: Text,
    /// The opaque id of the sign-in this page belongs to.
    pub sign_in: String,
    /// Where the person is going.
    pub client: Client,
    /// Who is signing in.
    pub person: Person,
    /// Whether "keep me signed in" is ticked.
    pub remember_me: bool,
    /// Why the page is shown again.
    pub problem: Option<SignInProblem>,
}

/// Who is signing in.
#[derive(Debug, Clone)]
pub enum Person {
    /// Anybody; the username as typed so far, or empty.
    Anyone {
        /// What stands in the field.
        username: Shown,
    },
    /// An account that is already fixed and only confirms itself.
    Known {
        /// The name it signs in with.
        username: Shown,
        /// What the page gives as the reason.
        why: WhyAgain,
    },
}

/// Why somebody who is signed in is asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhyAgain {
    /// The client sent `prompt=login`.
    Asked,
    /// The last authentication is older than the client's `max_age`.
    TooOld,
}

/// Why the person was not let in. None of them tells whether an account exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInProblem {
    /// At least one field was empty.
    Empty {
        /// The username was.
        username: bool,
        /// The password was.
        password: bool,
    },
    /// No such username, wrong password, disabled account: all the same.
    WrongCredentials,
    /// Too many attempts.
    Locked {
        /// Until the next attempt is allowed.
        wait: Duration,
    },
    /// Too many others are being served.
    Busy,
}

impl SignInPage {
    fn username(&self) -> &Shown {
        match &self.person {
            Person::Anyone { username } | Person::Known { username, .. } => username,
        }
    }

    fn is_known(&self) -> bool {
        matches!(self.person, Person::Known { .. })
    }

    fn title(&self) -> String {
        self.text.get(if self.is_known() { "sign-in-again-title" } else { "sign-in-title" })
    }

    /// The title, which says first that something went wrong: a screen reader starts there.
    fn tab_title(&self) -> String {
        match self.problem {
            Some(_) => {
                let title = Argument::Words(self.title());
                self.text.with("title-with-problem", &[("title", title)])
            }
            None => self.title(),
        }
    }

    fn lead(&self) -> String {
        let key = match &self.person {
            Person::Anyone { .. } => "sign-in-lead",
            Person::Known { why: WhyAgain::Asked, .. } => "sign-in-again-asked",
            Person::Known { why: WhyAgain::TooOld, .. } => "sign-in-again-too-old",
        };
        self.text.with(key, &[("client", self.client.name.argument())])
    }

    fn username_is_missing(&self) -> bool {
        matches!(self.problem, Some(SignInProblem::Empty { username: true, .. }))
    }

    fn password_is_missing(&self) -> bool {
        matches!(self.problem, Some(SignInProblem::Empty { password: true, .. }))
    }

    fn is_wrong(&self) -> bool {
        self.problem == Some(SignInProblem::WrongCredentials)
    }

    /// The id of the element that says what is wrong with a field.
    fn described_by(&self, is_missing: bool, own: &'static str) -> Option<&'static str> {
        match self.problem {
            Some(SignInProblem::Empty { .. }) if is_missing => Some(own),
            Some(SignInProblem::Empty { .. }) | None => None,
            Some(_) => Some("problem-text"),
        }
    }

    /// Whether a person may want to get in sooner than by waiting.
    fn is_long(&self, wait: &Duration) -> bool {
        *wait >= Duration::from_secs(60)
    }

    fn locked(&self, wait: &Duration) -> String {
        self.text.with("sign-in-locked", &[("wait", self.text.wait(*wait))])
    }

    fn problem_title(&self, problem: &SignInProblem) -> String {
        self.text.get(match problem {
            SignInProblem::Empty { .. } => "sign-in-empty-title",
            SignInProblem::WrongCredentials => "sign-in-wrong-title",
            SignInProblem::Locked { .. } => "sign-in-locked-title",
            SignInProblem::Busy => "sign-in-busy-title",
        })
    }
}
