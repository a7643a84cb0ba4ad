//! What the way of refusals into the store promises, over a store in memory.

use metrics::with_local_recorder;
use protocol::{Clock, event::Act, parameters::Parameters, refusal::RefusalId};
use storage::{Stored, refusals::RefusalRecord};

use super::*;
use crate::{
    RestartLimit, Tree,
    metrics::tests::Numbers,
    testing::{Ground, ground},
};

struct Test {
    ground: Ground,
    refusals: Refusals,
    tree: Tree,
}

async fn test() -> Test {
    measured(&Numbers::default()).await
}

async fn measured(numbers: &Numbers) -> Test {
    let ground = ground();
    let (child, refusals) =
        with_local_recorder(numbers, || child(&ground.store, "node", &ground.events));
    let tree = Tree::start(vec![child], RestartLimit::default()).await.unwrap();
    tree.look().await.unwrap();
    Test { ground, refusals, tree }
}

fn refused(number: u128, reason: Reason) -> Refused {
    let parameters = Parameters::parse(b"grant_type=password&state=secret&scope=openid").unwrap();
    Refused {
        realm: Realm::main(),
        issuer: "https://id.example".into(),
        request_id: format!("{number:032x}"),
        endpoint: RefusedAt::Token,
        error: ErrorCode::InvalidRequest,
        reason,
        facts: Vec::new(),
        received: Received::read(&[], &parameters),
        by: None,
        account_id: None,
        address: [192, 0, 2, 7].into(),
        personal: Personal::default(),
    }
}

impl Test {
    fn note(&self, number: u128) {
        self.refusals.note(refused(number, Reason::ClientNotNamed));
    }

    fn note_from(&self, network: u8, number: u128) {
        let address = [203, 0, network, 7].into();
        self.refusals.note(Refused { address, ..refused(number, Reason::ClientNotNamed) });
    }

    async fn found(&self, number: u128) -> Option<Stored<RefusalRecord>> {
        let id: RefusalId = format!("{number:032x}").parse().unwrap();
        self.ground.store.refusal(&Realm::main(), id).await.unwrap()
    }

    async fn kept(&self, numbers: u128) -> usize {
        let mut kept = 0;
        for number in 0..numbers {
            kept += usize::from(self.found(number).await.is_some());
        }
        kept
    }

    async fn events(&self) -> usize {
        let page = self.ground.store.unsealed_events(&Realm::main(), "node", 1_000).await.unwrap();
        page.items.iter().filter(|event| matches!(event.event.act, Act::Refused { .. })).count()
    }
}

#[tokio::test]
async fn a_refusal_is_found_with_its_event_once_it_was_asked_for() {
    let test = test().await;
    test.note(7);
    test.refusals.written().await.unwrap();
    let found = test.found(7).await.unwrap();
    assert_eq!((found.reason.as_str(), found.endpoint.as_str()), ("client_not_named", "token"));
    assert_eq!((found.node.as_str(), found.at), ("node", test.ground.clock.now()));
    assert!(!format!("{found:?}").contains("secret"));
    assert_eq!(test.events().await, 1);
}

#[tokio::test]
async fn many_are_written_in_few_batches_and_none_twice() {
    let test = test().await;
    test.ground.engine.work();
    (0..70).for_each(|number| test.note(number));
    test.refusals.written().await.unwrap();
    assert_eq!((test.kept(70).await, test.events().await), (70, 70));
    let (_, commits) = test.ground.engine.work();
    assert!(commits <= 3, "{commits}");
}

#[tokio::test]
async fn a_flood_is_cut_and_goes_on_being_cut() {
    let test = test().await;
    (0..5_000).for_each(|number| test.note(number));
    test.refusals.written().await.unwrap();
    assert_eq!(test.kept(5_000).await, 75);
    test.ground.clock.advance(Duration::from_secs(2));
    (5_000..6_000).for_each(|number| test.note(number));
    test.refusals.written().await.unwrap();
    assert_eq!(test.kept(6_000).await, 80);
    assert_eq!(test.events().await, 80);
}

#[tokio::test]
async fn a_flood_hides_nothing_that_others_are_refused() {
    let test = test().await;
    (0..1_000).for_each(|number| test.note(number));
    (0..3).for_each(|network| test.note_from(network, 1_000 + u128::from(network)));
    test.refusals.written().await.unwrap();
    assert_eq!(test.kept(1_003).await, 75 + 3);
}

#[tokio::test]
async fn what_prompt_none_is_told_every_day_is_found_and_no_event() {
    let test = test().await;
    for (number, reason) in [(1, Reason::LoginRequired), (2, Reason::ConsentRequired)] {
        let endpoint = RefusedAt::Authorize;
        test.refusals.note(Refused { endpoint, ..refused(number, reason) });
    }
    (3..1_000).for_each(|number| test.refusals.note(refused(number, Reason::LoginRequired)));
    test.note(1_000);
    test.refusals.written().await.unwrap();
    assert_eq!(test.found(1).await.unwrap().reason, "login_required");
    assert_eq!((test.kept(1_001).await, test.events().await), (10 + 10 + 1, 1));
}

#[tokio::test]
async fn one_request_has_one_refusal_and_it_is_the_last() {
    let test = test().await;
    test.note(1);
    test.refusals.note(refused(1, Reason::ClientUnknown));
    test.refusals.written().await.unwrap();
    assert_eq!(test.found(1).await.unwrap().reason, "client_unknown");
    assert_eq!(test.events().await, 1);
}

#[tokio::test]
async fn what_has_no_id_of_ours_is_not_kept() {
    let test = test().await;
    for request_id in ["", "1", "../../etc/passwd", "0123456789ABCDEF0123456789ABCDEF"] {
        let refused =
            Refused { request_id: request_id.into(), ..refused(1, Reason::ClientUnknown) };
        test.refusals.note(refused);
    }
    test.refusals.written().await.unwrap();
    assert_eq!(test.events().await, 0);
}

#[tokio::test]
async fn what_waits_while_the_store_is_down_is_written_when_it_is_back() {
    let test = test().await;
    test.ground.engine.go_down();
    (0..10).for_each(|number| test.note(number));
    test.refusals.written().await.unwrap();
    test.ground.engine.come_back();
    test.tree.look().await.unwrap();
    assert_eq!((test.kept(10).await, test.events().await), (10, 10));
}

#[tokio::test]
async fn the_death_of_the_actor_loses_none_that_waits() {
    let test = test().await;
    test.ground.engine.go_down();
    (0..10).for_each(|number| test.note(number));
    assert!(test.tree.kill("refusals").await);
    test.ground.engine.come_back();
    test.refusals.written().await.unwrap();
    assert_eq!((test.kept(10).await, test.events().await), (10, 10));
}

#[tokio::test]
async fn a_process_that_stops_in_order_leaves_none_unwritten() {
    let test = test().await;
    test.ground.engine.go_down();
    (0..10).for_each(|number| test.note(number));
    test.refusals.written().await.unwrap();
    test.ground.engine.come_back();
    test.tree.stop().await;
    assert_eq!(test.kept(10).await, 10);
}

#[tokio::test]
async fn a_refusal_is_forgotten_after_a_week() {
    let test = test().await;
    test.note(1);
    test.refusals.written().await.unwrap();
    test.ground.clock.advance(storage::refusals::REFUSAL_LIFETIME);
    assert!(test.found(1).await.is_none());
}

#[tokio::test]
async fn what_is_not_kept_is_counted_by_why() {
    let numbers = Numbers::default();
    let test = measured(&numbers).await;
    let dropped = |why: &str| {
        numbers.read("Counter doorward_refusals_dropped_total", &format!("reason={why}"))
    };
    (0..150).for_each(|number| test.note(number));
    assert_eq!((dropped("allowance"), dropped("queue")), (75, 0));
    test.ground.engine.go_down();
    for second in 0..120 {
        test.ground.clock.advance(Duration::from_secs(1));
        (0..10).for_each(|number| test.note_from(number, 1_000 + second * 10 + u128::from(number)));
    }
    assert!(dropped("queue") >= 200, "a thousand wait, and no more");
    test.ground.engine.come_back();
    test.refusals.written().await.unwrap();
    let written = numbers.read("Counter doorward_refusals_written_total", "");
    assert_eq!(written + dropped("queue"), 75 + 1_200);
}

#[tokio::test]
async fn what_a_browser_sends_along_proves_nothing() {
    let parameters = Parameters::parse(b"client_secret=x&scope=%22").unwrap();
    let at = |endpoint| Refused {
        endpoint,
        received: Received::read(&[], &parameters),
        ..refused(1, Reason::ScopeMalformed)
    };
    for endpoint in [RefusedAt::Token, RefusedAt::Introspect, RefusedAt::Revoke] {
        assert!(at(endpoint).is_proved(), "{endpoint:?}");
    }
    for endpoint in [RefusedAt::Authorize, RefusedAt::SignIn, RefusedAt::Logout] {
        assert!(!at(endpoint).is_proved(), "{endpoint:?}");
    }
}

#[tokio::test]
async fn a_token_that_says_nothing_proves_nothing() {
    let with = |token: &str| Refused {
        received: Received::token(token),
        ..refused(1, Reason::TokenRevoked)
    };
    assert!(!with("dwa_q7TzRrkYy0mXv3HcJw2sLd9Bf6Na1Pe8Ui4Ko5GtZx").is_proved());
    assert!(with("eyJhIjoxfQ.eyJhIjoxfQ.c2ln").is_proved());
    assert!(!refused(1, Reason::CodeUnknown).is_proved(), "nobody was authenticated");
}

#[test]
fn a_network_has_one_share_and_so_has_whoever_is_believed_wherever_they_are() {
    let from = |address: &str| Refused {
        address: address.parse().unwrap(),
        ..refused(1, Reason::ClientUnknown)
    };
    let same = |one: &Refused, other: &Refused| one.share() == other.share();
    assert!(same(&from("192.0.2.1"), &from("192.0.2.254")));
    assert!(same(&from("192.0.2.1"), &from("::ffff:192.0.2.7")));
    assert!(!same(&from("192.0.2.1"), &from("192.0.3.1")));
    assert!(same(&from("2001:db8:1:2::3"), &from("2001:db8:1:ffff::4")));
    assert!(!same(&from("2001:db8:1::1"), &from("2001:db8:2::1")));
    let by = |address: &str, id: &str| {
        let by = Some(event::Actor::Client(format!("cli_{id:0>32}").parse().unwrap()));
        Refused { by, ..from(address) }
    };
    assert!(same(&by("192.0.2.1", "1"), &by("2001:db8::1", "1")));
    assert!(!same(&by("192.0.2.1", "1"), &by("192.0.2.1", "2")));
}
