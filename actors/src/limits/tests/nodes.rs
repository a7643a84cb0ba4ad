//! Two nodes over one store: within the bound whatever happens, and silent where nothing is hot.

use super::*;

const SHARED: Settings = Settings { is_shared: true, ..SETTINGS };

struct Two {
    ground: Ground,
    nodes: [Node; 2],
}

async fn two(quota: u32) -> Two {
    let ground = ground();
    set(&ground, limited(Set { other: at_most(quota), ..Set::default() })).await;
    let one = Node::over(&ground.store, &ground, SHARED).await;
    let other = Node::over(&ground.store_of_another_node(), &ground, SHARED).await;
    Two { ground, nodes: [one, other] }
}

impl Two {
    fn admitted(&self, node: usize, count: usize) -> usize {
        admitted(count, || self.nodes[node].limits.address(Policy::Other, ALONE))
    }

    async fn look(&self, node: usize) {
        self.nodes[node].tree.look().await.unwrap();
    }
}

#[tokio::test]
async fn what_one_node_admits_the_other_counts() {
    let two = two(80).await;
    let mut sum = 0;
    // Ten is what a node may admit between two exchanges.
    for _ in 0..20 {
        for node in [0, 1] {
            let admitted = two.admitted(node, 20);
            assert!(admitted <= 10, "{admitted}");
            sum += admitted;
            two.look(node).await;
        }
    }
    assert!((80..=90).contains(&sum), "{sum}");
    two.ground.clock.advance(Duration::from_secs(67));
    assert_eq!(two.admitted(0, 20), 10);
}

#[tokio::test]
async fn a_node_that_only_one_asks_admits_all_of_the_quota() {
    let two = two(80).await;
    let mut sum = 0;
    for _ in 0..10 {
        sum += two.admitted(0, 20);
        two.look(0).await;
    }
    assert_eq!(sum, 80);
    // The other has been asked nothing, and knows of it before it admits a second ten.
    assert_eq!(two.admitted(1, 20), 10);
    two.look(1).await;
    assert_eq!(two.admitted(1, 20), 0);
}

#[tokio::test]
async fn nodes_that_cannot_reach_the_store_admit_what_they_may_between_two_exchanges() {
    let two = two(80).await;
    two.ground.engine.go_down();
    let mut sum = 0;
    for _ in 0..5 {
        for node in [0, 1] {
            sum += two.admitted(node, 20);
            two.look(node).await;
        }
    }
    assert_eq!(sum, 20);
    two.ground.engine.come_back();
    two.look(0).await;
    assert_eq!(two.admitted(0, 20), 10);
}

#[tokio::test]
async fn nothing_is_written_where_nothing_is_hot_and_once_where_it_is() {
    let two = two(80).await;
    let commits = || two.ground.engine.work().1;
    commits();
    // Less than half of what may be admitted between two exchanges.
    assert_eq!(two.admitted(0, 4), 4);
    two.look(0).await;
    assert_eq!(commits(), 0);
    assert_eq!(two.admitted(0, 1), 1);
    for _ in 0..5 {
        two.look(0).await;
    }
    assert_eq!(commits(), 1);
    assert_eq!(two.nodes[0].limits.0.table.len(), 1);
}

#[tokio::test]
async fn a_node_that_is_alone_writes_nothing_and_waits_for_nobody() {
    let ground = ground();
    set(&ground, limited(Set { other: at_most(80), ..Set::default() })).await;
    let node = Node::over(&ground.store, &ground, SETTINGS).await;
    ground.engine.work();
    assert_eq!(admitted(100, || node.limits.address(Policy::Other, ALONE)), 80);
    node.tree.look().await.unwrap();
    assert_eq!(ground.engine.work().1, 0);
}

#[tokio::test]
async fn a_process_that_is_started_anew_hears_what_the_one_before_has_admitted() {
    let two = two(80).await;
    let mut sum = 0;
    for _ in 0..10 {
        sum += two.admitted(0, 20);
        two.look(0).await;
    }
    assert_eq!(sum, 80);
    let again = Node::over(&two.ground.store_of_another_node(), &two.ground, SHARED).await;
    assert_eq!(admitted(20, || again.limits.address(Policy::Other, ALONE)), 0);
}

#[tokio::test]
async fn what_a_process_has_published_names_no_account_and_goes_with_its_window() {
    let two = two(80).await;
    let account_id = AccountId::new(&*two.ground.randomness);
    let ask = || {
        let subject = Subject::Account(account_id);
        two.nodes[0].limits.account(&Realm::main(), (&subject, None), ALONE)
    };
    assert!(admitted(20, ask) > 0);
    two.look(0).await;
    let published = two.ground.store.limit_counters(&Realm::main()).await.unwrap();
    assert_eq!((published.len(), published[0].counts.len()), (1, 1));
    assert!(!format!("{published:?}").contains(&account_id.to_string()));
    two.ground.clock.advance(Duration::from_secs(71));
    assert!(two.ground.store.limit_counters(&Realm::main()).await.unwrap().is_empty());
}
