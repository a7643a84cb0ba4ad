//! What operators see of a session: never its cookie, nor what recognises it.

use flows::{
    Context,
    admin::{
        Why,
        sessions::{Session, SessionWithClients},
    },
};
use poem_openapi::{Object, types::Example};
use protocol::{AccountId, ClientId, Timestamp, revocation::RevocationReason};

use crate::{
    admin::{
        accounts::{EXAMPLE_ID, example_instant},
        why::{unspecified, why},
        written::Written,
    },
    problem::Problem,
};

/// A session, as operators see it.
#[derive(Debug, Object)]
#[oai(rename = "Session", skip_serializing_if_is_none, example)]
pub(super) struct SessionView {
    /// Its id: `sid` of ID tokens.
    session_id: String,
    /// Who is signed in.
    account_id: String,
    /// How they proved who they are (RFC 8176).
    amr: Vec<String>,
    /// When they last did.
    authenticated_at: Written<Timestamp>,
    /// When it started.
    started_at: Written<Timestamp>,
    /// When it was last used; noted at most a tenth of its idle timeout late.
    last_seen_at: Written<Timestamp>,
    /// Unused for this long, it ends.
    idle_timeout_seconds: u64,
    /// It ends then, however much it is used.
    ends_at: Written<Timestamp>,
    /// Whether the end-user asked to be remembered on this browser.
    is_remembered: bool,
    /// The address from which it started.
    address: Option<String>,
    /// The browser's own name for itself, at most 256 bytes.
    user_agent: Option<String>,
}

/// A session, and who took part in it.
#[derive(Debug, Object)]
#[oai(rename = "SessionWithClients", skip_serializing_if_is_none, example)]
pub(super) struct SessionWithClientsView {
    #[oai(flatten)]
    session: SessionView,
    /// The clients that were given something in it.
    client_ids: Vec<String>,
}

/// Whose sessions are revoked, and why.
#[derive(Debug, Object)]
#[oai(rename = "RevokeSessions", deny_unknown_fields, skip_serializing_if_is_none, example)]
pub(super) struct RevokeSessionsBody {
    /// All sessions of this account.
    pub(super) account_id: Option<Written<AccountId>>,
    /// All that this client was given, in whichever session.
    pub(super) client_id: Option<Written<ClientId>>,
    /// One of a few reasons, for programs and statistics.
    #[oai(default = "unspecified")]
    reason: Written<RevocationReason>,
    /// What there is to say of it: 1 to 512 bytes on one line, kept sealed.
    note: Option<String>,
}

impl SessionView {
    pub(super) fn of(session: &Session) -> Self {
        Self {
            session_id: session.session_id.to_string(),
            account_id: session.account_id.to_string(),
            amr: session.amr.clone(),
            authenticated_at: Written(session.authenticated_at),
            started_at: Written(session.started_at),
            last_seen_at: Written(session.last_seen_at),
            idle_timeout_seconds: session.idle_timeout_ms / 1_000,
            ends_at: Written(session.ends_at),
            is_remembered: session.remembered,
            address: session.address.map(|address| address.to_string()),
            user_agent: session.user_agent.clone(),
        }
    }
}

impl SessionWithClientsView {
    pub(super) fn of(found: &SessionWithClients) -> Self {
        let client_ids = found.clients.iter().map(ToString::to_string).collect();
        Self { session: SessionView::of(&found.session), client_ids }
    }
}

impl RevokeSessionsBody {
    pub(super) fn why(self, context: &Context) -> Result<Why, Problem> {
        why(context, (self.reason, self.note))
    }
}

impl Example for SessionView {
    fn example() -> Self {
        Self {
            session_id: "ses_0123456789abcdef0123456789abcdef".into(),
            account_id: EXAMPLE_ID.into(),
            amr: vec!["pwd".into()],
            authenticated_at: example_instant(),
            started_at: example_instant(),
            last_seen_at: example_instant(),
            idle_timeout_seconds: 1_800,
            ends_at: example_instant(),
            is_remembered: false,
            address: Some("192.0.2.7".into()),
            user_agent: Some("Mozilla/5.0".into()),
        }
    }
}

impl Example for SessionWithClientsView {
    fn example() -> Self {
        let client_ids = vec!["cli_0123456789abcdef0123456789abcdef".into()];
        Self { session: SessionView::example(), client_ids }
    }
}

impl Example for RevokeSessionsBody {
    fn example() -> Self {
        Self {
            account_id: EXAMPLE_ID.parse().ok().map(Written),
            client_id: None,
            reason: Written(RevocationReason::Requested),
            note: None,
        }
    }
}
