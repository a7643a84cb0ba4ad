//! More passwords than can be hashed: who waits, who is refused, and what a death does.

use std::{
    future::Future,
    sync::{Arc, Condvar, Mutex},
};

use tokio::{sync::watch, task::JoinSet};

use super::*;
use crate::identity::hasher::{Judgement, NotHashed, Trial};

/// Computes nothing, but only as long as its gate is open, and counts.
struct Gate {
    is_open: Mutex<bool>,
    opened: Condvar,
    counts: watch::Sender<Counts>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Counts {
    begun: usize,
    running: usize,
    running_max: usize,
    done: usize,
}

impl Gate {
    fn pass(&self) {
        self.counts.send_modify(|counts| {
            counts.begun += 1;
            counts.running += 1;
            counts.running_max = counts.running_max.max(counts.running);
        });
        let is_open = self.is_open.lock().unwrap();
        drop(self.opened.wait_while(is_open, |is_open| !*is_open).unwrap());
        self.counts.send_modify(|counts| {
            counts.running -= 1;
            counts.done += 1;
        });
    }

    fn open(&self) {
        *self.is_open.lock().unwrap() = true;
        self.opened.notify_all();
    }

    async fn wait_for_begun(&self, count: usize) {
        self.counts.subscribe().wait_for(|counts| counts.begun == count).await.unwrap();
    }

    fn counts(&self) -> Counts {
        *self.counts.borrow()
    }
}

impl Hashes for Gate {
    fn verify(&self, _: &Trial, _: &mut Memory) -> Result<Judgement, NotHashed> {
        self.pass();
        Ok(Judgement::Wrong)
    }

    fn hash(&self, _: &Chosen, _: &mut Memory) -> Result<String, NotHashed> {
        self.pass();
        Ok("$".into())
    }

    fn done(&self) -> u64 {
        self.counts().done as u64
    }
}

struct Load {
    gate: Arc<Gate>,
    identity: Identity,
    tree: Tree,
    asked: JoinSet<Result<String, HashError>>,
}

/// Two hashes at once, and a queue of `length_max`.
async fn load(length_max: usize) -> Load {
    let gate = Gate {
        is_open: Mutex::new(false),
        opened: Condvar::new(),
        counts: watch::Sender::default(),
    };
    let gate = Arc::new(gate);
    let queue = Queue { length_max, ..settings().queue };
    let settings = Settings { queue, ..settings() };
    let (child, local) = local::child_with(&settings, &ground().store, gate.clone());
    let identity = Identity { local: Arc::new(local) };
    let child = subtree("identity", vec![child], LIMIT);
    let tree = Tree::start(vec![child], LIMIT).await.unwrap();
    Load { gate, identity, tree, asked: JoinSet::new() }
}

fn ask(identity: &Identity) -> impl Future<Output = Result<String, HashError>> + use<> {
    let identity = identity.clone();
    async move { identity.hash(Secret::new("a".to_owned())).await }
}

impl Load {
    /// So many ask, and have their place when this returns.
    async fn ask(&mut self, count: usize) {
        let waiting = |tree: &Tree| tree.status()[1].waiting;
        let before = waiting(&self.tree);
        (0..count).for_each(|_| _ = self.asked.spawn(ask(&self.identity)));
        while waiting(&self.tree) < before + count {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn a_parallel_load_never_takes_more_than_its_permits() {
    let mut load = load(50).await;
    load.ask(50).await;
    load.gate.wait_for_begun(2).await;
    load.gate.open();
    assert!(load.asked.join_all().await.iter().all(Result::is_ok));
    let expected = Counts { begun: 50, running: 0, running_max: 2, done: 50 };
    assert_eq!(load.gate.counts(), expected);
}

#[tokio::test]
async fn one_more_than_the_queue_holds_is_refused_at_once() {
    let mut load = load(3).await;
    load.ask(2 + 3).await;
    assert_eq!(ask(&load.identity).await, Err(HashError::Unavailable(Unavailable::Busy)));
    let refused = load.identity.verify(&Realm::main(), None, "a".to_owned().into()).await;
    assert!(matches!(refused, Err(IdentityError::Unavailable(Unavailable::Busy))));
    load.gate.open();
    assert_eq!(load.asked.join_all().await.len(), 5);
    assert!(ask(&load.identity).await.is_ok());
    assert_eq!(load.gate.counts().done, 6, "those that were refused were not hashed");
}

#[tokio::test]
async fn who_has_gone_away_is_not_hashed_for() {
    let mut load = load(10).await;
    load.ask(2).await;
    load.gate.wait_for_begun(2).await;
    let hashed = std::mem::take(&mut load.asked);
    load.ask(5).await;
    load.asked.shutdown().await;
    load.gate.open();
    assert!(hashed.join_all().await.iter().all(Result::is_ok));
    assert!(ask(&load.identity).await.is_ok());
    assert_eq!(load.gate.counts().begun, 3);
}

#[tokio::test]
async fn who_waits_longer_than_the_deadline_is_told_and_not_hashed_for() {
    let mut load = load(10).await;
    load.ask(2).await;
    load.gate.wait_for_begun(2).await;
    tokio::time::pause();
    let late = Err(HashError::Unavailable(Unavailable::TimedOut));
    assert_eq!(ask(&load.identity).await, late);
    tokio::time::resume();
    load.gate.open();
    assert_eq!(load.asked.join_all().await.len(), 2);
    assert!(ask(&load.identity).await.is_ok());
    assert_eq!(load.gate.counts().begun, 3);
}

#[tokio::test]
async fn when_the_actor_dies_who_waits_hears_it_and_the_next_request_is_served() {
    let mut load = load(10).await;
    load.ask(2).await;
    load.gate.wait_for_begun(2).await;
    let in_hand = std::mem::take(&mut load.asked);
    load.ask(8).await;
    assert!(load.tree.kill("identity/local").await);
    let stopped = Err(HashError::Unavailable(Unavailable::Stopped));
    assert_eq!(load.asked.join_all().await, vec![stopped; 8], "though the gate is closed");

    load.asked = JoinSet::new();
    load.ask(4).await;
    assert_eq!(load.gate.counts().begun, 2, "the threads of the dead actor hold the permits");
    load.gate.open();
    assert!(in_hand.join_all().await.iter().all(Result::is_ok), "their hash was finished");
    assert!(load.asked.join_all().await.iter().all(Result::is_ok));
    assert_eq!(load.gate.counts(), Counts { begun: 6, running: 0, running_max: 2, done: 6 });
}

#[tokio::test]
async fn a_death_loses_nothing_that_is_kept() {
    let test = test().await;
    let account_id = test.account(hash_of("a")).await;
    assert!(test.tree.kill("identity/local").await);
    test.proof(account_id, "a").await;
    assert!(test.tree.kill("identity").await);
    test.proof(account_id, "a").await;
}

#[tokio::test]
async fn when_the_program_stops_who_waits_is_still_served() {
    let mut load = load(10).await;
    load.ask(6).await;
    let (tree, gate) = (&load.tree, &load.gate);
    tokio::join!(tree.stop(), async { gate.open() });
    assert!(load.asked.join_all().await.iter().all(Result::is_ok));
    assert_eq!(ask(&load.identity).await, Err(HashError::Unavailable(Unavailable::Stopped)));
}
