//! The page on which a person chooses another password.

use askama::Template;

use super::{Client, Shown};
use crate::pages::text::{Argument, Text};

/// `GET /login` of somebody whose password was right and must be replaced, and the answer to a choice that cannot be.
///
/// Posts `sign_in` and `new_password`.
#[derive(Debug, Clone, Template)]
#[template(path = "new_password.html")]
pub struct NewPasswordPage {
    /// The words.
    pub text: Text,
    /// The opaque id of the sign-in this page belongs to.
    pub sign_in: String,
    /// Where the person is going.
    pub client: Client,
    /// The name the person signs in with, under which the browser may keep the password.
    pub username: Shown,
    /// Why the page is shown again.
    pub problem: Option<NewPasswordProblem>,
}

/// Why what was typed cannot be the new password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewPasswordProblem {
    /// Nothing was typed.
    Empty,
    /// It is longer than a password may be.
    TooLong,
    /// It is the old one.
    Same,
}

impl NewPasswordPage {
    /// The title, which says first that something went wrong: a screen reader starts there.
    fn tab_title(&self) -> String {
        let title = self.text.get("new-password-title");
        match self.problem {
            Some(_) => {
                let title = Argument::Words(title);
                self.text.with("title-with-problem", &[("title", title)])
            }
            None => title,
        }
    }

    fn problem_title(&self, problem: &NewPasswordProblem) -> String {
        self.text.get(match problem {
            NewPasswordProblem::Empty => "new-password-empty-title",
            NewPasswordProblem::TooLong => "new-password-too-long-title",
            NewPasswordProblem::Same => "new-password-same-title",
        })
    }

    fn problem_words(&self, problem: &NewPasswordProblem) -> String {
        self.text.get(match problem {
            NewPasswordProblem::Empty => "new-password-empty",
            NewPasswordProblem::TooLong => "new-password-too-long",
            NewPasswordProblem::Same => "new-password-same",
        })
    }
}
