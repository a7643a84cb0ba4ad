//! What next? A sign-in as a pure machine: who is it, are they that person, do they allow it, here is the code.
//!
//! Nothing in a request says how far its sign-in is: [`next_step`] says it anew each time, from what is stored and from
//! what holds now. What it asks for is a value of a type that only it makes, and only that value leads to the next
//! [`SignInState`]. So a step that was not asked for cannot be taken (ATTACKS 1).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    authorize::{AuthorizationRequest, Prompt},
    claims::{ClaimNames, ClaimsAsked},
    client::{Client, ConsentPolicy},
    clock::Timestamp,
    epochs::Epochs,
    id::{AccountId, SessionId},
    identifier::Identifier,
    oauth_error::ErrorCode,
    permission::{Permission, Permissions},
    scope::ScopeSet,
    subject::Subjects,
};

mod steps;
#[cfg(test)]
mod tests;

pub use steps::{
    Allowed, Consent, Identify, Issue, NewPassword, OldPassword, Password, TYPED_AGAIN_MAX,
};

/// Who is signed in on a browser, since when and how. Of a session that lives, and an account that may sign in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionFacts {
    /// The session.
    pub session_id: SessionId,
    /// The end-user.
    pub account_id: AccountId,
    /// When they last proved who they are (`auth_time`).
    pub authenticated_at: Timestamp,
    /// How (RFC 8176).
    pub amr: Vec<String>,
    /// When the session ends, however much it is used.
    #[serde(default)]
    pub ends_at: Timestamp,
    /// What of the account had been taken back when the session was found to live.
    #[serde(default, skip_serializing_if = "Epochs::is_default")]
    pub epochs: Epochs,
}

/// How far a sign-in is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum SignInState {
    /// Nothing was done in it.
    Begun,
    /// Somebody said who they are.
    Named {
        /// The name that they typed; perhaps nobody's.
        identifier: Identifier,
    },
    /// They proved it with a password that they must replace. No session is there yet.
    PasswordOutdated {
        /// That password.
        old: OldPassword,
    },
    /// They proved it.
    Authenticated {
        /// The session which that started.
        session: SessionFacts,
    },
    /// They allowed what the client asked.
    Consented {
        /// The session in which they did.
        session: SessionFacts,
        /// Whether they proved in this very sign-in who they are.
        authenticated_here: bool,
        /// What they allowed.
        scope: ScopeSet,
        /// The claims that they allowed beyond those of the scopes.
        #[serde(default, skip_serializing_if = "ClaimNames::is_empty")]
        claims: ClaimNames,
    },
    /// The client has its answer.
    Answered,
}

/// What holds now, read again for each request.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// What was asked.
    pub request: &'a AuthorizationRequest,
    /// Who asked.
    pub client: &'a Client,
    /// Who is signed in on the browser.
    pub session: Option<&'a SessionFacts>,
    /// What that client calls end-users.
    pub subjects: &'a Subjects,
    /// What the end-user of `session` allowed this client before.
    pub remembered: Option<&'a ScopeSet>,
    /// The claims that they allowed it beyond those of the scopes.
    pub remembered_claims: Option<&'a ClaimNames>,
    /// Whether the old password of the state is still its account's, and that may sign in.
    pub old_password_holds: bool,
    /// What that end-user may do as an operator, if they are one. Nobody else gives a client a permission.
    pub permitted: Option<&'a Permissions>,
    /// The present instant.
    pub now: Timestamp,
}

/// What must happen next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The end-user says who they are.
    Identify(Identify),
    /// They prove it with their password.
    Password(Password),
    /// They choose another password.
    NewPassword(NewPassword),
    /// They allow or deny what the client asks.
    Consent(Consent),
    /// The client gets a code.
    Issue(Issue),
    /// The client gets an error.
    Refuse(Refusal),
    /// Nothing: the client has its answer.
    Over,
}

/// Why the client gets an error. The text is its `error_description`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// `prompt=none`, and nobody is signed in well enough (OpenID Connect Core 1.0 §3.1.2.6).
    #[error("the end-user must sign in, and prompt=none forbids to ask")]
    LoginRequired,
    /// `prompt=none`, and not everything was allowed before (OpenID Connect Core 1.0 §3.1.2.6).
    #[error("the end-user must consent, and prompt=none forbids to ask")]
    ConsentRequired,
    /// Somebody else than `id_token_hint` or `claims` names signed in (OpenID Connect Core 1.0 §3.1.2.1, §5.5.1).
    #[error("another end-user signed in than id_token_hint or claims names")]
    AnotherEndUser,
    /// The client asked for permissions alone, and the end-user has none of them to give (RFC 6749 §4.1.2.1).
    #[error("the end-user may not give what the client asks for")]
    NothingToGive,
    /// The end-user said no (RFC 6749 §4.1.2.1).
    #[error("the end-user denied the request")]
    AccessDenied,
}

/// Says what must happen next.
pub fn next_step(state: &SignInState, facts: &Facts<'_>) -> Step {
    if *state == SignInState::Answered {
        return Step::Over;
    }
    let session = session_of(state, facts);
    let authenticated_here = state.is_authenticated_here();
    match session {
        Some(session) if authenticated_here && !is_expected(session.account_id, facts) => {
            Step::Refuse(Refusal::AnotherEndUser)
        }
        Some(session) if authenticated_here || is_enough(session, facts) => {
            ask_or_issue(state, session, authenticated_here, facts)
        }
        _ if facts.request.prompt.contains(Prompt::None) => Step::Refuse(Refusal::LoginRequired),
        _ => match state {
            SignInState::Named { identifier } => {
                Step::Password(Password { identifier: identifier.clone() })
            }
            SignInState::PasswordOutdated { old } if facts.old_password_holds => {
                replace_or_refuse(old, facts)
            }
            _ => Step::Identify(Identify(())),
        },
    }
}

/// Who is not expected need not choose a password first to hear so.
fn replace_or_refuse(old: &OldPassword, facts: &Facts<'_>) -> Step {
    if is_expected(old.account_id, facts) {
        Step::NewPassword(NewPassword { old: old.clone() })
    } else {
        Step::Refuse(Refusal::AnotherEndUser)
    }
}

/// The session that counts: the browser's, and once this sign-in has one, no other.
fn session_of<'a>(state: &SignInState, facts: &Facts<'a>) -> Option<&'a SessionFacts> {
    let session = facts.session?;
    match state {
        SignInState::Begun => Some(session),
        // Who types a name wants to be that person, whoever signed in elsewhere in the meantime.
        SignInState::Named { .. }
        | SignInState::PasswordOutdated { .. }
        | SignInState::Answered => None,
        SignInState::Authenticated { session: own }
        | SignInState::Consented { session: own, .. } => {
            let same = (own.session_id, own.account_id) == (session.session_id, session.account_id);
            same.then_some(session)
        }
    }
}

/// Whether a session that began before this sign-in is enough for its request.
fn is_enough(session: &SessionFacts, facts: &Facts<'_>) -> bool {
    let prompt = &facts.request.prompt;
    let is_recent = match facts.request.max_age_seconds {
        None => true,
        Some(0) => false,
        Some(seconds) => facts.now.since(session.authenticated_at) <= Duration::from_secs(seconds),
    };
    let may_be_silent = !prompt.contains(Prompt::Login) && !prompt.contains(Prompt::SelectAccount);
    is_recent && may_be_silent && is_expected(session.account_id, facts)
}

fn is_expected(account_id: AccountId, facts: &Facts<'_>) -> bool {
    facts.request.expects(account_id, facts.subjects)
}

fn ask_or_issue(
    state: &SignInState,
    session: &SessionFacts,
    authenticated_here: bool,
    facts: &Facts<'_>,
) -> Step {
    let scope = &permitted(&facts.request.scope, facts.permitted);
    if scope.is_empty() && !facts.request.scope.is_empty() {
        return Step::Refuse(Refusal::NothingToGive);
    }
    let claims = beyond_scopes(&facts.request.claims, scope);
    let allowed = match state {
        SignInState::Consented { scope: allowed, claims: told, .. }
            if scope.is_subset(allowed) && claims.is_subset(told) =>
        {
            Some(Allowed { scope: allowed.clone(), claims: told.clone() })
        }
        _ => None,
    };
    // In whose name a client administers is decided by that operator alone, at each sign-in: neither by whoever registered
    // the client, nor by what they allowed before.
    let is_remembered = !may_be_anybody(facts) && Permissions::of_scopes(scope).is_empty();
    let remembered = facts.remembered.filter(|_| is_remembered).cloned().unwrap_or_default();
    let asks = !is_remembered || facts.request.prompt.contains(Prompt::Consent);
    let is_known = scope.is_subset(&remembered) && are_known(&claims, &remembered, facts);
    let is_new = facts.client.consent == ConsentPolicy::Required && !is_known;
    if allowed.is_some() || !asks && !is_new {
        let allowed = allowed.filter(|_| is_remembered);
        let epochs = Epochs { client: facts.client.tokens_revoked_at, ..session.epochs };
        let (session, scope) = (session.clone(), scope.clone());
        let claims = facts.request.claims.clone();
        return Step::Issue(Issue { session, scope, claims, allowed, epochs });
    }
    if facts.request.prompt.contains(Prompt::None) {
        return Step::Refuse(Refusal::ConsentRequired);
    }
    Step::Consent(Consent {
        session: session.clone(),
        authenticated_here,
        scope: scope.clone(),
        new: scope.difference(&remembered),
        claims,
        is_remembered,
    })
}

/// What is asked for one by one and no scope gives: of this the end-user is asked by itself.
fn beyond_scopes(asked: &ClaimsAsked, scope: &ScopeSet) -> ClaimNames {
    if asked.is_empty() {
        return ClaimNames::default();
    }
    asked.all().difference(&ClaimNames::of(scope))
}

/// Whether these were allowed before: by themselves, or with a scope that has them.
fn are_known(claims: &ClaimNames, remembered: &ScopeSet, facts: &Facts<'_>) -> bool {
    let told = || facts.remembered_claims.cloned().unwrap_or_default();
    claims.is_empty() || claims.is_subset(&told().union(&ClaimNames::of(remembered)))
}

/// What of `scope` an end-user can give: of permissions those that they have as an operator, and all that is none.
pub fn permitted(scope: &ScopeSet, permissions: Option<&Permissions>) -> ScopeSet {
    let may_give = |one: &Permission| permissions.is_some_and(|has| has.allow(*one));
    let kept = scope.iter().filter(|scope| {
        scope.as_str().parse::<Permission>().map_or(true, |permission| may_give(&permission))
    });
    kept.cloned().collect()
}

/// Whether any program of the end-user's machine could have asked in this client's name and hear the answer. Then only
/// they can tell, each time, whether they meant it (RFC 6749 §10.2, RFC 8252 §8.6).
fn may_be_anybody(facts: &Facts<'_>) -> bool {
    facts.client.is_public() && facts.request.redirect_uri.is_native()
}

impl SignInState {
    /// Proving it in this very sign-in is enough for `prompt=login` and every `max_age`, however long the rest takes.
    fn is_authenticated_here(&self) -> bool {
        match self {
            Self::Authenticated { .. } => true,
            Self::Consented { authenticated_here, .. } => *authenticated_here,
            Self::Begun | Self::Named { .. } | Self::PasswordOutdated { .. } | Self::Answered => {
                false
            }
        }
    }
}

impl Refusal {
    /// The code (RFC 6749 §4.1.2.1, OpenID Connect Core 1.0 §3.1.2.6).
    pub fn code(self) -> ErrorCode {
        match self {
            Self::LoginRequired | Self::AnotherEndUser => ErrorCode::LoginRequired,
            Self::ConsentRequired => ErrorCode::ConsentRequired,
            Self::AccessDenied | Self::NothingToGive => ErrorCode::AccessDenied,
        }
    }

    /// The state to store with the answer.
    pub fn answered(self) -> SignInState {
        SignInState::Answered
    }
}
