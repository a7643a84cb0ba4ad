//! The first page: what this is, and where to go from here.

use askama::Template;

use super::Link;
use crate::pages::text::Text;

/// `GET /`.
#[derive(Debug, Clone, Template)]
#[template(path = "welcome.html")]
pub struct WelcomePage {
    /// The words.
    pub text: Text,
    /// For whom the page is.
    pub mode: Mode,
    /// The issuer, exactly as applications must write it.
    pub issuer: Link,
    /// The page that describes the API, where it is served.
    pub docs: Option<Link>,
}

/// How the provider was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// `doorward dev`: the reader is a developer, and `/demo` is there.
    Dev,
    /// `doorward serve`: the reader is most likely an end-user who is lost.
    Serve,
}

impl WelcomePage {
    fn is_dev(&self) -> bool {
        self.mode == Mode::Dev
    }

    fn discovery(&self) -> String {
        format!("{}/.well-known/openid-configuration", self.issuer.as_str().trim_end_matches('/'))
    }
}
