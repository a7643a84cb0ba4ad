//! What one node revokes all refuse, at the first request after it was acknowledged: no test here waits or asks again.

use std::time::Duration;

use doorward::start::SystemClock;
use protocol::Clock;

use crate::{
    cluster::{Choice, Circumstance, Cluster, Node, Weather, at, run, waits},
    promised_always,
    world::{RelyingParty, Tokens, clients::disable, says_when_to_come_again},
};

promised_always!(
    what_a_client_revokes_at_one_node_is_inactive_at_all,
    what_ends_with_a_session_on_one_node_is_refused_by_all,
    what_a_reused_code_revokes_on_one_node_is_refused_by_all,
    what_a_client_was_given_is_refused_by_all_when_it_is_disabled,
);

async fn what_a_client_revokes_at_one_node_is_inactive_at_all(circumstance: Circumstance) {
    let cluster = Cluster::shared(circumstance).await;
    let (alice, party) = (cluster.person().await, cluster.relying_party().await);
    for revoking in cluster.serving() {
        let tokens = party.sign_in(&mut cluster.browser(), &alice).await;
        are_good_everywhere(&cluster, &party, &tokens).await;
        assert_eq!(at(&party, revoking).revoke(tokens.refresh_token()).await.status, 200);
        are_refused_everywhere(&cluster, &party, &tokens).await;
    }
}

async fn what_ends_with_a_session_on_one_node_is_refused_by_all(circumstance: Circumstance) {
    let cluster = Cluster::shared(circumstance).await;
    let (alice, party) = (cluster.person().await, cluster.relying_party().await);
    for ending in cluster.serving() {
        let mut browser = cluster.browser();
        let tokens = party.sign_in(&mut browser, &alice).await;
        are_good_everywhere(&cluster, &party, &tokens).await;
        let page = browser.look_at("/logout").await;
        let mut ended = browser.clone().at(&ending.wire());
        let page = ended.press(&page, "logout-confirm", &[]).await.page();
        assert_eq!(page.id, "logged-out-page");
        are_refused_everywhere(&cluster, &party, &tokens).await;
        // Nor does a cookie that was kept open anything.
        for node in cluster.serving() {
            let ask = party.ask().set("prompt", "none");
            let silent = browser.clone().at(&node.wire()).open(&ask.url()).await.callback();
            assert_eq!(silent.error(), "login_required");
        }
    }
}

async fn what_a_reused_code_revokes_on_one_node_is_refused_by_all(circumstance: Circumstance) {
    let cluster = Cluster::shared(circumstance).await;
    let (alice, party) = (cluster.person().await, cluster.relying_party().await);
    for revoking in cluster.serving() {
        let ask = party.ask();
        let callback = cluster.browser().authorize(&ask, &alice).await;
        let tokens = Tokens::read(party.redeem(&ask, callback.code()).await);
        are_good_everywhere(&cluster, &party, &tokens).await;
        let again = at(&party, revoking).redeem(&ask, callback.code()).await;
        assert_eq!(again.error(), "invalid_grant");
        are_refused_everywhere(&cluster, &party, &tokens).await;
    }
}

/// How late a node may see what became of a client itself.
const CLIENTS_STALENESS_MAX: Duration = Duration::from_secs(2);

async fn what_a_client_was_given_is_refused_by_all_when_it_is_disabled(circumstance: Circumstance) {
    let cluster = Cluster::shared(circumstance).await;
    let (alice, party) = (cluster.person().await, cluster.relying_party().await);
    let tokens = party.sign_in(&mut cluster.browser(), &alice).await;
    are_good_everywhere(&cluster, &party, &tokens).await;
    disable(&cluster.ground.store, &party).await;
    for node in cluster.serving() {
        let party = at(&party, node);
        let userinfo = party.userinfo(&tokens.access_token).await;
        assert_eq!(userinfo.status, 401, "{} {userinfo:?}", node.name);
        // Nor does it authenticate, as soon as the node has heard of it or knows that it has heard nothing.
        let heard = waits::within(CLIENTS_STALENESS_MAX, async || {
            (party.refresh("any").await.error() == "invalid_client").then_some(())
        });
        assert!(heard.await.is_some(), "{}", node.name);
    }
}

/// How late a node may see what another has revoked, where an operator allows for that.
const STALENESS_MAX: Duration = Duration::from_secs(2);

#[test]
fn a_node_that_may_be_late_and_hears_nothing_stops_believing_what_it_remembers() {
    run(async {
        let more = "revocation_staleness_max = \"2s\"";
        let cluster = Cluster::with(Choice { tokens: more, ..Choice::default() }).await;
        let (alice, party) = (cluster.person().await, cluster.relying_party().await);
        let tokens = party.sign_in(&mut cluster.browser(), &alice).await;
        are_good_everywhere(&cluster, &party, &tokens).await;
        let [revoking, other, deaf] = &cluster.nodes;
        deaf.cut(Weather::Black);
        at(&party, revoking).revoke(tokens.refresh_token()).await;
        let late_until = SystemClock.now() + STALENESS_MAX;
        waits::until("nobody may be late any more", async || {
            (late_until < SystemClock.now()).then_some(())
        })
        .await;
        for node in [revoking, other] {
            assert_eq!(at(&party, node).userinfo(&tokens.access_token).await.status, 401);
        }
        says_when_to_come_again(&at(&party, deaf).userinfo(&tokens.access_token).await);
    });
}

async fn are_good_everywhere(cluster: &Cluster, party: &RelyingParty, tokens: &Tokens) {
    for node in cluster.serving() {
        let userinfo = at(party, node).userinfo(&tokens.access_token).await;
        assert_eq!(userinfo.status, 200, "{} {userinfo:?}", node.name);
        is_active(node, party, tokens, true).await;
    }
}

async fn is_active(node: &Node, party: &RelyingParty, tokens: &Tokens, expected: bool) {
    for token in [&tokens.access_token, tokens.refresh_token()] {
        let told = at(party, node).introspect(token).await;
        assert_eq!(told["active"], expected, "{} {told:?}", node.name);
    }
}

/// By the first request to each node, and the node that cannot know says so.
async fn are_refused_everywhere(cluster: &Cluster, party: &RelyingParty, tokens: &Tokens) {
    for node in cluster.serving() {
        refuses(node, &at(party, node), tokens).await;
    }
    if let Some(node) = cluster.cut_off() {
        let asked = party.introspection(&tokens.access_token);
        says_when_to_come_again(&node.wire().send(asked).await);
        let party = at(party, node);
        says_when_to_come_again(&party.userinfo(&tokens.access_token).await);
        says_when_to_come_again(&party.refresh(tokens.refresh_token()).await);
    }
}

async fn refuses(node: &Node, party: &RelyingParty, tokens: &Tokens) {
    let userinfo = party.userinfo(&tokens.access_token).await;
    assert_eq!(userinfo.status, 401, "{} {userinfo:?}", node.name);
    let refreshed = party.refresh(tokens.refresh_token()).await;
    assert_eq!(refreshed.error(), "invalid_grant", "{}", node.name);
    is_active(node, party, tokens, false).await;
}
