//! Several nodes over one store, in one process: what one does the others hold to, whichever is asked, and a node that hears
//! nothing of the others believes nothing that is too old.

use std::time::Duration;

use protocol::jose::Algorithm;
use tokio::task::JoinSet;

use crate::world::{Browser, PASSWORD, Person, RelyingParty, Setup, Tokens, World};

const STALENESS_MAX: Duration = Duration::from_secs(10);
const MINUTE: Duration = Duration::from_secs(60);

struct Nodes {
    one: World,
    other: World,
    /// At `one`.
    party: RelyingParty,
    alice: Person,
}

async fn nodes(change: impl FnOnce(&mut Setup)) -> Nodes {
    let one = World::with(change).await;
    let other = one.beside("other").await;
    let (alice, party) = (one.person("alice").await, one.relying_party().await);
    Nodes { one, other, party, alice }
}

async fn nodes_with_staleness() -> Nodes {
    nodes(|setup| setup.policies.revocation_staleness_max = STALENESS_MAX).await
}

impl Nodes {
    /// The application, as it speaks to the other node.
    fn party_at_other(&self) -> RelyingParty {
        let RelyingParty { client_id, secret, redirect_uri, .. } = &self.party;
        RelyingParty::registered(self.other.wire().clone(), *client_id, secret, redirect_uri)
    }

    async fn tokens(&self) -> Tokens {
        self.party.sign_in(&mut self.one.browser(), &self.alice).await
    }

    /// What userinfo of the other node answers.
    async fn at_other(&self, tokens: &Tokens) -> u16 {
        self.party_at_other().userinfo(&tokens.access_token).await.status
    }

    async fn look(&self) {
        for node in [&self.one, &self.other] {
            node.look().await.expect("every actor looks");
        }
    }
}

#[tokio::test]
async fn what_one_node_revokes_the_others_refuse_from_its_answer_on() {
    let nodes = nodes(|_| {}).await;
    for _ in 0..5 {
        let tokens = nodes.tokens().await;
        assert_eq!(nodes.at_other(&tokens).await, 200);
        assert_eq!(nodes.party.revoke(tokens.refresh_token()).await.status, 200);
        assert_eq!(nodes.at_other(&tokens).await, 401);
    }
    let tokens = nodes.tokens().await;
    assert_eq!(nodes.at_other(&tokens).await, 200);
    nodes.one.disable_client(&nodes.party).await;
    assert_eq!(nodes.at_other(&tokens).await, 401);
}

#[tokio::test]
async fn a_node_that_hears_nothing_answers_from_memory_for_as_long_as_is_allowed() {
    let nodes = nodes_with_staleness().await;
    let tokens = nodes.tokens().await;
    assert_eq!(nodes.at_other(&tokens).await, 200);
    nodes.other.engine().hear_nothing();
    nodes.party.revoke(tokens.refresh_token()).await;
    nodes.other.pass(STALENESS_MAX);
    nodes.other.work();
    assert_eq!(nodes.at_other(&tokens).await, 200);
    assert_eq!(nodes.other.work().reads, 0, "the store was not asked");
    nodes.other.pass(Duration::from_millis(1));
    assert_eq!(nodes.at_other(&tokens).await, 401);
}

#[tokio::test]
async fn a_node_that_hears_knows_of_a_revocation_without_asking_for_each_token() {
    let nodes = nodes_with_staleness().await;
    let (revoked, kept) = (nodes.tokens().await, nodes.tokens().await);
    // What is heard of a row is forgotten, also where it was read since.
    nodes.look().await;
    for tokens in [&revoked, &kept] {
        assert_eq!(nodes.at_other(tokens).await, 200);
    }
    nodes.party.revoke(revoked.refresh_token()).await;
    nodes.look().await;
    nodes.other.work();
    assert_eq!(nodes.at_other(&kept).await, 200);
    assert_eq!(nodes.other.work().reads, 0);
    assert_eq!(nodes.at_other(&revoked).await, 401);
}

#[tokio::test]
async fn what_a_node_has_revoked_itself_it_never_answers_from_memory() {
    let nodes = nodes_with_staleness().await;
    let tokens = nodes.tokens().await;
    for _ in 0..2 {
        assert_eq!(nodes.party.userinfo(&tokens.access_token).await.status, 200);
    }
    nodes.party.revoke(tokens.refresh_token()).await;
    assert_eq!(nodes.party.userinfo(&tokens.access_token).await.status, 401);

    let mut browser = nodes.one.browser();
    let tokens = nodes.party.sign_in(&mut browser, &nodes.alice).await;
    assert_eq!(nodes.party.userinfo(&tokens.access_token).await.status, 200);
    let page = browser.look_at("/logout").await;
    browser.press(&page, "logout-confirm", &[]).await;
    assert_eq!(nodes.party.userinfo(&tokens.access_token).await.status, 401);

    let tokens = nodes.tokens().await;
    assert_eq!(nodes.party.userinfo(&tokens.access_token).await.status, 200);
    nodes.one.disable(&nodes.alice).await;
    assert_eq!(nodes.party.userinfo(&tokens.access_token).await.status, 401);
}

#[tokio::test]
async fn a_node_that_can_neither_read_nor_hear_says_503_and_never_yes() {
    for staleness_max in [Duration::ZERO, STALENESS_MAX] {
        let nodes = nodes(|setup| setup.policies.revocation_staleness_max = staleness_max).await;
        let tokens = nodes.tokens().await;
        assert_eq!(nodes.at_other(&tokens).await, 200);
        nodes.other.engine().go_down();
        let at_first = if staleness_max.is_zero() { 503 } else { 200 };
        assert_eq!(nodes.at_other(&tokens).await, at_first);
        nodes.party.revoke(tokens.refresh_token()).await;
        nodes.other.pass(STALENESS_MAX + Duration::from_millis(1));
        assert_eq!(nodes.at_other(&tokens).await, 503);
        let introspection = nodes.party_at_other().introspection(&tokens.access_token);
        let answer = nodes.other.send(introspection).await;
        assert_eq!(answer.status, 503, "{answer:?}");
        nodes.other.engine().come_back();
        assert_eq!(nodes.at_other(&tokens).await, 401);
    }
}

#[tokio::test]
async fn a_client_that_another_node_has_changed_is_soon_known_and_the_store_asked_where_nothing_is_heard()
 {
    for hears in [true, false] {
        let nodes = nodes(|_| {}).await;
        let tokens = nodes.tokens().await;
        let there = nodes.party_at_other();
        let tokens = Tokens::read(there.refresh(tokens.refresh_token()).await);
        if !hears {
            nodes.other.engine().hear_nothing();
        }
        nodes.one.disable_client(&nodes.party).await;
        if hears {
            nodes.look().await;
        } else {
            nodes.other.pass(Duration::from_millis(2_001));
        }
        let refused = there.refresh(tokens.refresh_token()).await;
        assert_eq!((refused.status, refused.error().as_str()), (401, "invalid_client"));
    }
}

async fn is_signed_in(browser: &mut Browser, party: &RelyingParty) -> bool {
    browser.open(&party.ask().set("prompt", "none").url()).await.callback().get("code").is_some()
}

#[tokio::test]
async fn a_session_that_is_used_at_two_nodes_in_turn_lasts_and_ends_as_at_one() {
    let nodes = nodes(|_| {}).await;
    let mut browser = nodes.one.browser();
    nodes.party.sign_in(&mut browser, &nodes.alice).await;
    // A last use is written a tenth of the half hour late at most, so nobody who comes within 27 minutes is sent away.
    for (round, node) in (0..24).zip([&nodes.other, &nodes.one].into_iter().cycle()) {
        nodes.look().await;
        node.pass(27 * MINUTE);
        browser = browser.at(node.wire());
        assert!(is_signed_in(&mut browser, &nodes.party).await, "round {round}");
    }
    nodes.look().await;
    nodes.one.pass(31 * MINUTE);
    for node in [&nodes.one, &nodes.other] {
        browser = browser.at(node.wire());
        assert!(!is_signed_in(&mut browser, &nodes.party).await);
    }
}

#[tokio::test]
async fn who_signs_out_at_one_node_is_signed_out_at_the_other() {
    let nodes = nodes(|_| {}).await;
    let mut browser = nodes.one.browser();
    nodes.party.sign_in(&mut browser, &nodes.alice).await;
    browser = browser.at(nodes.other.wire());
    let mut robbed = browser.clone();
    assert!(is_signed_in(&mut robbed, &nodes.party).await);
    browser = browser.at(nodes.one.wire());
    let page = browser.look_at("/logout").await;
    browser.press(&page, "logout-confirm", &[]).await;
    assert!(!is_signed_in(&mut robbed, &nodes.party).await);
}

/// Guesses once, and gives the status.
async fn guess(node: World, party: RelyingParty, alice: Person) -> u16 {
    let mut browser = node.browser();
    let page = browser.look_at(&party.ask().url()).await;
    browser.log_in(&page, &alice.username, "wrong").await.page().answer.status
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn failures_at_two_nodes_hit_one_lockout_one_after_the_other_and_all_at_once() {
    const LIMIT: u32 = 5;
    for at_once in [false, true] {
        let nodes = nodes(|setup| setup.policies.lockout.policy.failures_max = LIMIT).await;
        let mut guesses = JoinSet::new();
        let mut let_through = 0;
        for (_, node) in (0..20).zip([&nodes.one, &nodes.other].into_iter().cycle()) {
            guesses.spawn(guess(node.clone(), nodes.party.clone(), nodes.alice.clone()));
            if !at_once {
                let_through += usize::from(guesses.join_next().await.unwrap().unwrap() == 200);
            }
        }
        let at_once = guesses.join_all().await;
        let_through += at_once.iter().filter(|status| **status == 200).count();
        assert_eq!(let_through, LIMIT as usize);
        let mut browser = nodes.other.browser();
        let page = browser.look_at(&nodes.party.ask().url()).await;
        let refused = browser.log_in(&page, &nodes.alice.username, PASSWORD).await.page();
        assert_eq!(refused.answer.status, 429, "also who knows the password");
    }
}

#[tokio::test]
async fn a_key_that_one_node_makes_signs_nowhere_before_its_time_and_all_verify_with_old_and_new() {
    let nodes = nodes(|_| {}).await;
    let signing = |node: &World| {
        let keys = node.flows().list_keys().into_iter();
        let of_rs256 = keys.filter(|key| key.algorithm == Algorithm::Rs256);
        of_rs256.filter(|key| key.signs_from <= node.now()).max_by_key(|key| key.signs_from)
    };
    let before = signing(&nodes.one).map(|key| key.key_id);
    let made = nodes.other.flows().keys.rotate(Some(Algorithm::Rs256)).await.unwrap();
    let made: Vec<_> = made.expect("it rotates").iter().map(|key| key.key_id()).collect();
    nodes.look().await;
    let listed = nodes.one.flows().list_keys();
    let new = listed.iter().find(|key| made.contains(&key.key_id)).expect("the other publishes it");
    let wait = new.signs_from.since(nodes.one.now());
    nodes.one.pass(wait - Duration::from_millis(1));
    for node in [&nodes.one, &nodes.other] {
        assert_eq!(signing(node).map(|key| key.key_id), before);
    }
    let between = nodes.tokens().await;
    nodes.one.pass(Duration::from_millis(1));
    for node in [&nodes.one, &nodes.other] {
        assert_eq!(signing(node).map(|key| key.key_id), Some(new.key_id));
    }
    let after = nodes.tokens().await;
    for tokens in [&between, &after] {
        assert_eq!(nodes.at_other(tokens).await, 200);
        nodes.party.verify(tokens.id_token()).await;
        nodes.party_at_other().verify(tokens.id_token()).await;
    }
}
