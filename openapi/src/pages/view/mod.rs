//! The pages as plain values: what each one needs to be drawn, and nothing of how it was asked for.
//!
//! A handler fills a page and calls [`askama::Template::render`]; the templates are in
//! `openapi/templates`, under the names of the files here. Element ids, form fields and body ids
//! are promises to those who drive a browser (DESIGN 13) and do not change.

pub mod assets;
mod back;
mod consent;
mod demo;
mod error;
mod form_post;
mod instant;
mod link;
mod logout;
mod new_password;
mod shown;
mod sign_in;
mod signing_out;
mod welcome;

pub use askama::Template;
pub use back::Back;
pub use consent::ConsentPage;
pub use demo::{
    Claim, ClaimValue, DemoErrorPage, DemoResultPage, DemoStartPage, Member, RefusedBy,
};
pub use error::{ErrorKind, ErrorPage};
pub use form_post::{FORM_POST_SCRIPT, FormPostPage};
pub use instant::Instant;
pub use link::Link;
pub use logout::{LoggedOutPage, LogoutPage};
pub use new_password::{NewPasswordPage, NewPasswordProblem};
pub use shown::Shown;
pub use sign_in::{Person, SignInPage, SignInProblem, WhyAgain};
pub use signing_out::SigningOutPage;
pub use welcome::{Mode, WelcomePage};

/// The application on whose behalf a page asks something.
#[derive(Debug, Clone)]
pub struct Client {
    /// Its `client_name`, or its `client_id` when it has none.
    pub name: Shown,
    /// `logo_uri`. A browser loads it only when the page's `img-src` names its [`Link::origin`].
    pub logo: Option<Link>,
    /// `policy_uri`: how it uses what it learns.
    pub policy: Option<Link>,
    /// `tos_uri`: its terms.
    pub terms: Option<Link>,
}
