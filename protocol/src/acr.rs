//! How strongly somebody proved who they are: the values of `acr`, each decided here by what was really done (OpenID Connect
//! Core 1.0 §2).

/// A value of `acr`. A later one is stronger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Acr {
    /// By one factor, such as a password.
    OneFactor,
}

impl Acr {
    /// All that can be achieved here.
    pub const ALL: &[Self] = &[Self::OneFactor];

    /// Its text: an absolute URI, as OpenID Connect Core 1.0 §2 recommends.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OneFactor => "urn:doorward:acr:1fa",
        }
    }

    /// What was achieved by these methods (RFC 8176); nothing where nobody proved anything.
    pub fn achieved(amr: &[String]) -> Option<Self> {
        (!amr.is_empty()).then_some(Self::OneFactor)
    }

    /// The claim for [`Self::achieved`].
    pub fn claim(amr: &[String]) -> Option<String> {
        Self::achieved(amr).map(|acr| acr.as_str().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acr_says_what_was_done_and_nothing_where_nothing_was() {
        assert_eq!(Acr::achieved(&["pwd".to_owned()]), Some(Acr::OneFactor));
        assert_eq!(Acr::claim(&[]), None);
    }
}
