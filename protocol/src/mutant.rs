//! Switches that take one safeguard out, so that a test can show that it is needed. Without the cargo feature `mutants`
//! they are constants and the compiler removes them; no release has the feature.

/// The variable of the environment that asks for one; nothing in a build without them.
pub const VARIABLE: Option<&str> =
    if cfg!(feature = "mutants") { Some("DOORWARD_MUTANT") } else { None };

/// A safeguard that can be taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutant {
    /// A code is redeemed without the expectation that nobody did before.
    CodeSingleUse,
    /// A refresh token used again does not revoke its family.
    RefreshFamily,
    /// An assertion by which a client authenticates may be used again.
    AssertionOnce,
    /// A password is verified before its failure is counted.
    PermitBeforeVerify,
    /// A commit is acknowledged before it is durable.
    Durability,
    /// What a node keeps in memory is believed however long ago it heard of changes.
    StalenessRule,
    /// What a node writes it does not forget where it keeps it in memory.
    ForgetsOwn,
    /// What was taken back all at once, of a client or an account, is not asked.
    Epochs,
    /// What a batch checks of rows that it does not write is not asked.
    Checks,
    /// A batch under a lease does not ask whether the lease has changed hands.
    Fencing,
    /// A batch whose answer was lost is sent again instead of being looked up.
    BatchLookUp,
    /// A node admits as much as it likes of what is limited before it has heard the others.
    LimitExchange,
    /// Requests of our own go to whatever address a name leads to.
    AddressGuard,
    /// Whoever needs the keys of a client asks for them, whoever else has just done so.
    SharedRequest,
}

impl Mutant {
    /// The word that takes it out: `DOORWARD_MUTANT=code_single_use`.
    #[cfg(feature = "mutants")]
    const fn word(self) -> &'static str {
        match self {
            Self::CodeSingleUse => "code_single_use",
            Self::RefreshFamily => "refresh_family",
            Self::AssertionOnce => "assertion_once",
            Self::PermitBeforeVerify => "permit_before_verify",
            Self::Durability => "durability",
            Self::StalenessRule => "staleness_rule",
            Self::ForgetsOwn => "forgets_own",
            Self::Epochs => "epochs",
            Self::Checks => "checks",
            Self::Fencing => "fencing",
            Self::BatchLookUp => "batch_look_up",
            Self::LimitExchange => "limit_exchange",
            Self::AddressGuard => "address_guard",
            Self::SharedRequest => "shared_request",
        }
    }

    /// Whether this process runs without the safeguard.
    #[cfg(feature = "mutants")]
    pub fn is_out(self) -> bool {
        asked() == Some(self.word())
    }

    /// Never: this build has no mutants.
    #[cfg(not(feature = "mutants"))]
    pub const fn is_out(self) -> bool {
        false
    }
}

/// Whether the commit of a batch that writes these tables is the one after which a test holds the process, so that it can
/// be killed before it answers: `DOORWARD_MUTANT=held_after_commit:grants:1` is the first that writes `grants`.
#[cfg(feature = "mutants")]
pub fn holds_after_commit<'a>(mut tables: impl Iterator<Item = &'a str>) -> bool {
    use std::sync::atomic::{AtomicU64, Ordering};
    static SEEN: AtomicU64 = AtomicU64::new(0);
    let held = asked().and_then(|text| text.strip_prefix("held_after_commit:")?.split_once(':'));
    let Some((table, number)) = held else { return false };
    let number: Option<u64> = number.parse().ok();
    tables.any(|one| one == table) && number == Some(SEEN.fetch_add(1, Ordering::SeqCst) + 1)
}

/// Never: this build has no mutants.
#[cfg(not(feature = "mutants"))]
pub fn holds_after_commit<'a>(_: impl Iterator<Item = &'a str>) -> bool {
    false
}

/// What the environment asks of this process.
#[cfg(feature = "mutants")]
#[expect(
    clippy::disallowed_methods,
    reason = "a test-only switch must reach every layer of a child process"
)]
fn asked() -> Option<&'static str> {
    static ASKED: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
    ASKED.get_or_init(|| std::env::var("DOORWARD_MUTANT").ok()).as_deref()
}
