//! Where a page leads on that would otherwise be a dead end.

use super::{Link, Shown};
use crate::pages::text::Text;

/// Where a person can go from a page on which nothing is left to do.
#[derive(Debug, Clone)]
pub enum Back {
    /// To an application that is known and to be trusted.
    Client {
        /// Its name.
        name: Shown,
        /// Where it begins.
        home: Link,
    },
    /// To the first page of this provider.
    FirstPage,
}

impl Back {
    pub(super) fn address(&self) -> &str {
        match self {
            Self::Client { home, .. } => home.as_str(),
            Self::FirstPage => "/",
        }
    }

    pub(super) fn words(&self, text: &Text) -> String {
        match self {
            Self::Client { name, .. } => {
                text.with("back-to-client", &[("client", name.argument())])
            }
            Self::FirstPage => text.get("to-first-page"),
        }
    }

    /// Whether this is what the person most likely wants.
    pub(super) fn is_client(&self) -> bool {
        matches!(self, Self::Client { .. })
    }
}
