//! The passwords that this provider keeps (MISSION P1, P4).
//!
//! The actor owns the threads that hash, and who waits for them. Nothing is hashed in its mailbox: `handle` moves the
//! request into the line before the threads, which leave out those whose caller has given up. What is durable is in the
//! store; this only reads it.
//!
//! When the actor dies, who waits for a hash hears at once that it stopped, and may ask again; a hash that is being
//! computed is finished and answered. The next incarnation has threads of its own, and as both take their memory from
//! one [`Shelf`], no more is computed at once than before.

use std::{sync::Arc, thread::available_parallelism};

use async_trait::async_trait;
use protocol::{AccountId, Realm, Secret, randomness::random};
use ractor::{Actor, ActorProcessingErr, ActorRef};
use storage::{Store, passwords::Password};

use super::{
    Connector, HashError, IdentityError, Proof, Settings, Verdict,
    hasher::{Chosen, Hasher, Hashes, Judgement, NotHashed, Trial},
    meters::QueueMeters,
    policy::{Bounds, hashes_at_once, memory_kib_max},
    pool::{Job, Pool},
    shelf::{Memory, Shelf},
    stored::{Argon2Hash, KeptHash},
};
use crate::{
    Child,
    address::{Address, Queue, Reply},
};

/// The longest password. One that is longer is wrong, and is not hashed.
pub const PASSWORD_BYTES_MAX: usize = 1024;

/// The connector to the passwords in the store.
pub(super) struct Local {
    address: Address<Message>,
    store: Store,
    bounds: Bounds,
    nobodys: KeptHash,
    hashes: Arc<dyn Hashes>,
}

#[async_trait]
impl Connector for Local {
    async fn verify(
        &self,
        realm: &Realm,
        account_id: Option<AccountId>,
        password: Secret<String>,
    ) -> Result<Verdict, IdentityError> {
        // Nobody's password is looked for, too: the look-up must not tell who exists.
        let looked_for = account_id.unwrap_or_else(|| AccountId::new(self.store.randomness()));
        let kept = self.store.password(realm, looked_for).await?;
        let against = kept.as_ref().and_then(|kept| self.read(kept));
        let trial = Box::new(self.trial(against, password));
        let judgement = self.address.ask(|reply| Message::Verify(trial, reply)).await?;
        Ok(match (judgement, kept) {
            (Judgement::Right { rehashed }, Some(kept)) => {
                Verdict::Right { proof: Proof { kept, rehashed } }
            }
            _ => Verdict::Wrong,
        })
    }
}

impl Local {
    pub(super) async fn hash(&self, password: Secret<String>) -> Result<String, HashError> {
        match password.expose().len() {
            0 => Err(HashError::Empty),
            1..=PASSWORD_BYTES_MAX => {
                let chosen = Chosen { password, salt: random(self.store.randomness()) };
                Ok(self.address.ask(|reply| Message::Hash(Box::new(chosen), reply)).await?)
            }
            _ => Err(HashError::TooLong),
        }
    }

    pub(super) fn hashes_done(&self) -> u64 {
        self.hashes.done()
    }

    /// What is kept, if it can be verified. Who cannot sign in because of it sees a wrong password.
    fn read(&self, kept: &Password) -> Option<KeptHash> {
        KeptHash::read(&kept.phc, &self.bounds)
            .inspect_err(|error| {
                tracing::error!(account_id = %kept.account_id, %error, "a kept password lets nobody in");
            })
            .ok()
    }

    /// A trial that does the same work whatever is wrong.
    fn trial(&self, against: Option<KeptHash>, password: Secret<String>) -> Trial {
        let salt = random(self.store.randomness());
        let is_fit = (1..=PASSWORD_BYTES_MAX).contains(&password.expose().len());
        match against.filter(|_| is_fit) {
            Some(against) => Trial { password, against, can_be_right: true, salt },
            None => {
                let password = if is_fit { password } else { Secret::default() };
                let against = self.nobodys.clone();
                Trial { password, against, can_be_right: false, salt }
            }
        }
    }
}

/// The child `identity/local`, and the connector to it.
pub(super) fn child(settings: &Settings, store: &Store) -> (Child, Local) {
    child_with(settings, store, Arc::new(Hasher::new(settings.policy.clone())))
}

/// As [`child`], with who computes the hashes.
pub(super) fn child_with(
    settings: &Settings,
    store: &Store,
    hashes: Arc<dyn Hashes>,
) -> (Child, Local) {
    let cores = available_parallelism().map_or(1, usize::from);
    let threads = hashes_at_once(settings, cores);
    let shelf = Shelf::new(threads, memory_kib_max(settings), settings.policy.memory_kib());
    let supplies = Supplies { threads, shelf: Arc::new(shelf), hashes, meters: QueueMeters::new() };
    let local = supplies.clone();
    // Who waits holds a place, and so does who is being hashed for.
    let length_max = settings.queue.length_max.saturating_add(threads);
    let queue = Queue { length_max, ..settings.queue };
    let (child, address) = crate::child("identity/local", queue, move || (local.clone(), ()));
    let local = Local {
        address,
        store: store.clone(),
        bounds: Bounds::new(settings),
        nobodys: KeptHash::Argon2(Box::new(Argon2Hash::nobodys(&settings.policy))),
        hashes: supplies.hashes,
    };
    (child, local)
}

enum Message {
    Verify(Box<Trial>, Reply<Judgement>),
    Hash(Box<Chosen>, Reply<String>),
}

/// What the threads of each incarnation share.
#[derive(Clone)]
struct Supplies {
    threads: usize,
    shelf: Arc<Shelf>,
    hashes: Arc<dyn Hashes>,
    meters: QueueMeters,
}

impl Actor for Supplies {
    type Msg = Message;
    type State = Pool<Task>;
    type Arguments = ();

    async fn pre_start(
        &self,
        _: ActorRef<Message>,
        (): (),
    ) -> Result<Pool<Task>, ActorProcessingErr> {
        Ok(Pool::start(self.threads, Arc::clone(&self.shelf), self.meters.clone())?)
    }

    async fn handle(
        &self,
        _: ActorRef<Message>,
        message: Message,
        pool: &mut Pool<Task>,
    ) -> Result<(), ActorProcessingErr> {
        pool.push(Task { message, hashes: Arc::clone(&self.hashes) });
        Ok(())
    }

    /// Whoever waits is still served, and gives up at their own deadline.
    async fn post_stop(
        &self,
        _: ActorRef<Message>,
        pool: &mut Pool<Task>,
    ) -> Result<(), ActorProcessingErr> {
        pool.finish().await;
        Ok(())
    }
}

/// A request as a thread carries it out.
struct Task {
    message: Message,
    hashes: Arc<dyn Hashes>,
}

impl Job for Task {
    fn is_abandoned(&self) -> bool {
        match &self.message {
            Message::Verify(_, reply) => reply.is_abandoned(),
            Message::Hash(_, reply) => reply.is_abandoned(),
        }
    }

    fn memory_kib(&self) -> u64 {
        match &self.message {
            Message::Verify(trial, _) => trial.against.memory_kib(),
            // As the policy says, which is the least that is given.
            Message::Hash(..) => 0,
        }
    }

    fn run(self, memory: &mut Memory) {
        match self.message {
            Message::Verify(trial, reply) => answer(reply, self.hashes.verify(&trial, memory)),
            Message::Hash(chosen, reply) => answer(reply, self.hashes.hash(&chosen, memory)),
        }
    }
}

/// Without a hash there is no answer: who asked hears that it stopped.
fn answer<T>(reply: Reply<T>, hashed: Result<T, NotHashed>) {
    match hashed {
        Ok(answer) => reply.send(answer),
        Err(error) => tracing::error!(%error, "a password was not hashed"),
    }
}
