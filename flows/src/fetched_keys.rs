//! Sets of keys that clients have elsewhere (`jwks_uri`): asked for when they are needed, kept in memory, and asked for again
//! when they are old or a key is named that is not among them.
//!
//! Of each address nothing is asked for more often than every thirty seconds, whoever names which key, and whoever waits for
//! the same set shares one request. What is kept serves on where nobody answers, for some hours. Whoever withdraws a key or
//! shows a private one is believed at once.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use actors::outgoing::{Outbound, Outgoing, Purpose};
use protocol::{
    Timestamp,
    jose::{ClientJwks, ClientKeys, FETCHED_JWKS_BYTES_MAX, KeysNotFetched, NotClientJwks},
    mutant::Mutant,
    web_uri::WebUri,
};
use tokio::sync::{Mutex as Turn, Semaphore};

use crate::{Flows, finish::finish};

/// From then on a set is asked for again before it is used.
const FRESH: Duration = Duration::from_secs(10 * 60);

/// For so long it serves where nobody answers.
const KEPT_MAX: Duration = Duration::from_secs(6 * 60 * 60);

/// Nothing is asked for again before.
const PAUSE: Duration = Duration::from_secs(30);

/// Sets that are kept, some kilobytes each. Where there is no room the one goes that was used longest ago.
const SETS_MAX: usize = 1_024;

/// Requests that wait for a set at once. Each holds a place of those that are answered.
const WAITING_MAX: usize = 256;

/// A set as it was found.
pub(crate) struct FetchedSet {
    /// Parsed for who verifies.
    pub(crate) keys: ClientKeys,
    /// As they are, for who encrypts.
    pub(crate) jwks: ClientJwks,
    fetched_at: Timestamp,
}

/// Which set is wanted.
#[derive(Clone, Copy)]
pub(crate) enum Wanted<'a> {
    /// One that is not old.
    Any,
    /// Another than this one.
    NewerThan(&'a Arc<FetchedSet>),
}

/// The sets of all clients that have theirs elsewhere.
pub(crate) struct FetchedKeys {
    places: Mutex<HashMap<WebUri, Used>>,
    waiting: Semaphore,
}

struct Used {
    place: Arc<Place>,
    at: Timestamp,
}

/// What is known of one address.
#[derive(Default)]
struct Place {
    known: Mutex<Known>,
    /// Whose turn it is to ask.
    turn: Arc<Turn<()>>,
}

#[derive(Clone, Default)]
struct Known {
    set: Option<Arc<FetchedSet>>,
    asked_at: Option<Timestamp>,
    is_asking: bool,
    why_not: Option<KeysNotFetched>,
}

impl Default for FetchedKeys {
    fn default() -> Self {
        Self { places: Mutex::default(), waiting: Semaphore::new(WAITING_MAX) }
    }
}

impl FetchedKeys {
    /// The set at `jwks_uri`: the one that is wanted, or the best that there is.
    pub(crate) async fn get(
        &self,
        flows: &Flows,
        jwks_uri: &WebUri,
        wanted: Wanted<'_>,
    ) -> Result<Arc<FetchedSet>, KeysNotFetched> {
        let now = flows.now();
        let place = self.place(jwks_uri, now);
        let known = place.known();
        if !known.is_another(wanted, now) || !(known.is_asking || known.may_ask(now)) {
            return known.usable(now);
        }
        let Ok(_waits) = self.waiting.try_acquire() else { return known.usable(now) };
        let turn = Arc::clone(&place.turn).lock_owned().await;
        let (known, now) = (place.known(), flows.now());
        if known.is_another(wanted, now) && known.may_ask(now) {
            place.change(|known| known.asks(now));
            let asking = Arc::clone(&place);
            let (outgoing, jwks_uri) = (flows.outgoing.clone(), jwks_uri.clone());
            // To the end, whoever waits: one who asks and hangs up would keep the set from all others.
            let asked = finish(async move {
                let fetched = fetch(&outgoing, &jwks_uri).await;
                asking.change(|known| known.learn(fetched, now));
                drop(turn);
            });
            if let Err(failure) = asked.await {
                tracing::error!(%failure, "the keys of a client were not asked for");
            }
        }
        place.known().usable(now)
    }

    fn place(&self, jwks_uri: &WebUri, now: Timestamp) -> Arc<Place> {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(used) = places.get_mut(jwks_uri) {
            used.at = now;
            return Arc::clone(&used.place);
        }
        if places.len() >= SETS_MAX {
            let oldest = places.iter().min_by_key(|(_, used)| used.at);
            let oldest = oldest.map(|(jwks_uri, _)| jwks_uri.clone());
            oldest.and_then(|oldest| places.remove(&oldest));
        }
        let place = Arc::<Place>::default();
        places.insert(jwks_uri.clone(), Used { place: Arc::clone(&place), at: now });
        place
    }
}

impl Place {
    fn known(&self) -> Known {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn change(&self, change: impl FnOnce(&mut Known)) {
        change(&mut self.known.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Known {
    /// Whether another set is wanted than the one that is here.
    fn is_another(&self, wanted: Wanted<'_>, now: Timestamp) -> bool {
        match (&self.set, wanted) {
            (None, _) => true,
            (Some(set), Wanted::Any) => {
                set.fetched_at + FRESH <= now || Mutant::SharedRequest.is_out()
            }
            (Some(set), Wanted::NewerThan(known)) => Arc::ptr_eq(set, known),
        }
    }

    /// Whether the last time is long ago, or lies ahead, as a clock was set back.
    fn may_ask(&self, now: Timestamp) -> bool {
        self.asked_at.is_none_or(|asked_at| asked_at + PAUSE <= now || now < asked_at)
            || Mutant::SharedRequest.is_out()
    }

    fn asks(&mut self, now: Timestamp) {
        (self.asked_at, self.is_asking) = (Some(now), true);
    }

    fn usable(&self, now: Timestamp) -> Result<Arc<FetchedSet>, KeysNotFetched> {
        let set = self.set.as_ref().filter(|set| now < set.fetched_at + KEPT_MAX);
        set.cloned().ok_or(self.why_not.unwrap_or(KeysNotFetched::Busy))
    }

    fn learn(&mut self, fetched: Result<ClientJwks, KeysNotFetched>, now: Timestamp) {
        self.is_asking = false;
        let jwks = match fetched {
            Ok(jwks) => jwks,
            Err(why) => {
                self.why_not = Some(why);
                // Whom these keys are known to, besides their owner, nobody can say.
                if why == KeysNotFetched::NotJwks(NotClientJwks::PrivateMember) {
                    self.set = None;
                }
                return;
            }
        };
        let keys = ClientKeys::of_jwks(&jwks);
        self.set = Some(Arc::new(FetchedSet { keys, jwks, fetched_at: now }));
        self.why_not = None;
    }
}

async fn fetch(outgoing: &Outgoing, jwks_uri: &WebUri) -> Result<ClientJwks, KeysNotFetched> {
    let request = Outbound {
        purpose: Purpose::JwksUri,
        uri: jwks_uri.as_str(),
        form: None,
        accept: "application/json, application/jwk-set+json",
        body_bytes_max: FETCHED_JWKS_BYTES_MAX,
    };
    let fetched = match outgoing.send(request).await {
        Ok(answer) => ClientJwks::fetched(&answer.body).map_err(KeysNotFetched::from),
        Err(why) => Err(why.into()),
    };
    if let Err(why) = &fetched {
        tracing::warn!(%jwks_uri, %why, "the keys of a client were not got");
    }
    fetched
}

#[cfg(test)]
mod tests {
    use protocol::outgoing::NotAnswered;

    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_790_000_000);

    fn learnt(fetched: Result<ClientJwks, KeysNotFetched>) -> Known {
        let mut known = Known::default();
        known.asks(NOW);
        known.learn(fetched, NOW);
        known
    }

    #[test]
    fn no_more_sets_are_kept_than_there_is_room_for_and_the_one_goes_that_was_used_longest_ago() {
        let kept = FetchedKeys::default();
        let uri = |number: usize| format!("https://client.example/{number}").parse().unwrap();
        for number in 0..SETS_MAX {
            kept.place(&uri(number), NOW + Duration::from_secs(number as u64));
        }
        let later = NOW + Duration::from_secs(SETS_MAX as u64);
        kept.place(&uri(0), later);
        kept.place(&uri(SETS_MAX), later);
        let places = kept.places.lock().unwrap();
        let is_kept = |number| places.contains_key(&uri(number));
        assert_eq!(places.len(), SETS_MAX);
        assert_eq!([0, 1, 2, SETS_MAX].map(is_kept), [true, false, true, true]);
    }

    #[test]
    fn a_pause_ends_by_itself_and_when_the_clock_is_set_back() {
        let known = learnt(Err(NotAnswered::TimedOut.into()));
        let second = Duration::from_secs(1);
        for (now, may_ask) in [
            (NOW, false),
            (NOW + PAUSE - second, false),
            (NOW + PAUSE, true),
            (NOW - Duration::from_secs(3600), true),
        ] {
            assert_eq!(known.may_ask(now), may_ask);
        }
    }

    #[test]
    fn where_there_is_no_set_the_last_reason_is_told() {
        let timed_out = KeysNotFetched::from(NotAnswered::TimedOut);
        assert_eq!(learnt(Err(timed_out)).usable(NOW).err(), Some(timed_out));
        assert_eq!(Known::default().usable(NOW).err(), Some(KeysNotFetched::Busy));
        assert!(learnt(Ok(ClientJwks::default())).usable(NOW).is_ok());
    }

    #[test]
    fn a_fault_of_others_leaves_the_set_and_a_private_member_ends_it() {
        let mut known = learnt(Ok(ClientJwks::default()));
        known.learn(Err(NotClientJwks::NotASet.into()), NOW);
        assert!(known.usable(NOW + KEPT_MAX - Duration::from_secs(1)).is_ok());
        assert!(known.usable(NOW + KEPT_MAX).is_err());
        known.learn(Err(NotClientJwks::PrivateMember.into()), NOW);
        assert!(known.usable(NOW).is_err());
    }
}
