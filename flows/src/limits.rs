//! What limits a request: its address, its client, the account that it claims, and how much is answered at once
//! (MISSION L2, P4).
//!
//! A request to an endpoint where callers prove who they are is counted once: against the client that it proves to be
//! from, or else against its address. So nobody uses up a client's share by naming it, and nobody's good requests are
//! refused for what a neighbour behind the same address does.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use actors::lockout::{KnownDevice, Subject};
use protocol::{
    ClientId,
    client::{Client, ClientKind},
    event::Actor,
    limits::{Allowance, Policy, Route},
    settings::{Level, Settings},
};

use storage::accounts::Account;

use crate::{Context, Failure, Flows};

pub use crate::finish::in_place;
pub use actors::limits::{Entered, Shed, Standing, Verdict};

/// What limits have said of one request, from its arrival to its answer. Clones are the same.
#[derive(Debug, Clone, Default)]
pub struct Tally(Arc<Noted>);

#[derive(Debug, Default)]
struct Noted {
    route: Route,
    said: Mutex<Said>,
}

#[derive(Debug, Default)]
struct Said {
    is_counted: bool,
    is_over: bool,
    believed: Option<Actor>,
    standings: Vec<Standing>,
    refused: Option<Refused>,
}

/// That a limit refused the request: 429, in the dialect of the endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// Which limit.
    pub policy: Policy,
    /// Until it pays to come again.
    pub wait: Duration,
}

impl Tally {
    /// Of a request that just arrived.
    pub fn new(route: Route) -> Self {
        Self(Arc::new(Noted { route, said: Mutex::default() }))
    }

    /// What is asked for.
    pub fn route(&self) -> Route {
        self.0.route
    }

    /// Whether the request was counted, against its client or its address.
    pub fn is_counted(&self) -> bool {
        self.said().is_counted
    }

    /// Whether it will be refused whatever comes of it: its address has used up the limit of strangers, and it has not
    /// proved to be from somebody else.
    pub fn is_over(&self) -> bool {
        let said = self.said();
        said.refused.is_some() || (said.is_over && !said.is_counted)
    }

    /// The limit that refused the request, if one did.
    pub fn refused(&self) -> Option<Refused> {
        self.said().refused
    }

    /// How whoever asks stands with the limits that they may know of.
    pub fn standings(&self) -> Vec<Standing> {
        self.said().standings.clone()
    }

    /// Whether it may be answered.
    fn note(&self, verdict: Verdict) -> Result<(), Refused> {
        let mut said = self.said();
        match verdict {
            Verdict::Unlimited => Ok(()),
            Verdict::Admitted(standing) => {
                // How an account stands tells a stranger when its owner signs in.
                if standing.policy != Policy::Account {
                    said.standings.push(standing);
                }
                Ok(())
            }
            Verdict::Refused { standing, wait } => {
                let refused = Refused { policy: standing.policy, wait };
                said.standings.push(standing);
                said.refused = Some(refused);
                Err(refused)
            }
        }
    }

    /// `who` is believed to ask: what it then comes to is no stranger's guess.
    pub(crate) fn believes(&self, who: Actor) {
        self.counts();
        self.said().believed = Some(who);
    }

    /// Who was believed to ask, if anybody was.
    pub(crate) fn believed(&self) -> Option<Actor> {
        self.said().believed.clone()
    }

    /// Somebody is believed to be who they say, or their address answers for them: it counts as no stranger's any more.
    fn counts(&self) {
        self.said().is_counted = true;
    }

    fn said(&self) -> MutexGuard<'_, Said> {
        self.0.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl From<Refused> for Failure {
    /// The border answers for the limit; this only ends the flow.
    fn from(Refused { policy, wait }: Refused) -> Self {
        Self::Unavailable { retry_after: wait, cause: format!("the limit {policy} is used up") }
    }
}

impl Flows {
    /// Counts a request against its address.
    ///
    /// # Errors
    /// It must not be answered; the tally says so too.
    pub fn admit_address(&self, context: &Context) -> Result<(), Refused> {
        let Some(policy) = context.tally.route().policy() else { return Ok(()) };
        context.tally.counts();
        context.tally.note(self.limits.address(policy, context.address))
    }

    /// Whether the address of a request has used up what strangers may ask there; the tally says so too.
    pub fn is_used_up(&self, context: &Context) -> bool {
        let policy = context.tally.route().policy();
        let is_over = policy.is_some_and(|policy| self.limits.is_used_up(policy, context.address));
        context.tally.said().is_over = is_over;
        is_over
    }

    /// Waits for `reading` to read the body of a request, which has no place yet.
    ///
    /// # Errors
    /// It is waited for no longer, as too many others have begun since.
    pub async fn read<T>(&self, reading: impl Future<Output = T>) -> Result<T, Shed> {
        self.limits.read(reading).await
    }

    /// A place among the requests that are answered at once.
    ///
    /// # Errors
    /// There is none, and none is near.
    pub async fn enter(&self) -> Result<Entered, Shed> {
        self.limits.enter().await
    }

    /// Counts a request against the client that it has proved to be from; one whose client proves nothing, as it has
    /// nothing to prove it with, against its address.
    pub(crate) async fn admit_caller(
        &self,
        context: &Context,
        client: &Client,
    ) -> Result<(), Failure> {
        match client.kind {
            ClientKind::Public => Ok(self.admit_address(context)?),
            ClientKind::Confidential { .. } => self.admit_client(context, client.client_id).await,
        }
    }

    /// Counts a request against a client that it has proved to be from.
    pub(crate) async fn admit_client(
        &self,
        context: &Context,
        client_id: ClientId,
    ) -> Result<(), Failure> {
        let set = self.set_for(context, client_id).await?;
        context.tally.believes(Actor::Client(client_id));
        let asked = (client_id, context.tally.route());
        Ok(context.tally.note(self.limits.client(asked, set, context.address))?)
    }

    /// Counts a request that brings an access token which is believed: an end-user of a client by themselves, as whoever
    /// has a token of their own could otherwise use up what all others may ask by it.
    pub(crate) async fn admit_bearer(
        &self,
        context: &Context,
        (client, account): (&Client, Option<&Account>),
    ) -> Result<(), Failure> {
        let (ClientKind::Confidential { .. }, Some(account)) = (&client.kind, account) else {
            return self.admit_caller(context, client).await;
        };
        let set = self.set_for(context, client.client_id).await?;
        context.tally.believes(Actor::Client(client.client_id));
        let whose = (&context.realm, client.client_id, account.account_id);
        Ok(context.tally.note(self.limits.end_user(whose, set, context.address))?)
    }

    /// What is set for a client alone at what is asked.
    async fn set_for(
        &self,
        context: &Context,
        client_id: ClientId,
    ) -> Result<Option<Allowance>, Failure> {
        let level = Level::Client(client_id).to_string();
        let settings = self.remembered.client_settings.get(&context.realm, &level).await?;
        Ok(settings.as_deref().and_then(|stored| match &stored.settings {
            Settings::Client(settings) => settings.limits.set(context.tally.route()),
            Settings::Server(_) => None,
        }))
    }

    /// Counts an attempt to sign in, before anything is looked at that tells whether it is right.
    pub(crate) fn admit_attempt(
        &self,
        context: &Context,
        subject: &Subject,
        device: Option<&KnownDevice>,
    ) -> Result<(), Failure> {
        let verdict = self.limits.account(&context.realm, (subject, device), context.address);
        Ok(context.tally.note(verdict)?)
    }

    /// Counts a sign-in that is about to be kept until it is over.
    ///
    /// What all together have used up is no fault of who asks: they are told that we are busy, not that they are.
    pub(crate) fn admit_sign_in(&self, context: &Context) -> Result<(), Failure> {
        match self.limits.all(Policy::SignIns, context.address) {
            Verdict::Unlimited | Verdict::Admitted(_) => Ok(()),
            Verdict::Refused { wait, .. } => Err(Failure::Unavailable {
                retry_after: wait,
                cause: "as many sign-ins as may begin have begun".into(),
            }),
        }
    }
}
