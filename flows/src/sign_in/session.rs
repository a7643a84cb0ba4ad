//! The session that a proof opens, and where the sign-in goes from there: all of it in the batch of the proof.

use actors::{
    Origin,
    sessions::{Authentication, StartSession},
};
use protocol::{
    AccountId,
    event::{Act, EndReason},
    session_state::BrowserState,
    sign_in::{SessionFacts, SignInState},
};
use storage::{Batch, accounts::Account};

use super::Found;
use crate::{
    Context, Cookies, Failure, Flows,
    authorize::Next,
    browser::{SessionChange, SignedIn, StateCookie, facts},
};

/// Somebody proved who they are, in a sign-in.
pub(super) struct Proven<'a> {
    pub(super) context: &'a Context,
    pub(super) origin: &'a Origin,
    pub(super) found: &'a Found,
    /// As it will be once the batch is committed.
    pub(super) account: &'a Account,
    pub(super) remember_me: bool,
}

impl Flows {
    /// Starts a session in `batch`, or renews the one in which the same end-user came; `lead_on` says the state of the
    /// sign-in from then on.
    pub(super) async fn open_session(
        &self,
        batch: &mut Batch,
        proven: &Proven<'_>,
        lead_on: impl FnOnce(SessionFacts) -> SignInState,
    ) -> Result<(Next, SessionChange), Failure> {
        let Proven { context, origin, found, account, remember_me } = *proven;
        let amr = vec!["pwd".to_owned()];
        let authentication = Authentication { amr: amr.clone(), epoch: account.sessions_ended_at };
        let (session, cookie) = match found.signed_in.as_ref() {
            Some(SignedIn { session, .. }) if session.account_id == account.account_id => {
                let renewed = self.sessions.renew(batch, session, authentication, remember_me);
                if renewed.0.ends_at > session.ends_at {
                    self.keep_session_clients(context, batch, &renewed.0).await?;
                }
                renewed
            }
            before => {
                if let Some(SignedIn { session, .. }) = before {
                    // The actor tells the clients: nobody waits for them to sign in.
                    self.end_session_in(context, batch, session, EndReason::Replaced).await?;
                }
                let (realm, account_id) = (context.realm.clone(), account.account_id);
                let (remember, origin) = (remember_me, origin.clone());
                let new = StartSession { realm, account_id, authentication, remember, origin };
                self.sessions.start(batch, new)
            }
        };
        let act = Act::SignedIn { session_id: session.session_id, amr };
        let event = origin.event(Some(account.account_id), act);
        self.events.record(&context.realm, batch, event).await?;
        let facts = facts(&session, account);
        let state = lead_on(facts.clone());
        let asked = (&state, &found.sign_in.request);
        let step = self.next_step(context, asked, &found.client, Some(&facts)).await?;
        let asked = (&found.sign_in, &found.client.record);
        let next = self.advance(context, batch, asked, (state, step)).await?;
        Ok((next, SessionChange::Set { cookie, remembered: session.remembered }))
    }

    /// What the browser is given once it is committed: the session, and the proof that somebody signed in from there.
    pub(super) fn signed_in_cookies(
        &self,
        account_id: AccountId,
        session: SessionChange,
    ) -> Cookies {
        let (randomness, now) = (self.store.randomness(), self.store.now());
        let device = self.lockout.devices().issue(account_id, randomness, now);
        let state = match &session {
            SessionChange::Set { cookie, remembered } => Some(StateCookie {
                state: BrowserState::of(&self.ring, cookie.session_id()),
                remembered: *remembered,
            }),
            SessionChange::Removed => None,
        };
        Cookies { session: Some(session), device: Some(device), state, ..Cookies::default() }
    }
}

/// Where a step of a sign-in was taken, for its event.
pub(super) fn origin(context: &Context, found: &Found) -> Origin {
    Origin {
        address: context.address,
        user_agent: context.user_agent.clone(),
        client_id: Some(found.client.client_id),
        request_id: Some(context.request_id.clone()),
    }
}
