//! Switches that take one safeguard out, so that a test can show that it is needed. Without the cargo feature `mutants`
//! they are constants and the compiler removes them; no release has the feature.

/// A safeguard that can be taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutant {
    /// A code is redeemed without the expectation that nobody did before.
    CodeSingleUse,
    /// A refresh token used again does not revoke its family.
    RefreshFamily,
    /// A password is verified before its failure is counted.
    PermitBeforeVerify,
    /// A commit is acknowledged before it is durable.
    Durability,
}

impl Mutant {
    /// The word that takes it out: `DOORWARD_MUTANT=code_single_use`.
    #[cfg(feature = "mutants")]
    const fn word(self) -> &'static str {
        match self {
            Self::CodeSingleUse => "code_single_use",
            Self::RefreshFamily => "refresh_family",
            Self::PermitBeforeVerify => "permit_before_verify",
            Self::Durability => "durability",
        }
    }

    /// Whether this process runs without the safeguard.
    #[cfg(feature = "mutants")]
    #[expect(
        clippy::disallowed_methods,
        reason = "a test-only switch must reach every layer of a child process"
    )]
    pub fn is_out(self) -> bool {
        static OUT: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
        OUT.get_or_init(|| std::env::var("DOORWARD_MUTANT").ok()).as_deref() == Some(self.word())
    }

    /// Never: this build has no mutants.
    #[cfg(not(feature = "mutants"))]
    pub const fn is_out(self) -> bool {
        false
    }
}
