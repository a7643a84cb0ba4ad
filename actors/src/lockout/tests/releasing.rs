//! What a release promises, whoever counts meanwhile.

use protocol::{
    event::{Act, Actor, Event, Personal},
    revocation::RevocationReason,
};

use super::*;

fn event(account_id: Option<AccountId>) -> Event {
    let subject = if account_id.is_some() { LockSubject::Account } else { LockSubject::Address };
    Event {
        actor: Actor::Node,
        act: Act::LockoutReleased { subject, reason: RevocationReason::Requested },
        account_id,
        client_id: None,
        request_id: None,
        personal: Personal::default(),
    }
}

impl Test {
    async fn releases(&self, lockout: &Lockout) -> Release {
        let subject = format!("account:{}", self.account_id);
        lockout.release(&Realm::main(), &subject, event(Some(self.account_id))).await.unwrap()
    }

    async fn events_of_releases(&self) -> usize {
        let page = self.ground.store.unsealed_events(&Realm::main(), "node", 1_000).await.unwrap();
        let is_release = |act: &Act| matches!(act, Act::LockoutReleased { .. });
        page.items.iter().filter(|stored| is_release(&stored.event.act)).count()
    }
}

#[tokio::test]
async fn a_released_account_is_let_through_at_once_and_as_often_as_before() {
    let test = with(limit(3)).await;
    for _ in 0..2 {
        let mut let_through = 0;
        while test.fails().await {
            let_through += 1;
        }
        assert_eq!(let_through, 3);
        assert!(matches!(test.releases(&test.lockout).await, Release::Released));
    }
    assert!(matches!(test.releases(&test.lockout).await, Release::NothingCounted));
    assert_eq!(test.events_of_releases().await, 2, "nothing that was not done is told");
}

#[tokio::test]
async fn a_released_address_is_let_through_and_the_accounts_stay_locked() {
    let test = with(Policy { address_failures_max: 2, ..limit(1) }).await;
    assert!(test.fails().await);
    assert!(is_admitted(test.admit(test.other_account(), HERE).await));
    let refused = test.admit(test.other_account(), HERE).await;
    assert_eq!(locked(&refused).unwrap().1, LockSubject::Address);
    let name = format!("address:{HERE}");
    let released = test.lockout.release(&Realm::main(), &name, event(None)).await.unwrap();
    assert!(matches!(released, Release::Released));
    assert!(is_admitted(test.admit(test.other_account(), HERE).await));
    assert!(!test.fails().await);
}

/// ATTACKS 15, while an operator releases at another node.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn parallel_attempts_during_a_release_stay_within_the_limit_of_before_and_after() {
    let test = with(limit(5)).await;
    let queue = Queue { length_max: 256, deadline: MINUTE };
    let settings = Settings { shards: NonZeroUsize::MIN, queue, policy: limit(5) };
    let Ground { store, events, ring, .. } = &test.ground;
    let (children, other) = children(settings, store, events, ring);
    let _tree = Tree::start(children, RestartLimit::default()).await.unwrap();

    let attempts = || (0..50).map(|_| attempt(test.account(), HERE));
    let (here, there, released) = tokio::join!(
        at_once(&test.lockout, attempts()),
        at_once(&other, attempts()),
        test.releases(&other)
    );
    let rows = if matches!(released, Release::Released) { 2 } else { 1 };
    assert!(here + there >= 5 && here + there <= 5 * rows, "{here} {there} {released:?}");
    while test.fails().await {}
    assert!(!is_admitted(other.admit(attempt(test.account(), HERE)).await.unwrap()));
    assert!(matches!(test.releases(&test.lockout).await, Release::Released));
    let (here, there) =
        tokio::join!(at_once(&test.lockout, attempts()), at_once(&other, attempts()));
    assert_eq!(here + there, 5);
}

#[tokio::test]
async fn a_release_that_cannot_be_written_leaves_the_lock() {
    let test = with(limit(1)).await;
    assert!(test.fails().await);
    test.ground.engine.take_no_writes();
    assert!(matches!(test.releases(&test.lockout).await, Release::NotWritten(_)));
    test.ground.engine.come_back();
    assert!(!test.fails().await);
}

#[tokio::test]
async fn a_release_that_was_told_outlives_the_death_of_its_actor() {
    let test = with(limit(1)).await;
    assert!(test.fails().await);
    assert!(matches!(test.releases(&test.lockout).await, Release::Released));
    for shard in ["lockout/0", "lockout/1", "lockout/2", "lockout/3"] {
        assert!(test.tree.kill(shard).await);
    }
    assert!(test.fails().await);
}
