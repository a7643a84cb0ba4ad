//! What a browser brings of us, and what it is given.

use actors::sessions::{FoundSession, SessionCookie};
use protocol::{Secret, Token, epochs::Epochs, sign_in::SessionFacts};
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
