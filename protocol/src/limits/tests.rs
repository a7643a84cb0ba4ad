//! One key under its limit: on one node exactly, on many within the bound.

use std::{collections::BTreeMap, time::Duration};

use proptest::prelude::*;

use super::*;
use crate::Timestamp;

const START: Timestamp = Timestamp::from_millis(1_790_000_000_123);

const fn limit(quota: u32, window_seconds: u32) -> Limit {
    Limit { quota, window_seconds }
}

fn is_admitted(meter: &mut Meter, limit: Limit, now: Timestamp) -> bool {
    meter.admit(limit, now, false) == Decision::Admitted
}

#[test]
fn a_limit_refuses_at_its_quota_and_not_before() {
    for quota in [1, 9, 10, 11] {
        let limit = limit(quota, 60);
        let mut meter = Meter::new(limit, 0, START);
        for left in (0..quota).rev() {
            assert!(is_admitted(&mut meter, limit, START));
            assert_eq!(meter.left(START).0, left);
        }
        assert!(matches!(meter.admit(limit, START, false), Decision::Used { .. }));
    }
}

#[test]
fn it_releases_by_itself_when_it_said_it_would() {
    let limit = limit(2, 60);
    let mut meter = Meter::new(limit, 0, START);
    assert!(is_admitted(&mut meter, limit, START));
    assert!(is_admitted(&mut meter, limit, START + Duration::from_secs(30)));
    let Decision::Used { wait } = meter.admit(limit, START + Duration::from_secs(40), false) else {
        panic!("two were admitted");
    };
    let free_at = START + Duration::from_secs(40) + wait;
    assert!((Duration::from_secs(60)..=Duration::from_secs(66)).contains(&free_at.since(START)));
    assert!(!is_admitted(&mut meter, limit, free_at - Duration::from_millis(1)));
    assert!(is_admitted(&mut meter, limit, free_at));
    assert!(!is_admitted(&mut meter, limit, free_at));
}

#[test]
fn a_refused_request_is_not_counted() {
    let limit = limit(1, 10);
    let mut meter = Meter::new(limit, 0, START);
    assert!(is_admitted(&mut meter, limit, START));
    for second in 0..11 {
        is_admitted(&mut meter, limit, START + Duration::from_secs(second));
    }
    let admitted = (11..22)
        .filter(|second| is_admitted(&mut meter, limit, START + Duration::from_secs(*second)));
    assert_eq!(admitted.count(), 1);
}

#[test]
fn another_limit_counts_what_the_one_before_has_counted() {
    let (one, other) = (limit(5, 60), limit(4, 30));
    let mut meter = Meter::new(one, 0, START);
    (0..4).for_each(|_| assert!(is_admitted(&mut meter, one, START)));
    assert!(!is_admitted(&mut meter, other, START));
    assert!(is_admitted(&mut meter, one, START));
    assert!(!is_admitted(&mut meter, one, START));
}

#[test]
fn a_clock_that_is_set_back_neither_frees_nor_locks_for_long() {
    let limit = limit(1, 10);
    let mut meter = Meter::new(limit, 0, START);
    assert!(is_admitted(&mut meter, limit, START));
    assert!(!is_admitted(&mut meter, limit, START - Duration::from_secs(5)));
    assert!(is_admitted(&mut meter, limit, START - Duration::from_secs(3_600)));
}

#[test]
fn what_another_node_tells_twice_counts_once() {
    let limit = limit(10, 60);
    let (mut one, mut other) = (Meter::new(limit, 7, START), Meter::new(limit, 0, START));
    (0..4).for_each(|_| assert!(is_admitted(&mut one, limit, START)));
    let told = one.consumption(START).unwrap();
    (0..3).for_each(|_| other.hear(1, &told, START));
    assert_eq!(other.left(START).0, 6);
    assert!(is_admitted(&mut one, limit, START));
    other.hear(1, &one.consumption(START).unwrap(), START);
    assert_eq!(other.left(START).0, 5);
    // A node that begins anew counts from nothing.
    other.hear(1, &Consumption { born: 8, total: 2, recent: 2 }, START);
    assert_eq!(other.left(START).0, 3);
}

#[test]
fn a_node_that_is_cut_off_admits_what_may_be_admitted_between_two_exchanges() {
    let limit = limit(80, 60);
    let mut meter = Meter::new(limit, 0, START);
    let admitted = |meter: &mut Meter, now| {
        (0..100).filter(|_| meter.admit(limit, now, true) == Decision::Admitted).count()
    };
    assert_eq!(admitted(&mut meter, START), 10);
    assert_eq!(admitted(&mut meter, START + Duration::from_secs(59)), 0);
    assert_eq!(admitted(&mut meter, START + Duration::from_secs(66)), 10);
}

#[test]
fn patience_ends_where_a_queue_stands_and_returns_when_a_place_was_free() {
    let wait = Duration::from_millis(250);
    let millis = Duration::from_millis;
    let mut patience = Patience::new(wait, millis(0));
    assert_eq!(patience.wait(millis(500)), wait);
    assert_eq!(patience.wait(millis(501)), wait / 10);
    patience.was_free(millis(600));
    assert_eq!(patience.wait(millis(1_100)), wait);
    assert!(patience.is_standing(millis(1_101)));
}

#[test]
fn every_path_that_can_be_flooded_falls_under_a_limit() {
    use crate::paths;
    for (is_post, path, policy) in [
        (false, paths::AUTHORIZE, Some(Policy::Authorize)),
        (true, paths::LOGIN, Some(Policy::SignIn)),
        (false, paths::LOGIN, Some(Policy::Other)),
        (true, paths::TOKEN, Some(Policy::Token)),
        (true, paths::INTROSPECT, Some(Policy::Introspect)),
        (true, paths::REVOKE, Some(Policy::Revoke)),
        (false, paths::USERINFO, Some(Policy::Userinfo)),
        (false, "/admin/v1/clients", Some(Policy::Admin)),
        (false, "/nowhere", Some(Policy::Other)),
        (false, paths::JWKS, None),
        (false, paths::OPENID_CONFIGURATION, None),
        (false, "/assets/page.css", None),
    ] {
        assert_eq!(Route::of(is_post, path).policy(), policy, "{path}");
    }
    for policy in Policy::ALL {
        assert_eq!(policy.as_str().parse(), Ok(*policy));
    }
}

/// What happens at one of several nodes.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// Requests come.
    Ask(usize, u8),
    /// It publishes what it has admitted. Others may read it from now on.
    Publish(usize),
    /// It reads what others have published, which ends its exchange if it has published before.
    Read(usize),
    /// Time passes, in milliseconds.
    Pass(u16),
}

fn steps(nodes: usize) -> impl Strategy<Value = Vec<Step>> {
    let node = 0..nodes;
    let step = prop_oneof![
        4 => (node.clone(), any::<u8>()).prop_map(|(node, count)| Step::Ask(node, count)),
        2 => node.clone().prop_map(Step::Publish),
        2 => node.prop_map(Step::Read),
        1 => (0..3_000_u16).prop_map(Step::Pass),
    ];
    prop::collection::vec(step, 0..120)
}

/// Nodes, the store between them, and when what was admitted.
struct Cluster {
    limit: Limit,
    now: Timestamp,
    nodes: Vec<(Meter, Option<Consumption>)>,
    store: BTreeMap<usize, Consumption>,
    admitted: Vec<Timestamp>,
}

impl Cluster {
    fn new(limit: Limit, count: usize) -> Self {
        let nodes = (0..count).map(|_| (Meter::new(limit, 1, START), None)).collect();
        Self { limit, now: START, nodes, store: BTreeMap::new(), admitted: Vec::new() }
    }

    fn follow(&mut self, step: Step) {
        let (now, limit) = (self.now, self.limit);
        match step {
            Step::Ask(node, count) => {
                for _ in 0..count {
                    if self.nodes[node].0.admit(limit, now, true) == Decision::Admitted {
                        self.admitted.push(now);
                    }
                }
            }
            Step::Publish(node) => {
                let (meter, told) = &mut self.nodes[node];
                *told = meter.consumption(now);
                self.store.extend(told.map(|told| (node, told)));
            }
            Step::Read(node) => {
                let (meter, told) = &mut self.nodes[node];
                for (other, told) in self.store.iter().filter(|(other, _)| **other != node) {
                    meter.hear(*other as u64, told, now);
                }
                if let Some(told) = told.take() {
                    meter.exchanged(&told);
                }
            }
            Step::Pass(millis) => self.now = now + Duration::from_millis(millis.into()),
        }
    }

    /// The most that any window held.
    fn most(&self) -> usize {
        let window = self.limit.window();
        let held = |last: &Timestamp| {
            self.admitted.iter().filter(|at| **at <= *last && last.since(**at) < window).count()
        };
        self.admitted.iter().map(held).max().unwrap_or_default()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn over_many_nodes_no_window_holds_more_than_the_bound(
        (nodes, steps) in (1..5_usize).prop_flat_map(|nodes| (Just(nodes), steps(nodes))),
        quota in 1..200_u32,
    ) {
        let limit = limit(quota, 5);
        let mut cluster = Cluster::new(limit, nodes);
        steps.into_iter().for_each(|step| cluster.follow(step));
        let bound = quota as usize + (nodes - 1) * limit.between_exchanges() as usize;
        prop_assert!(cluster.most() <= bound, "{} > {bound}", cluster.most());
    }

    #[test]
    fn on_one_node_any_window_holds_the_quota_at_most_and_an_idle_one_all_of_it(
        gaps in prop::collection::vec(0..2_000_u64, 1..200),
        quota in 1..20_u32,
    ) {
        let limit = limit(quota, 5);
        let (mut meter, mut now) = (Meter::new(limit, 0, START), START);
        let mut admitted: Vec<Timestamp> = Vec::new();
        for gap in gaps {
            now = now + Duration::from_millis(gap);
            if is_admitted(&mut meter, limit, now) {
                admitted.push(now);
            } else {
                // Refused for what was within the window and a slot.
                let near = admitted.iter().filter(|at| now.since(**at) <= Duration::from_millis(5_500));
                prop_assert!(near.count() >= quota as usize);
            }
            let held = admitted.iter().filter(|at| now.since(**at) < limit.window()).count();
            prop_assert!(held <= quota as usize);
        }
    }
}

#[test]
fn without_the_bound_between_exchanges_nodes_would_admit_a_multiple() {
    let limit = limit(80, 5);
    let mut nodes = [(); 3].map(|()| Meter::new(limit, 0, START));
    let alone = nodes.iter_mut().map(|meter| {
        (0..200).filter(|_| meter.admit(limit, START, false) == Decision::Admitted).count()
    });
    assert_eq!(alone.sum::<usize>(), 240);
    let mut cluster = Cluster::new(limit, 3);
    (0..3).for_each(|node| cluster.follow(Step::Ask(node, 200)));
    assert_eq!(cluster.most(), 30);
}
