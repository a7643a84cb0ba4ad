//! What happens is counted once, when it is committed, and under no name that a request brought.

use std::collections::BTreeSet;

use doorward::telemetry::metrics_table;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

use crate::world::{PASSWORD, World};

/// The numbers of one world: one recorder for the thread that its test runs on.
struct Numbers {
    handle: PrometheusHandle,
    recorder: &'static PrometheusRecorder,
}

impl Numbers {
    fn new() -> Self {
        let recorder: &_ = Box::leak(Box::new(PrometheusBuilder::new().build_recorder()));
        Self { handle: recorder.handle(), recorder }
    }

    /// What `series` says; nothing where it was never counted.
    fn read(&self, series: &str) -> Option<u64> {
        let numbers = self.handle.render();
        let lines = numbers.lines();
        lines.filter_map(|line| line.strip_prefix(series)?.trim().parse().ok()).next()
    }
}

#[tokio::test]
async fn sign_ins_tokens_refusals_and_ends_are_counted_once_each() {
    let numbers = Numbers::new();
    let _guard = metrics::set_default_local_recorder(numbers.recorder);
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let mut browser = world.browser();
    let login = browser.look_at(&party.ask().url()).await;
    let typed = |username, password| {
        [
            ("sign_in", login.hidden("sign_in").to_owned()),
            ("username", username),
            ("password", password),
        ]
    };
    browser.post("/login", &typed("alice".into(), "wrong".into())).await;
    browser.post("/login", &typed("nobody@example.org".into(), PASSWORD.into())).await;

    let ask = party.ask();
    let code = browser.authorize(&ask, &alice).await.code().to_owned();
    assert_eq!(party.redeem(&ask, &code).await.status, 200);
    assert_eq!(party.redeem(&ask, &code).await.status, 400);
    let tokens = party.sign_in(&mut browser, &alice).await;
    assert_eq!(party.refresh(tokens.refresh_token()).await.status, 200);
    party.revoke(tokens.refresh_token()).await;
    world.look().await.unwrap();

    for (series, count) in [
        ("doorward_sign_ins_total{outcome=\"signed_in\"}", 1),
        ("doorward_sign_ins_total{outcome=\"wrong_password\"}", 1),
        ("doorward_sign_ins_total{outcome=\"unknown_identifier\"}", 1),
        ("doorward_tokens_issued_total{grant_type=\"authorization_code\"}", 2),
        ("doorward_tokens_issued_total{grant_type=\"refresh_token\"}", 1),
        ("doorward_events_total{act=\"code_redeemed\"}", 2),
        ("doorward_events_total{act=\"code_reused\"}", 1),
        ("doorward_events_total{act=\"grant_revoked\"}", 1),
        ("doorward_refusals_total{route=\"/oauth2/token\",error=\"invalid_grant\"}", 1),
        ("doorward_census_rows{of=\"sessions\"}", 0),
    ] {
        assert_eq!(numbers.read(series), Some(count), "{series}\n{}", numbers.handle.render());
    }
    world.look().await.unwrap();
    let again = numbers.read("doorward_events_total{act=\"code_redeemed\"}");
    assert_eq!(again, Some(2), "what is sealed is not counted again");
}

#[tokio::test]
async fn what_was_not_committed_is_not_counted() {
    let numbers = Numbers::new();
    let _guard = metrics::set_default_local_recorder(numbers.recorder);
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let mut browser = world.browser();
    let ask = party.ask();
    let code = browser.authorize(&ask, &alice).await.code().to_owned();
    world.engine().go_down();
    assert_eq!(party.redeem(&ask, &code).await.status, 503);
    world.engine().come_back();
    world.look().await.unwrap();
    assert_eq!(numbers.read("doorward_events_total{act=\"code_redeemed\"}"), None);
    let issued = "doorward_tokens_issued_total{grant_type=\"authorization_code\"}";
    assert_eq!(numbers.read(issued), None);
    assert_eq!(party.redeem(&ask, &code).await.status, 200);
    world.look().await.unwrap();
    assert_eq!(numbers.read("doorward_events_total{act=\"code_redeemed\"}"), Some(1));
    assert_eq!(numbers.read(issued), Some(1));
}

#[tokio::test]
async fn no_label_takes_a_value_from_a_request_and_every_name_is_in_the_table() {
    let numbers = Numbers::new();
    let _guard = metrics::set_default_local_recorder(numbers.recorder);
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    party.sign_in(&mut world.browser(), &alice).await;
    for path in ["/marked", "/oauth2/marked", "/login?marked=marked", "/assets/marked"] {
        world.get(path).await;
    }
    world.send(party.token_request(&[("grant_type", "marked"), ("code", "marked")])).await;
    world.look().await.unwrap();

    let told = numbers.handle.render();
    for word in ["marked", "alice", &party.id(), &alice.account_id.to_string()] {
        assert!(!told.contains(word), "{word} in\n{told}");
    }
    assert!(told.contains("route=\"other\""), "{told}");
    let table: BTreeSet<_> = metrics_table().iter().map(|row| row.name).collect();
    for line in told.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let name = line.split(['{', ' ']).next().unwrap();
        let parts = ["_bucket", "_sum", "_count"];
        let metric = parts.iter().find_map(|part| name.strip_suffix(part));
        let is_known = table.contains(name) || metric.is_some_and(|name| table.contains(name));
        assert!(is_known, "{name} is not in the table");
    }
}
