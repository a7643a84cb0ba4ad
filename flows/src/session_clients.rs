//! Which clients took part in a session: kept when they are given something in it, told when it is over
//! (OpenID Connect Back-Channel Logout 1.0, Front-Channel Logout 1.0).

use actors::logouts::{CLIENTS_MAX, Noted};
use protocol::{
    SessionId, Timestamp,
    client::{ACCESS_TOKEN_LIFETIME_MAX, Client},
    jose::LEEWAY,
    sign_in::SessionFacts,
    subject::Subjects,
};
use storage::{
    Batch, Expectation, StorageError,
    session_clients::{SessionClient, SessionClientId},
    sessions::Session,
};

use crate::{Context, Failure, Flows, finish::finish, remembered::record};

/// A page of a client's that the browser loads in a frame, so that the client sees its own cookies and forgets them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoutFrame {
    /// Its address.
    pub address: String,
    /// Where it is loaded from, as a Content-Security-Policy names it.
    pub source: String,
}

impl Flows {
    /// Puts into `batch`, with what a client is given in a session, that it took part in it: once, and only for a client
    /// that wants to be told when the session is over. Others cost nothing.
    pub(crate) async fn join_session(
        &self,
        context: &Context,
        batch: &mut Batch,
        (client, session): (&Client, &SessionFacts),
    ) -> Result<(), StorageError> {
        if client.logout.is_none() {
            return Ok(());
        }
        let realm = &context.realm;
        let expires_at = holds_until(session.ends_at);
        let id = SessionClientId(session.session_id, client.client_id);
        let there = self.store.session_client(realm, id).await?;
        if there.is_some_and(|there| there.expires_at >= expires_at) {
            return Ok(());
        }
        // Who signs out beside this is not forgotten: either the session is gone, or this is there before it goes.
        if !batch.writes::<Session>(realm, &session.session_id) {
            batch.check::<Session>(realm, &session.session_id, Expectation::Present);
        }
        batch.overwrite(&SessionClient {
            session_id: session.session_id,
            client_id: client.client_id,
            realm: realm.clone(),
            account_id: session.account_id,
            issuer: context.issuer.clone(),
            joined_at: batch.now(),
            expires_at,
        });
        Ok(())
    }

    /// Keeps those who took part in a session as long as it lasts from now on: the end-user asked to be remembered.
    pub(crate) async fn keep_session_clients(
        &self,
        context: &Context,
        batch: &mut Batch,
        session: &Session,
    ) -> Result<(), StorageError> {
        let (realm, id) = (&context.realm, session.session_id);
        let there = self.store.clients_of_session(realm, id, None, CLIENTS_MAX).await?;
        for client in there.items {
            let expires_at = holds_until(session.ends_at);
            batch.overwrite(&SessionClient { expires_at, ..client.record });
        }
        Ok(())
    }

    /// Tells clients what was noted, whether or not somebody still waits for it.
    pub(crate) async fn tell_clients(&self, noted: Option<Noted>) -> Result<(), Failure> {
        if noted.is_none() {
            return Ok(());
        }
        let logouts = self.logouts.clone();
        finish(async move { logouts.tell(noted).await }).await
    }

    /// The pages that the browser loads, of those who took part in a session (Front-Channel Logout 1.0 §2).
    pub(crate) async fn logout_frames(
        &self,
        context: &Context,
        session_id: SessionId,
        noted: Option<&Noted>,
    ) -> Result<Vec<LogoutFrame>, StorageError> {
        let mut frames = Vec::new();
        for client_id in noted.map(|noted| noted.clients.as_slice()).unwrap_or_default() {
            let client = self.known_client(context, *client_id).await?;
            let client = record(&client).filter(|client| !client.is_disabled());
            let Some(channel) = client.and_then(|client| client.logout.frontchannel.as_ref())
            else {
                continue;
            };
            // As the client calls it.
            let subjects = client.map(|client| Subjects::of(client, &self.ring));
            let told_id = subjects.and_then(|known| known.ok()?.session_id(session_id));
            let Some(told_id) = told_id.map(|id| id.to_string()) else { continue };
            let told = [("iss", context.issuer.as_str()), ("sid", &told_id)];
            let told = if channel.session_required { told.as_slice() } else { &[] };
            let address = if told.is_empty() {
                channel.uri.as_str().to_owned()
            } else {
                channel.uri.with_query(told)
            };
            frames.push(LogoutFrame { address, source: channel.uri.source() });
        }
        Ok(frames)
    }
}

/// Until then something may hold that was given in a session which ends at `ends_at`, and does not outlive it.
fn holds_until(ends_at: Timestamp) -> Timestamp {
    ends_at + ACCESS_TOKEN_LIFETIME_MAX + LEEWAY
}
