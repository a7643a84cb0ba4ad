//! The limits of one node and of two, and how much is answered at once.

use std::net::IpAddr;

use protocol::{
    AccountId, ClientId, Timestamp,
    event::Actor as By,
    identifier::Identifier,
    limits::{Limit, Route},
    settings::{Exclusions, Level, Limits as Set, ServerSettings, Settings as Stored},
};
use storage::{Store, settings::SettingsRecord};

use super::*;
use crate::{
    RestartLimit, Tree,
    lockout::DeviceTokens,
    testing::{Ground, ground},
};

mod gate;
mod nodes;

const SETTINGS: Settings = Settings {
    is_shared: false,
    keys_max: 1_024,
    requests_in_flight_max: 64,
    request_wait_max: Duration::from_secs(60),
};

const ALONE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 7));

/// The limits of a node that runs.
pub(super) struct Node {
    pub(super) limits: Limits,
    pub(super) tree: Tree,
}

impl Node {
    pub(super) async fn over(store: &Store, ground: &Ground, settings: Settings) -> Self {
        let (child, limits) = child(settings, store, &Realm::main(), &ground.ring);
        let tree = Tree::start(vec![child], RestartLimit::default()).await.unwrap();
        tree.look().await.unwrap();
        Self { limits, tree }
    }
}

pub(super) fn at_most(quota: u32) -> Option<Allowance> {
    Some(Allowance::AtMost(Limit { quota, window_seconds: 60 }))
}

/// Puts settings for the server, as the version after the one that is there.
pub(super) async fn set(ground: &Ground, settings: ServerSettings) {
    let realm = Realm::main();
    let old = ground.store.settings(&realm, Level::Server).await.unwrap();
    let mut batch = ground.store.batch();
    let new = SettingsRecord {
        level: Level::Server,
        realm,
        number: old.as_ref().map_or(1, |old| old.number + 1),
        settings: Stored::Server(settings),
        changed_at: batch.now(),
        changed_by: By::Node,
        restored_from: None,
    };
    batch.put_settings(old.as_ref(), new);
    ground.store.commit(batch).await.unwrap();
}

pub(super) fn limited(limits: Set) -> ServerSettings {
    ServerSettings { limits, ..ServerSettings::default() }
}

fn is_admitted(verdict: Verdict) -> bool {
    !matches!(verdict, Verdict::Refused { .. })
}

/// How many of so many requests are admitted.
pub(super) fn admitted(count: usize, ask: impl Fn() -> Verdict) -> usize {
    (0..count).filter(|_| is_admitted(ask())).count()
}

#[tokio::test]
async fn settings_hold_as_soon_as_they_were_read() {
    let ground = ground();
    let node = Node::over(&ground.store, &ground, SETTINGS).await;
    let ask = || node.limits.address(Policy::Other, ALONE);
    assert_eq!(admitted(5, ask), 5);
    set(&ground, limited(Set { other: at_most(7), ..Set::default() })).await;
    node.tree.look().await.unwrap();
    // What was counted before counts.
    assert_eq!(admitted(5, ask), 2);
    assert_eq!(node.limits.settings_version(), 1);
    set(&ground, limited(Set { other: Some(Allowance::Unlimited), ..Set::default() })).await;
    node.limits.refresh().await.unwrap();
    assert_eq!(ask(), Verdict::Unlimited);
}

#[tokio::test]
async fn what_was_read_before_holds_while_the_store_is_down() {
    let ground = ground();
    set(&ground, limited(Set { other: at_most(3), ..Set::default() })).await;
    let node = Node::over(&ground.store, &ground, SETTINGS).await;
    ground.engine.go_down();
    node.tree.look().await.unwrap();
    assert_eq!(admitted(9, || node.limits.address(Policy::Other, ALONE)), 3);
    ground.engine.come_back();
}

#[tokio::test]
async fn excluded_networks_and_clients_are_not_counted_and_others_are() {
    let ground = ground();
    let (one, other) = (ClientId::new(&*ground.randomness), ClientId::new(&*ground.randomness));
    let exclusions =
        Exclusions { networks: vec!["10.0.0.0/8".parse().unwrap()], clients: vec![one] };
    let limits =
        Set { authorize: at_most(2), sign_ins: at_most(2), client: at_most(2), ..Set::default() };
    set(&ground, ServerSettings { limits, exclusions }).await;
    let Node { limits, .. } = &Node::over(&ground.store, &ground, SETTINGS).await;
    let within = "10.1.2.3".parse().unwrap();
    assert_eq!(admitted(9, || limits.address(Policy::Authorize, within)), 9);
    assert_eq!(admitted(9, || limits.all(Policy::SignIns, within)), 9);
    assert_eq!(admitted(9, || limits.address(Policy::Authorize, ALONE)), 2);
    assert_eq!(admitted(9, || limits.all(Policy::SignIns, ALONE)), 2);
    let ask = |client_id| move || limits.client((client_id, Route::Token), None, ALONE);
    assert_eq!(admitted(9, ask(one)), 9);
    assert_eq!(admitted(9, ask(other)), 2);
    assert_eq!(admitted(9, || limits.client((other, Route::Token), None, within)), 9);
}

#[tokio::test]
async fn a_client_has_its_own_limit_at_each_endpoint_and_none_unless_it_is_set() {
    let ground = ground();
    let Node { limits, .. } = &Node::over(&ground.store, &ground, SETTINGS).await;
    let client_id = ClientId::new(&*ground.randomness);
    let ask = |route, set| move || limits.client((client_id, route), set, ALONE);
    assert_eq!(ask(Route::Token, None)(), Verdict::Unlimited);
    assert_eq!(admitted(9, ask(Route::Token, at_most(4))), 4);
    assert_eq!(admitted(9, ask(Route::Revoke, at_most(4))), 4);
}

#[test]
fn an_address_counts_as_a_customer_has_it() {
    let key = |address: &str| Key::of_address(Policy::Other, address.parse().unwrap());
    assert_eq!(key("192.0.2.1"), key("::ffff:192.0.2.1"));
    assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
    assert_eq!(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff::9"));
    assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
}

#[test]
fn a_key_that_nodes_share_is_read_back_from_its_text() {
    let ground = ground();
    let client_id = ClientId::new(&*ground.randomness);
    let mut keys = vec![Key::All(Policy::SignIns), Key::Account([7; 16]), Key::EndUser([8; 16])];
    keys.extend(
        ["192.0.2.1", "2001:db8:1:2::1"]
            .map(|address| Key::of_address(Policy::Token, address.parse().unwrap())),
    );
    let routes = [Route::Token, Route::Introspect, Route::Revoke, Route::Userinfo];
    keys.extend(routes.map(|route| Key::Client(route, client_id)));
    for key in keys {
        assert_eq!(key.to_string().parse(), Ok(key), "{key}");
    }
    for text in
        ["", "address", "address token", "address nothing 192.0.2.1", "crowd token 3", "all x"]
    {
        assert!(text.parse::<Key>().is_err(), "{text}");
    }
}

#[test]
fn accounts_have_counters_of_their_own_known_browsers_too_and_unknown_names_share_some() {
    let ground = ground();
    let realm = Realm::main();
    let tokens = DeviceTokens::new(&ground.ring);
    let now = ground.store.now();
    let [alice, bob] = [(); 2].map(|()| AccountId::new(&*ground.randomness));
    let cookie = tokens.issue(alice, &*ground.randomness, now);
    let device = tokens.verify(cookie.expose(), alice, now);
    let key = |subject: &Subject, device: Option<&KnownDevice>| {
        Key::of_account(&[1; 32], &realm, (subject, device))
    };
    let known = key(&Subject::Account(alice), device.as_ref());
    let keys = [key(&Subject::Account(alice), None), known, key(&Subject::Account(bob), None)];
    assert!(keys[0] != keys[1] && keys[1] != keys[2] && keys[0] != keys[2]);
    // A browser that is known to another account is not known to this one.
    assert_eq!(key(&Subject::Account(bob), device.as_ref()), keys[2]);
    let unknown = |name: &str| key(&Subject::Unknown(Identifier::canonical(name).unwrap()), None);
    assert_eq!(unknown("Nobody"), unknown("nobody "));
    assert_ne!(unknown("nobody"), unknown("somebody"));
}

#[test]
fn who_makes_other_counters_does_not_get_rid_of_their_own() {
    let table = Table::new(160, false);
    let limit = Limit { quota: 2, window_seconds: 60 };
    let mut now = Timestamp::from_seconds(1_000_000);
    let own = Key::of_address(Policy::Other, ALONE);
    let is_admitted = |key, now| table.admit(key, limit, now).0 == Decision::Admitted;
    assert!(is_admitted(own, now) && is_admitted(own, now) && !is_admitted(own, now));
    let others = (0..5_000_u32).map(|bits| {
        Key::of_address(Policy::Other, IpAddr::V4(std::net::Ipv4Addr::from_bits(bits + (11 << 24))))
    });
    let newcomers = others.clone().filter(|key| is_admitted(*key, now)).count();
    // Each that has a counter once; the rest shares what a few counters admit.
    assert!((150..=160 + 2 * 16 * 16).contains(&newcomers), "{newcomers}");
    assert!(!is_admitted(own, now));
    assert!(table.len() <= 160);
    // What says nothing any more makes room.
    now = now + Duration::from_secs(70);
    assert_eq!(others.filter(|key| is_admitted(*key, now)).take(100).count(), 100);
    assert!(is_admitted(own, now));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn requests_that_come_at_once_are_admitted_exactly_to_the_quota() {
    let ground = ground();
    set(&ground, limited(Set { other: at_most(100), ..Set::default() })).await;
    let node = Node::over(&ground.store, &ground, SETTINGS).await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let limits = node.limits.clone();
        tasks.spawn(async move { admitted(50, || limits.address(Policy::Other, ALONE)) });
    }
    assert_eq!(tasks.join_all().await.into_iter().sum::<usize>(), 100);
}
