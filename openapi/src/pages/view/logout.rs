//! The pages around signing out: the question, and the word that it is done.

use askama::Template;

use super::{Back, Link, Shown};
use crate::pages::text::Text;

/// `GET /logout`: asks, because anybody can make a browser come here
/// (OpenID Connect RP-Initiated Logout 1.0 §2). Posts `logout`.
#[derive(Debug, Clone, Template)]
#[template(path = "logout.html")]
pub struct LogoutPage {
    /// The words.
    pub text: Text,
    /// The opaque id of the logout that is confirmed.
    pub logout: String,
    /// Who is signed in.
    pub username: Shown,
    /// The application that asks, where one does.
    pub client: Option<Shown>,
    /// Where "stay signed in" leads.
    pub stay: Link,
}

/// `GET /logged-out`: nobody is signed in any more.
#[derive(Debug, Clone, Template)]
#[template(path = "logged_out.html")]
pub struct LoggedOutPage {
    /// The words.
    pub text: Text,
    /// Where the person can go on.
    pub back: Option<Back>,
}
