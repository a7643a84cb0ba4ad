//! The page that is seen while the applications of a session are told that it is over.

use askama::Template;

use super::Link;
use crate::pages::text::Text;

/// The answer to a logout: each frame is a page of an application that took part
/// (OpenID Connect Front-Channel Logout 1.0 §2). It goes on by itself.
#[derive(Debug, Clone, Template)]
#[template(path = "signing_out.html")]
pub struct SigningOutPage {
    /// The words.
    pub text: Text,
    /// What the browser loads.
    pub frames: Vec<Link>,
    /// Where it goes then.
    pub onward: Link,
}
