//! What a browser brings of us, and what it is given.

use actors::sessions::{FoundSession, SessionCookie};
use protocol::{
    Secret, SessionId, Token, authorize::AuthorizationRequest, epochs::Epochs, scope,
    session_state::BrowserState, sign_in::SessionFacts,
};
use storage::{StorageError, Stored, accounts::Account, sessions::Session};

use crate::{Context, Flows};

/// The values of our cookies, as the browser sent them. What cannot be read counts as not sent.
#[derive(Debug, Default)]
pub struct Browser {
    /// Who is signed in.
    pub session: Option<SessionCookie>,
    /// Which browser this is: sign-ins go on only where they began.
    pub binding: Option<Token>,
    /// That somebody signed in from here before.
    pub device: Option<Secret<String>>,
    /// In which state it is, as pages of clients see it.
    pub state: Option<String>,
}

/// What the browser is given, beside the answer.
#[derive(Debug, Default)]
pub struct Cookies {
    /// The session: a new one, or none any more.
    pub session: Option<SessionChange>,
    /// A new name for this browser.
    pub binding: Option<Token>,
    /// The proof that somebody signed in from here.
    pub device: Option<Secret<String>>,
    /// The state that pages of clients compare. It goes with the session.
    pub state: Option<StateCookie>,
}

/// The state of a browser on which somebody is signed in, and whether it outlives the browser's window.
#[derive(Debug)]
pub struct StateCookie {
    /// The state.
    pub state: BrowserState,
    /// As long as the session cookie.
    pub remembered: bool,
}

/// What becomes of the session cookie.
#[derive(Debug)]
pub enum SessionChange {
    /// It is set.
    Set {
        /// Its value.
        cookie: SessionCookie,
        /// Whether it outlives the browser's window.
        remembered: bool,
    },
    /// It is removed.
    Removed,
}

/// Who is signed in on this browser.
pub(crate) struct SignedIn {
    /// The session, as it was read.
    pub(crate) session: Stored<Session>,
    /// The same for the judgement of sign-ins.
    pub(crate) facts: SessionFacts,
}

impl Flows {
    /// Who is signed in on this browser: nobody, where the session is over or the account may not sign in.
    #[tracing::instrument(level = "debug", name = "flows.signed_in", skip_all)]
    pub(crate) async fn signed_in(
        &self,
        context: &Context,
        browser: &Browser,
    ) -> Result<Option<SignedIn>, StorageError> {
        let Some(cookie) = &browser.session else { return Ok(None) };
        let found = self.sessions.find(&context.realm, cookie).await?;
        let Some(FoundSession { session, account }) = found else { return Ok(None) };
        let facts = facts(&session, &account);
        Ok(Some(SignedIn { session, facts }))
    }
}

impl Flows {
    /// What a client's page can compare later (OpenID Connect Session Management 1.0 §2): for a page of the web, where
    /// OpenID Connect is spoken over https.
    pub(crate) fn session_state(
        &self,
        context: &Context,
        request: &AuthorizationRequest,
        session_id: SessionId,
    ) -> Option<String> {
        if !context.is_https() || !request.scope.contains(scope::OPENID) {
            return None;
        }
        let origin = request.redirect_uri.origin()?;
        let state = BrowserState::of(&self.ring, session_id);
        Some(state.session_state(request.client_id, &origin, self.store.randomness()))
    }

    /// The state, for a browser that has lost it, or was never given it.
    pub(crate) fn lost_state(
        &self,
        browser: &Browser,
        signed_in: Option<&SignedIn>,
    ) -> Option<StateCookie> {
        let session = &signed_in?.session;
        let state = BrowserState::of(&self.ring, session.session_id);
        let is_there = browser.state.as_deref() == Some(state.as_str());
        (!is_there).then_some(StateCookie { state, remembered: session.remembered })
    }
}

/// What a sign-in needs to know of a session, and of its account as it was read to judge the session.
pub(crate) fn facts(session: &Session, account: &Account) -> SessionFacts {
    SessionFacts {
        session_id: session.session_id,
        account_id: session.account_id,
        authenticated_at: session.authenticated_at,
        amr: session.amr.clone(),
        ends_at: session.ends_at,
        epochs: Epochs {
            client: None,
            account: account.tokens_revoked_at,
            sessions: account.sessions_ended_at,
        },
    }
}
