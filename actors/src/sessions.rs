//! Browser sessions: who is signed in where, and when that ends (MISSION N1, N4).
//!
//! Sessions are in the store; nothing here is durable. A shard owns what was last seen of the sessions of its accounts
//! and is not yet written. Finding a session asks no actor: it reads the store, and the queue of its shard.
//!
//! **The last use is written at most a tenth of the idle timeout late.** A use is passed over while the last known one
//! is younger than a twentieth; it is queued, and the queue is written every fortieth; the last fortieth is for the
//! writing itself. Where the queue is full, or too slow for a session that was started under a shorter timeout, who
//! found the session writes at once and waits for it. The queue outlives the actor, and an actor that restarts looks
//! at once, so its death loses nothing; the death of the process loses what those parts of a tenth held.

use std::{
    hash::{BuildHasher, RandomState},
    num::NonZeroUsize,
    sync::Arc,
    time::Duration,
};

use protocol::{
    AccountId, Realm, SessionId, Timestamp, Token,
    event::{Act, EndReason},
};
use ractor::{Actor, ActorProcessingErr, ActorRef};
use storage::{
    Batch, CommitError, StorageError, Store, Stored, accounts::Account, sessions::Session,
};

use crate::{
    Child, ChildSpec, Name, Origin,
    address::{Address, Queue, Reply},
    audit::Events,
};

mod cookie;
mod meters;
mod timeouts;
mod touches;
mod writer;

pub use cookie::{NotASessionCookie, SessionCookie};
pub use meters::METRICS;
use meters::Meters;
pub use timeouts::Timeouts;
use timeouts::{Use, used};
use touches::{Offered, Touch, Touches};
use writer::Writer;

/// Sessions that may wait at one shard for their last use to be written.
const TOUCHES_MAX: usize = 8192;

/// What is kept of a `User-Agent` header, in bytes.
const USER_AGENT_BYTES_MAX: usize = 256;

/// The door to the sessions. Cheap to clone.
#[derive(Clone)]
pub struct Sessions {
    store: Store,
    events: Events,
    timeouts: Timeouts,
    first: Part,
    others: Arc<[Part]>,
    hasher: RandomState,
    meters: Arc<Meters>,
}

/// What a shard is to its callers.
#[derive(Clone)]
struct Part {
    address: Address<Message>,
    touches: Arc<Touches>,
}

/// Who signed in, how, and on which browser.
#[derive(Debug, Clone)]
pub struct StartSession {
    /// Whose it is.
    pub realm: Realm,
    /// Who signed in.
    pub account_id: AccountId,
    /// What they proved.
    pub authentication: Authentication,
    /// Whether they asked to be remembered on this browser.
    pub remember: bool,
    /// The browser.
    pub origin: Origin,
}

/// That somebody proved who they are.
#[derive(Debug, Clone, Default)]
pub struct Authentication {
    /// How (RFC 8176).
    pub amr: Vec<String>,
    /// When all sessions of their account had last been ended, as the account says that they proved to be theirs.
    pub epoch: Option<Timestamp>,
}

/// A session that holds.
#[derive(Debug)]
pub struct FoundSession {
    /// The session, with the last use that this node knows of.
    pub session: Stored<Session>,
    /// Its account, as it was read to judge the session.
    pub account: Stored<Account>,
}

impl Sessions {
    /// Starts a session in the caller's batch: it is there once that is committed.
    #[tracing::instrument(level = "debug", name = "sessions.start", skip_all)]
    pub fn start(&self, batch: &mut Batch, new: StartSession) -> (Session, SessionCookie) {
        let StartSession { realm, account_id, authentication, remember, origin } = new;
        let Authentication { amr, epoch } = authentication;
        let now = batch.now();
        let randomness = self.store.randomness();
        let (idle_timeout_ms, ends_at) = self.limits(remember, now);
        let token = Token::new(randomness);
        let session = Session {
            session_id: SessionId::new(randomness),
            realm,
            account_id,
            epoch,
            cookie: token.hash(),
            authenticated_at: now,
            amr,
            started_at: now,
            last_seen_at: now,
            idle_timeout_ms,
            ends_at,
            remembered: remember,
            address: Some(origin.address),
            user_agent: origin.user_agent.map(|name| cut(name, USER_AGENT_BYTES_MAX)),
        };
        batch.create(&session);
        let cookie = SessionCookie::new(session.session_id, token);
        (session, cookie)
    }

    /// The same end-user has proved again who they are: the session goes on under the same id, the cookie is another
    /// and the old one is worth nothing once the caller's batch is committed. It still ends when it would have ended,
    /// unless they chose otherwise about being remembered: then it lasts as one that starts now.
    ///
    /// The batch is refused if the session ended meanwhile, or its last use was written: then find it again.
    #[tracing::instrument(level = "debug", name = "sessions.renew", skip_all)]
    pub fn renew(
        &self,
        batch: &mut Batch,
        old: &Stored<Session>,
        authentication: Authentication,
        remember: bool,
    ) -> (Session, SessionCookie) {
        let Authentication { amr, epoch } = authentication;
        let now = batch.now();
        let token = Token::new(self.store.randomness());
        let cookie = SessionCookie::new(old.session_id, token.clone());
        let (idle_timeout_ms, ends_at) = if remember == old.remembered {
            (old.idle_timeout_ms, old.ends_at)
        } else {
            self.limits(remember, now)
        };
        let session = Session {
            epoch,
            cookie: token.hash(),
            authenticated_at: now,
            amr,
            last_seen_at: now,
            idle_timeout_ms,
            ends_at,
            remembered: remember,
            ..old.record.clone()
        };
        batch.replace(old, &session);
        (session, cookie)
    }

    /// The idle timeout in milliseconds and the end of a session that starts now.
    fn limits(&self, remember: bool, now: Timestamp) -> (u64, Timestamp) {
        let (idle, absolute) = self.timeouts.of(remember);
        (u64::try_from(idle.as_millis()).unwrap_or(u64::MAX), now + absolute)
    }

    /// The session of this cookie, unless it is over or its account may not sign in. This is a use of it.
    #[tracing::instrument(level = "debug", name = "sessions.find", skip_all)]
    pub async fn find(
        &self,
        realm: &Realm,
        cookie: &SessionCookie,
    ) -> Result<Option<FoundSession>, StorageError> {
        let found = self.store.session(realm, cookie.session_id()).await?;
        let Some(mut session) = found.filter(|session| session.cookie == cookie.hash()) else {
            self.meters.unknown.increment(1);
            return Ok(None);
        };
        let account = self.store.account(realm, session.account_id).await?;
        let now = self.store.now();
        let part = self.part(session.account_id);
        let queued = part.touches.last_seen_at(session.session_id);
        session.record.last_seen_at = session.last_seen_at.max(queued.unwrap_or_default());
        let Some(account) = account.filter(|account| session.is_live(account, now)) else {
            self.meters.over.increment(1);
            return Ok(None);
        };
        self.touch(part, &session, now).await;
        self.meters.found.increment(1);
        Ok(Some(FoundSession { session, account }))
    }

    /// Ends a session in the caller's batch, with the event of it, in whichever state it is by then.
    #[tracing::instrument(level = "debug", name = "sessions.end", skip_all)]
    pub async fn end(
        &self,
        batch: &mut Batch,
        session: &Session,
        reason: EndReason,
        origin: &Origin,
    ) -> Result<(), StorageError> {
        let Session { realm, session_id, account_id, .. } = session;
        // Without the version: a last use that is written at this moment must not keep an end-user signed in.
        batch.remove::<Session>(realm, session_id);
        let act = Act::SessionEnded { session_id: *session_id, reason };
        self.events.record(realm, batch, origin.event(Some(*account_id), act)).await
    }

    /// Last uses that are not yet written.
    #[cfg(test)]
    fn waiting(&self) -> usize {
        let others = self.others.iter().map(|part| part.touches.len());
        self.first.touches.len() + others.sum::<usize>()
    }

    async fn touch(&self, part: &Part, session: &Stored<Session>, now: Timestamp) {
        let offered = match used(session, self.timeouts.write_every(), now) {
            Use::Seen => return,
            Use::Write => Offered::Full,
            Use::Queue => {
                let (realm, session_id) = (session.realm.clone(), session.session_id);
                part.touches.offer(Touch { realm, session_id, at: now })
            }
        };
        match offered {
            Offered::Queued => {}
            // Only a hint: the timer writes them anyway, and who finds the queue full writes by itself.
            Offered::HalfFull => _ = part.address.tell(Message::Look),
            Offered::Full => self.write_now(session, now).await,
        }
    }

    async fn write_now(&self, session: &Stored<Session>, now: Timestamp) {
        let mut batch = self.store.batch();
        batch.replace(session, &Session { last_seen_at: now, ..session.record.clone() });
        match self.store.commit(batch).await {
            // Refused: it ended meanwhile, or somebody else wrote that it was used.
            Ok(_) | Err(CommitError::Refused(_)) => {}
            Err(error) => tracing::warn!(%error, "the last use of a session is not written"),
        }
    }

    fn part(&self, account_id: AccountId) -> &Part {
        let hash = self.hasher.hash_one(account_id);
        let index = usize::try_from(hash % (self.others.len() as u64 + 1)).unwrap_or(0);
        index.checked_sub(1).and_then(|index| self.others.get(index)).unwrap_or(&self.first)
    }
}

/// The first bytes of a text, without half a character at the end.
fn cut(mut text: String, bytes_max: usize) -> String {
    let end = (0..=bytes_max).rev().find(|end| text.is_char_boundary(*end));
    text.truncate(end.unwrap_or(0));
    text
}

/// The children to supervise, `sessions/<index>`, and the handle.
pub fn children(
    shards: NonZeroUsize,
    timeouts: Timeouts,
    store: &Store,
    events: &Events,
) -> (Vec<Child>, Sessions) {
    let meters = Arc::new(Meters::new());
    let shard = |index| shard(index, &Writer::new(store, &meters), timeouts.write_every());
    let (first_child, first) = shard(0);
    let (other_children, others): (Vec<_>, Vec<_>) = (1..shards.get()).map(shard).unzip();
    let children = std::iter::once(first_child).chain(other_children).collect();
    let (store, events, others) = (store.clone(), events.clone(), others.into());
    let hasher = RandomState::new();
    (children, Sessions { store, events, timeouts, first, others, hasher, meters })
}

/// One shard. What is queued at it belongs to all its incarnations.
fn shard(index: usize, writer: &Arc<Writer>, write_every: Duration) -> (Child, Part) {
    // Callers only hint that it should look, and one hint is enough.
    let queue = Queue { length_max: 1, deadline: write_every };
    let touches = Arc::clone(&writer.touches);
    let writer = Arc::clone(writer);
    let (child, address) = ChildSpec::new(Name::of("sessions", index.to_string()), queue)
        .look_every(write_every, Message::Look)
        .child(move || (Shard { writer: Arc::clone(&writer) }, ()));
    (child, Part { address, touches })
}

enum Message {
    /// Timer, or a queue that is half full: last uses may wait to be written.
    Look(Reply<()>),
}

struct Shard {
    writer: Arc<Writer>,
}

impl Actor for Shard {
    type Msg = Message;
    type State = ();
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Message>, (): ()) -> Result<(), ActorProcessingErr> {
        Ok(())
    }

    async fn handle(
        &self,
        _: ActorRef<Message>,
        Message::Look(reply): Message,
        (): &mut (),
    ) -> Result<(), ActorProcessingErr> {
        self.writer.write().await;
        reply.send(());
        Ok(())
    }

    /// A process that is stopped in order leaves no last use unwritten.
    async fn post_stop(&self, _: ActorRef<Message>, (): &mut ()) -> Result<(), ActorProcessingErr> {
        self.writer.write().await;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
