//! What each step asks for: values that only [`next_step`](super::next_step) makes, and that alone lead on.

use serde::{Deserialize, Serialize};

use super::{Refusal, SessionFacts, SignInState};
use crate::{
    claims::{ClaimNames, ClaimsAsked},
    epochs::Epochs,
    id::AccountId,
    identifier::Identifier,
    scope::ScopeSet,
};

/// The end-user is asked who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identify(pub(super) ());

/// The end-user is asked for their password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Password {
    pub(super) identifier: Identifier,
}

/// A password that was right, and that its end-user must replace before anything else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OldPassword {
    /// Whose it is.
    pub account_id: AccountId,
    /// The version of the password that was right. Once there is another, it proves nothing.
    pub version: String,
    /// Whether the browser is to be remembered.
    pub remember_me: bool,
    /// How often it was typed again in place of another.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub typed_again: u8,
}

fn is_zero(number: &u8) -> bool {
    *number == 0
}

/// How often the old password may be typed in place of a new one until it must be proved anew.
pub const TYPED_AGAIN_MAX: u8 = 5;

/// The end-user is asked to choose another password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPassword {
    pub(super) old: OldPassword,
}

/// The end-user is asked to allow what the client wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    pub(super) session: SessionFacts,
    pub(super) authenticated_here: bool,
    pub(super) scope: ScopeSet,
    pub(super) new: ScopeSet,
    pub(super) claims: ClaimNames,
    pub(super) is_remembered: bool,
}

/// What an end-user allows a client.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowed {
    /// The scopes.
    pub scope: ScopeSet,
    /// The claims beyond those of the scopes.
    pub claims: ClaimNames,
}

/// The client may be given what it asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Issue {
    /// For whom, and in which session.
    pub session: SessionFacts,
    /// What it gives.
    pub scope: ScopeSet,
    /// What it tells beyond the scopes, and where.
    pub claims: ClaimsAsked,
    /// What the end-user allowed in this sign-in, if it is to be remembered.
    pub allowed: Option<Allowed>,
    /// What had been taken back before, of the client too.
    pub epochs: Epochs,
}

impl Identify {
    /// They said who they are.
    #[must_use]
    pub fn named(self, identifier: Identifier) -> SignInState {
        SignInState::Named { identifier }
    }
}

impl Password {
    /// Whose password is asked for.
    pub fn identifier(&self) -> &Identifier {
        &self.identifier
    }

    /// They said that they are somebody else.
    #[must_use]
    pub fn renamed(self, identifier: Identifier) -> SignInState {
        SignInState::Named { identifier }
    }

    /// The password was right, and `session` was started for the account which the identifier names.
    #[must_use]
    pub fn proven(self, session: SessionFacts) -> SignInState {
        SignInState::Authenticated { session }
    }

    /// The password was right and opens nothing: another must be chosen.
    #[must_use]
    pub fn outdated(self, old: OldPassword) -> SignInState {
        SignInState::PasswordOutdated { old }
    }
}

impl NewPassword {
    /// The password that was right, and whose.
    pub fn old(&self) -> &OldPassword {
        &self.old
    }

    /// They typed the old one again. Where they did so too often, they are asked anew who they are.
    #[must_use]
    pub fn same(self) -> SignInState {
        let typed_again = self.old.typed_again.saturating_add(1);
        if typed_again < TYPED_AGAIN_MAX {
            SignInState::PasswordOutdated { old: OldPassword { typed_again, ..self.old } }
        } else {
            SignInState::Begun
        }
    }

    /// They chose another, and `session` was started for their account.
    #[must_use]
    pub fn chosen(self, session: SessionFacts) -> SignInState {
        SignInState::Authenticated { session }
    }
}

impl Consent {
    /// Who is asked.
    pub fn account_id(&self) -> AccountId {
        self.session.account_id
    }

    /// Everything that the client wants.
    pub fn scope(&self) -> &ScopeSet {
        &self.scope
    }

    /// What of it they have not allowed before.
    pub fn new_scope(&self) -> &ScopeSet {
        &self.new
    }

    /// The claims that it wants beyond those of the scopes.
    pub fn claims(&self) -> &ClaimNames {
        &self.claims
    }

    /// Whether their yes holds for the next time too.
    pub fn is_remembered(&self) -> bool {
        self.is_remembered
    }

    /// They allowed what the page showed them. Nothing where that was less than what is asked for now: nobody gives what
    /// they have not seen, and they are asked again.
    #[must_use]
    pub fn allowed(self, shown: &Allowed) -> Option<SignInState> {
        let Self { session, authenticated_here, scope, claims, .. } = self;
        let is_seen = scope.is_subset(&shown.scope) && claims.is_subset(&shown.claims);
        is_seen.then_some(SignInState::Consented { session, authenticated_here, scope, claims })
    }

    /// They denied it, and the client is told.
    #[must_use]
    pub fn denied(self) -> (SignInState, Refusal) {
        (SignInState::Answered, Refusal::AccessDenied)
    }
}

impl Issue {
    /// The state to store in the batch that puts the code.
    pub fn answered(&self) -> SignInState {
        SignInState::Answered
    }
}
