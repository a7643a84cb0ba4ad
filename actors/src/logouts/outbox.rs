//! One delivery: signed, posted, and settled by what the client says.

use std::{sync::Arc, time::Duration};

use protocol::{
    Secret, Timestamp,
    client::{Client, LogoutUri},
    event::{Act, Actor, Event, Personal},
    jose::{Audience, IdTokenAlgorithm},
    subject::Subjects,
    tokens::{LOGOUT_TOKEN_LIFETIME, LogoutEvents, LogoutTokenClaims},
};
use storage::{
    CommitError, StorageError, Store, Stored,
    leases::Lease,
    logouts::{LogoutDelivery, LogoutNotice},
};
use tokio::{
    sync::Semaphore,
    task::JoinSet,
    time::{Instant, timeout},
};

use super::{Meters, NotPosted, Settings, Telling};

/// Clients that are told while somebody waits for it, on this node. What is beyond is left to the actor.
const AT_ONCE_MAX: usize = 64;

/// How long after a first attempt the next one is made, and how long after each at most.
const PAUSE_FIRST: Duration = Duration::from_secs(30);
const PAUSE_LONGEST: Duration = Duration::from_secs(3600);

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attempt {
    /// The client took it (§2.8).
    Taken,
    /// It did not, or not in time.
    NotTaken,
    /// There is no such client any more, or it is not told so any more.
    Moot,
}

pub(super) struct Outbox {
    pub(super) store: Store,
    pub(super) settings: Settings,
    telling: Telling,
    meters: Meters,
    at_once: Arc<Semaphore>,
}

impl Outbox {
    pub(super) fn new(store: &Store, telling: Telling, meters: Meters) -> Self {
        let at_once = Arc::new(Semaphore::new(AT_ONCE_MAX));
        Self { store: store.clone(), settings: telling.settings, telling, meters, at_once }
    }

    /// Makes deliveries of a notice and tries each once, all side by side.
    pub(super) async fn tell(self: &Arc<Self>, notice: &LogoutNotice) -> Result<(), CommitError> {
        let due_at = self.store.now() + PAUSE_FIRST;
        let mut trying = JoinSet::new();
        for delivery in self.store.fan_out(notice, due_at).await? {
            let Ok(place) = Arc::clone(&self.at_once).try_acquire_owned() else { break };
            let outbox = Arc::clone(self);
            trying.spawn(async move {
                let _place = place;
                let attempt = outbox.attempt(&delivery, outbox.settings.hold_max).await;
                outbox.settle(&delivery, attempt, None).await
            });
        }
        while let Some(tried) = trying.join_next().await {
            if let Ok(Err(error)) = tried {
                tracing::warn!(%error, "the outcome of telling a client is not written");
            }
        }
        Ok(())
    }

    /// Tells a client once, within `post_max`.
    pub(super) async fn attempt(
        &self,
        delivery: &LogoutDelivery,
        post_max: Duration,
    ) -> Result<Attempt, StorageError> {
        let client = self.store.client(&delivery.realm, delivery.client_id).await?;
        let client = client.filter(|client| !client.is_disabled());
        let Some((client, channel)) = client
            .as_ref()
            .and_then(|client| Some((&client.record, client.logout.backchannel.as_ref()?)))
        else {
            return Ok(Attempt::Moot);
        };
        let began_at = Instant::now();
        let posted = match self.form(delivery, client) {
            Ok(form) => self.post(&channel.uri, form, post_max).await,
            Err(error) => Err(error),
        };
        self.meters.seconds.record(began_at.elapsed());
        let attempt = match posted {
            Ok(200..=299) => Attempt::Taken,
            _ => Attempt::NotTaken,
        };
        let client_id = delivery.client_id;
        tracing::debug!(%client_id, ?posted, ?attempt, "a client was told of a logout");
        Ok(attempt)
    }

    async fn post(
        &self,
        to: &LogoutUri,
        form: Secret<String>,
        post_max: Duration,
    ) -> Result<u16, NotPosted> {
        let posting = self.telling.channel.post(to, form);
        timeout(post_max, posting).await.unwrap_or_else(|_| Err(NotPosted("too late".into())))
    }

    /// The body of the request (§2.5): a token that is made for this attempt, under the name of all of them.
    fn form(
        &self,
        delivery: &LogoutDelivery,
        client: &Client,
    ) -> Result<Secret<String>, NotPosted> {
        let now = self.store.now();
        // As the client's ID tokens call them.
        let subjects = Subjects::of(client, &self.telling.ring);
        let subjects = subjects.map_err(|why| NotPosted(why.to_string()))?;
        let claims = LogoutTokenClaims {
            iss: delivery.issuer.clone(),
            aud: Audience::One(delivery.client_id.to_string()),
            iat: now.into(),
            exp: (now + LOGOUT_TOKEN_LIFETIME).into(),
            jti: delivery.jti.clone(),
            events: LogoutEvents::default(),
            sub: Some(subjects.subject(delivery.account_id)),
            sid: subjects.session_id(delivery.session_id),
        };
        let token = self.signed(client, &claims)?;
        // Nothing of base64url, and none of the points between, needs an escape.
        Ok(Secret::new(format!("logout_token={token}")))
    }

    /// Signed as the client's ID tokens are (§2.4).
    fn signed(&self, client: &Client, claims: &LogoutTokenClaims) -> Result<String, NotPosted> {
        let (keys, now) = (self.telling.keys.snapshot(), self.store.now());
        let signed = match client.id_token_algorithm() {
            Some(IdTokenAlgorithm::Key(algorithm)) => {
                keys.signing(algorithm, now).map(|key| key.sign(claims))
            }
            Some(IdTokenAlgorithm::Hs256) => {
                let signer = client.shared_signer(&self.telling.ring, now);
                let signer = signer.map_err(|error| NotPosted(error.to_string()))?;
                signer.map(|secret| secret.sign(claims))
            }
            None => None,
        };
        let signed = signed.ok_or_else(|| NotPosted("no key signs for this client yet".into()))?;
        signed.map_err(|error| NotPosted(error.to_string()))
    }

    /// Writes how an attempt ended, unless somebody else has done so meanwhile. Under `lease` only as long as it is held.
    pub(super) async fn settle(
        &self,
        delivery: &Stored<LogoutDelivery>,
        attempt: Result<Attempt, StorageError>,
        lease: Option<&Lease>,
    ) -> Result<(), CommitError> {
        let attempt = attempt?;
        let attempts = delivery.attempts.saturating_add(1);
        let mut batch = self.store.batch();
        if let Some(lease) = lease {
            lease.fence(&mut batch);
        }
        let is_over = batch.now().since(delivery.ended_at) >= self.settings.tried_for;
        let (act, meter) = match attempt {
            Attempt::Taken => (Some(told(delivery, attempts)), &self.meters.taken),
            Attempt::NotTaken if !is_over => (None, &self.meters.not_taken),
            Attempt::NotTaken | Attempt::Moot => {
                (Some(not_told(delivery, attempts)), &self.meters.given_up)
            }
        };
        match act {
            Some(act) => {
                batch.delete(delivery);
                let event = event(delivery, act);
                self.telling.events.record(&delivery.realm, &mut batch, event).await?;
            }
            None => {
                let due_at = due_after(attempts, batch.now());
                let again = LogoutDelivery { attempts, due_at, ..delivery.record.clone() };
                batch.replace(delivery, &again);
            }
        }
        match self.store.commit(batch).await {
            Ok(_) => meter.increment(1),
            Err(CommitError::Refused(_)) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

/// When to try again after this many attempts: each pause is twice as long as the one before.
pub(super) fn due_after(attempts: u32, now: Timestamp) -> Timestamp {
    let doubled = 2_u32.saturating_pow(attempts.saturating_sub(1).min(16));
    now + PAUSE_FIRST.saturating_mul(doubled).min(PAUSE_LONGEST)
}

fn told(delivery: &LogoutDelivery, attempts: u32) -> Act {
    Act::ClientToldOfLogout { session_id: delivery.session_id, attempts }
}

fn not_told(delivery: &LogoutDelivery, attempts: u32) -> Act {
    Act::ClientNotToldOfLogout { session_id: delivery.session_id, attempts }
}

fn event(delivery: &LogoutDelivery, act: Act) -> Event {
    Event {
        actor: Actor::Node,
        act,
        account_id: Some(delivery.account_id),
        client_id: Some(delivery.client_id),
        request_id: None,
        personal: Personal::default(),
    }
}
