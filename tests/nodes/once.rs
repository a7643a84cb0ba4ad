//! What is single-use on one node is single-use on all.

use std::collections::BTreeSet;

use doorward::start::{OsRandomness, SystemClock};
use protocol::{Clock, paths};

use crate::{
    cluster::{Choice, Circumstance, Cluster, at, run},
    promised_always,
    world::{
        Answer, Tokens,
        asserting::{Key, good_claims, presenting, signing_with},
        statuses,
    },
};

promised_always!(
    a_code_that_one_node_gave_is_redeemed_on_another,
    sixty_parallel_redemptions_over_all_nodes_give_exactly_one_success,
    within_the_grace_sixty_parallel_refreshes_over_all_nodes_give_one_refresh_token,
    sixty_parallel_uses_of_one_assertion_over_all_nodes_give_exactly_one_success,
);

async fn a_code_that_one_node_gave_is_redeemed_on_another(circumstance: Circumstance) {
    let cluster = Cluster::shared(circumstance).await;
    let (alice, party) = (cluster.person().await, cluster.relying_party().await);
    let nodes = cluster.serving();
    for (number, giving) in nodes.iter().enumerate() {
        let redeeming = &nodes[(number + 1) % nodes.len()];
        let ask = party.ask();
        let callback = giving.wire().browser().authorize(&ask, &alice).await;
        let tokens = Tokens::read(at(&party, redeeming).redeem(&ask, callback.code()).await);
        for node in nodes {
            assert_eq!(at(&party, node).userinfo(&tokens.access_token).await.status, 200);
        }
    }
}

async fn sixty_parallel_redemptions_over_all_nodes_give_exactly_one_success(
    circumstance: Circumstance,
) {
    let cluster = Cluster::shared(circumstance).await;
    let (alice, party) = (cluster.person().await, cluster.relying_party().await);
    let ask = party.ask();
    let callback = cluster.browser().authorize(&ask, &alice).await;
    let answers = cluster.all_at_once(60, &party.redemption(&ask, callback.code())).await;
    let winner = the_only_success(answers);
    // A code that is presented twice gives nothing, not even to who came first (RFC 6749 §4.1.2).
    for node in cluster.serving() {
        let party = at(&party, node);
        assert_eq!(party.userinfo(&winner.access_token).await.status, 401);
        assert_eq!(party.refresh(winner.refresh_token()).await.error(), "invalid_grant");
    }
}

async fn within_the_grace_sixty_parallel_refreshes_over_all_nodes_give_one_refresh_token(
    circumstance: Circumstance,
) {
    let cluster = Cluster::shared(circumstance).await;
    let (alice, party) = (cluster.person().await, cluster.relying_party().await);
    let tokens = party.sign_in(&mut cluster.browser(), &alice).await;
    let answers = cluster.all_at_once(60, &party.refreshing(tokens.refresh_token())).await;
    assert_eq!(statuses(&answers), [(200, answers.len())].into());
    let all: Vec<_> = answers.into_iter().map(Tokens::read).collect();
    let successors: BTreeSet<_> = all.iter().map(Tokens::refresh_token).collect();
    assert_eq!(successors.len(), 1);
    for (node, tokens) in cluster.serving().iter().zip(&all) {
        let party = at(&party, node);
        assert_eq!(party.userinfo(&tokens.access_token).await.status, 200);
        assert_eq!(party.refresh(tokens.refresh_token()).await.status, 200);
    }
}

async fn sixty_parallel_uses_of_one_assertion_over_all_nodes_give_exactly_one_success(
    circumstance: Circumstance,
) {
    let cluster = Cluster::shared(circumstance).await;
    let (key, wire) = (Key::drawn_by(&OsRandomness), cluster.wire());
    let party = cluster.ground.client(wire, signing_with(&key)).await;
    let claims = good_claims(&party.id(), wire.issuer(), SystemClock.now(), "one");
    let sent = presenting(&key.sign(&claims), paths::INTROSPECT, &[("token", "none")]);
    let answers = cluster.all_at_once(60, &sent).await;
    assert_eq!(statuses(&answers), [(200, 1), (401, answers.len() - 1)].into());
    for node in cluster.serving() {
        assert_eq!(node.wire().send(sent.clone()).await.status, 401);
    }
}

#[test]
fn without_grace_sixty_parallel_refreshes_over_all_nodes_give_one_success_and_a_revoked_family() {
    run(async {
        let tokens = "refresh_grace = \"0s\"";
        let cluster = Cluster::with(Choice { tokens, ..Choice::default() }).await;
        let (alice, party) = (cluster.person().await, cluster.relying_party().await);
        let tokens = party.sign_in(&mut cluster.browser(), &alice).await;
        let answers = cluster.all_at_once(60, &party.refreshing(tokens.refresh_token())).await;
        let winner = the_only_success(answers);
        for node in cluster.serving() {
            let party = at(&party, node);
            for tokens in [&tokens, &winner] {
                assert_eq!(party.refresh(tokens.refresh_token()).await.error(), "invalid_grant");
                assert_eq!(party.userinfo(&tokens.access_token).await.status, 401);
            }
        }
    });
}

/// What the one who came first was given; all others were refused.
fn the_only_success(answers: Vec<Answer>) -> Tokens {
    assert_eq!(statuses(&answers), [(200, 1), (400, answers.len() - 1)].into());
    let (given, refused): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|answer| answer.status == 200);
    assert!(refused.iter().all(|answer| answer.error() == "invalid_grant"));
    given.into_iter().map(Tokens::read).next().unwrap()
}
