//! What `admit` promises, over a store in memory.

use std::{net::IpAddr, time::Duration};

use protocol::{AccountId, event::Act, identifier::Identifier};
use storage::account_keys::AccountKey;
use tokio::task::JoinSet;

use super::*;
use crate::{
    RestartLimit, Tree,
    testing::{Ground, ground},
};

mod releasing;

const HERE: &str = "192.0.2.7";
const MINUTE: Duration = Duration::from_secs(60);

struct Test {
    ground: Ground,
    lockout: Lockout,
    tree: Tree,
    account_id: AccountId,
}

async fn with(policy: Policy) -> Test {
    sharded(4, policy).await
}

async fn sharded(shards: usize, policy: Policy) -> Test {
    let ground = ground();
    let shards = NonZeroUsize::new(shards).unwrap();
    let queue = Queue { length_max: 256, deadline: MINUTE };
    let settings = Settings { shards, queue, policy };
    let (children, lockout) = children(settings, &ground.store, &ground.events, &ground.ring);
    let tree = Tree::start(children, RestartLimit::default()).await.unwrap();
    let account_id = AccountId::new(ground.store.randomness());
    Test { ground, lockout, tree, account_id }
}

/// At most so many failures.
fn limit(failures_max: u32) -> Policy {
    Policy { failures_max, ..Policy::default() }
}

fn attempt(subject: Subject, address: &str) -> Attempt {
    let address: IpAddr = address.parse().unwrap();
    let origin = Origin { address, user_agent: None, client_id: None, request_id: None };
    Attempt { realm: Realm::main(), subject, device: None, origin }
}

fn nobody(name: &str) -> Subject {
    Subject::Unknown(Identifier::canonical(name).unwrap())
}

impl Test {
    fn account(&self) -> Subject {
        Subject::Account(self.account_id)
    }

    fn other_account(&self) -> Subject {
        Subject::Account(AccountId::new(self.ground.store.randomness()))
    }

    async fn admit(&self, subject: Subject, address: &str) -> Admission {
        self.lockout.admit(attempt(subject, address)).await.unwrap()
    }

    /// Fails at this account, from here.
    async fn fails(&self) -> bool {
        is_admitted(self.admit(self.account(), HERE).await)
    }

    async fn known_device(&self) -> Option<KnownDevice> {
        let (devices, store) = (self.lockout.devices(), &self.ground.store);
        let token = devices.issue(self.account_id, store.randomness(), store.now());
        devices.verify(token.expose(), self.account_id, store.now())
    }

    /// Subject and length of the locks of which there is an event.
    async fn locks(&self) -> Vec<(LockSubject, u64)> {
        let events =
            self.ground.store.unsealed_events(&Realm::main(), "node", 1_000).await.unwrap();
        let locks = events.items.iter().map(|stored| match &stored.event.act {
            Act::LockedOut { subject, seconds } => (*subject, *seconds),
            act => panic!("{act:?}"),
        });
        locks.collect()
    }
}

fn is_admitted(admission: Admission) -> bool {
    matches!(admission, Admission::Admitted(_))
}

fn permit(admission: Admission) -> Permit {
    match admission {
        Admission::Admitted(permit) => permit,
        _ => panic!("not admitted"),
    }
}

fn locked(admission: &Admission) -> Option<(Timestamp, LockSubject)> {
    match admission {
        Admission::Locked { until, subject } => Some((*until, *subject)),
        _ => None,
    }
}

/// Makes the attempts at once, and counts the permits.
async fn at_once(lockout: &Lockout, attempts: impl Iterator<Item = Attempt>) -> usize {
    let mut all = JoinSet::new();
    for attempt in attempts {
        let lockout = lockout.clone();
        all.spawn(async move { lockout.admit(attempt).await });
    }
    let answers = all.join_all().await;
    answers.into_iter().flatten().filter(|a| matches!(a, Admission::Admitted(_))).count()
}

/// ATTACKS 15.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_200_parallel_attempts_exactly_the_limit_is_let_through() {
    let test = with(limit(5)).await;
    let attempts = (0..200).map(|_| attempt(test.account(), HERE));
    assert_eq!(at_once(&test.lockout, attempts).await, 5);
    assert_eq!(test.locks().await, [(LockSubject::Account, 60)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_address_has_a_limit_over_all_accounts_and_shards() {
    let test = with(Policy { address_failures_max: 20, ..limit(5) }).await;
    let attempts: Vec<_> = (0..100).map(|_| attempt(test.other_account(), HERE)).collect();
    assert_eq!(at_once(&test.lockout, attempts.into_iter()).await, 20);
    assert_eq!(test.locks().await, [(LockSubject::Address, 60)]);
    assert!(is_admitted(test.admit(test.account(), "192.0.2.8").await));
}

/// ATTACKS 15, where no mailbox helps: two nodes over one store.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_nodes_together_let_no_more_than_the_limit_through() {
    let test = with(limit(5)).await;
    let queue = Queue { length_max: 256, deadline: MINUTE };
    let settings = Settings { shards: NonZeroUsize::MIN, queue, policy: limit(5) };
    let Ground { store, events, ring, .. } = &test.ground;
    let (children, other) = children(settings, store, events, ring);
    let _tree = Tree::start(children, RestartLimit::default()).await.unwrap();

    let attempts = || (0..50).map(|_| attempt(test.account(), HERE));
    let (here, there) =
        tokio::join!(at_once(&test.lockout, attempts()), at_once(&other, attempts()));
    assert_eq!(here + there, 5);
}

#[tokio::test]
async fn a_lock_says_until_when_and_then_is_over() {
    let test = with(limit(3)).await;
    for _ in 0..3 {
        assert!(test.fails().await);
    }
    let until = test.ground.store.now() + MINUTE;
    let refused = test.admit(test.account(), HERE).await;
    assert_eq!(locked(&refused), Some((until, LockSubject::Account)));
    test.ground.clock.advance(MINUTE);
    assert!(test.fails().await);
}

#[tokio::test]
async fn an_attempt_that_is_locked_does_not_lengthen_the_lock() {
    let test = with(limit(1)).await;
    assert!(test.fails().await);
    test.ground.clock.advance(MINUTE / 2);
    assert!(!test.fails().await);
    test.ground.clock.advance(MINUTE / 2);
    assert!(test.fails().await);
}

#[tokio::test]
async fn a_success_clears_what_failed_before_and_the_next_attempt_sees_it() {
    let test = with(limit(3)).await;
    for _ in 0..10 {
        assert!(test.fails().await);
        assert!(test.fails().await);
        permit(test.admit(test.account(), HERE).await).succeeded();
    }
    assert_eq!(test.locks().await, [(LockSubject::Account, 60); 10]);
}

#[tokio::test]
async fn a_permit_that_is_dropped_stays_counted() {
    let test = with(limit(2)).await;
    drop(permit(test.admit(test.account(), HERE).await));
    drop(permit(test.admit(test.account(), HERE).await));
    assert!(!test.fails().await);
}

#[tokio::test]
async fn a_good_account_does_not_pay_for_guesses_at_others_from_its_address() {
    // With one shard a success is given back before the next attempt, whoever makes it.
    let test = sharded(1, Policy { address_failures_max: 10, ..limit(10) }).await;
    let mut guesses = 0;
    while is_admitted(test.admit(test.other_account(), HERE).await) {
        guesses += 1;
        if let Admission::Admitted(permit) = test.admit(test.account(), HERE).await {
            permit.succeeded();
        }
        assert!(guesses <= 10);
    }
    assert_eq!(guesses, 10);
}

/// ATTACKS 16.
#[tokio::test]
async fn a_known_browser_gets_in_while_the_account_and_its_address_are_locked() {
    let test = with(Policy { address_failures_max: 2, ..limit(2) }).await;
    while test.fails().await {}
    let known = test.known_device().await;
    assert!(known.is_some());
    let from_known = || Attempt { device: known.clone(), ..attempt(test.account(), HERE) };
    permit(test.lockout.admit(from_known()).await.unwrap()).succeeded();

    let mut let_through = 0;
    while is_admitted(test.lockout.admit(from_known()).await.unwrap()) {
        let_through += 1;
    }
    assert_eq!(let_through, 2, "it has a limit of its own");
    let other = Attempt { device: test.known_device().await, ..from_known() };
    assert!(is_admitted(test.lockout.admit(other).await.unwrap()));
}

#[tokio::test]
async fn a_browser_that_is_known_for_one_account_is_unknown_for_another() {
    let test = with(limit(1)).await;
    let other = test.other_account();
    let known = test.known_device().await;
    assert!(is_admitted(test.admit(other.clone(), HERE).await));
    let attempt = Attempt { device: known, ..attempt(other, HERE) };
    assert!(locked(&test.lockout.admit(attempt).await.unwrap()).is_some());
}

/// ATTACKS 18: the same answers after the same work, also where the lock falls.
#[tokio::test]
async fn an_identifier_that_nobody_has_behaves_as_an_account() {
    let test = with(limit(3)).await;
    let Ground { store, ring, engine, .. } = &test.ground;
    let key = AccountKey::new(&Realm::main(), test.account_id, ring, store.randomness()).unwrap();
    let mut batch = store.batch();
    batch.create(&key);
    store.commit(batch).await.unwrap();

    let subjects = [(test.account(), "192.0.2.1"), (nobody("nobody@example.com"), "192.0.2.2")];
    let mut seen = Vec::new();
    for (subject, address) in subjects {
        engine.work();
        let mut answers = Vec::new();
        for _ in 0..5 {
            let answer = test.admit(subject.clone(), address).await;
            answers.push((locked(&answer).map(|(until, _)| until), engine.work()));
        }
        seen.push(answers);
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(test.locks().await.len(), 2);
}

#[tokio::test]
async fn where_nothing_is_written_nobody_is_let_through() {
    let test = with(limit(3)).await;
    for outage in [crate::testing::Switched::take_no_writes, crate::testing::Switched::go_down] {
        outage(&test.ground.engine);
        let answer = test.admit(test.account(), HERE).await;
        assert!(matches!(answer, Admission::NotCounted(CommitError::NotApplied(_))));
        test.ground.engine.come_back();
    }
    for _ in 0..3 {
        assert!(test.fails().await);
    }
    assert!(!test.fails().await);
}

#[tokio::test]
async fn a_success_that_cannot_be_written_leaves_the_attempt_counted() {
    let test = with(limit(2)).await;
    let first = permit(test.admit(test.account(), HERE).await);
    test.ground.engine.take_no_writes();
    first.succeeded();
    let refused = test.admit(test.account(), HERE).await;
    assert!(matches!(refused, Admission::NotCounted(_)));
    test.ground.engine.come_back();
    assert!(test.fails().await);
    assert!(!test.fails().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn killed_under_load_it_lets_no_more_than_the_limit_through_and_forgets_no_failure() {
    let test = with(limit(5)).await;
    let mut all = JoinSet::new();
    for _ in 0..200 {
        let (lockout, attempt) = (test.lockout.clone(), attempt(test.account(), HERE));
        all.spawn(async move { lockout.admit(attempt).await });
    }
    let first = all.join_next().await.unwrap().unwrap();
    for shard in ["lockout/0", "lockout/1", "lockout/2", "lockout/3"] {
        assert!(test.tree.kill(shard).await);
    }
    let answers = std::iter::once(first).chain(all.join_all().await);
    let mut admitted = 0;
    for answer in answers {
        match answer {
            Ok(Admission::Admitted(_)) => admitted += 1,
            Ok(Admission::Locked { .. }) | Err(Unavailable::Stopped) => {}
            Ok(Admission::NotCounted(error)) => panic!("{error}"),
            Err(error) => panic!("{error}"),
        }
    }
    while test.fails().await {
        admitted += 1;
    }
    assert!(admitted <= 5, "{admitted}");
}
