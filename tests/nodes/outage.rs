//! The database is away, for all nodes or for one: who needs it is told when to come again, the rest goes on, and all is
//! well when it is back.

use std::{sync::Arc, time::Duration};

use protocol::paths;
use storage::grants::Grant;
use tokio::task::JoinSet;

use crate::{
    cluster::{Choice, Circumstance, Cluster, Database, Node, Weather, at, waits},
    load::{Application, Load},
    promised,
    world::{RelyingParty, Tokens, says_when_to_come_again},
};

promised!(
    with_hints,
    Hinted,
    a_database_that_restarts_under_load_loses_nothing_that_was_acknowledged,
    a_node_whose_way_to_the_database_goes_dark_says_so_and_comes_back_by_itself,
    a_node_whose_way_to_the_database_ends_says_so_and_comes_back_by_itself,
    a_batch_whose_answer_was_lost_is_looked_up_and_not_sent_again,
);
promised!(
    without_hints,
    Unhinted,
    a_database_that_restarts_under_load_loses_nothing_that_was_acknowledged,
    a_node_whose_way_to_the_database_goes_dark_says_so_and_comes_back_by_itself,
);
promised!(
    with_one_node_cut_off,
    OneCutOff,
    a_database_that_restarts_under_load_loses_nothing_that_was_acknowledged,
);

async fn a_database_that_restarts_under_load_loses_nothing_that_was_acknowledged(
    circumstance: Circumstance,
) {
    let database = Arc::new(Database::start().await);
    let cluster = Cluster::own_over(Arc::clone(&database), circumstance).await;
    let load = Load::of(&cluster, 4).await;
    let witness = Application::new(&cluster).await;
    load.goes_on(8).await;
    database.kill();
    load.is_sent_away().await;
    for node in &cluster.nodes {
        is_cut_off(node, &witness).await;
    }
    database.begin();
    for node in cluster.serving() {
        node.becomes(true).await;
    }
    load.goes_on(12).await;
    cluster.reach_all().await;
    for (number, application) in load.stop().await.iter().enumerate() {
        application.lost_nothing(&cluster.nodes[number % 3]).await;
    }
    witness.lost_nothing(&cluster.nodes[0]).await;
}

async fn a_node_whose_way_to_the_database_goes_dark_says_so_and_comes_back_by_itself(
    circumstance: Circumstance,
) {
    one_node_is_cut_off(circumstance, Weather::Black).await;
}

async fn a_node_whose_way_to_the_database_ends_says_so_and_comes_back_by_itself(
    circumstance: Circumstance,
) {
    one_node_is_cut_off(circumstance, Weather::Closed).await;
}

async fn one_node_is_cut_off(circumstance: Circumstance, weather: Weather) {
    let cluster = Cluster::with(Choice::of(circumstance)).await;
    let witness = Application::new(&cluster).await;
    let [cut, left, other] = &cluster.nodes;
    cut.cut(weather);
    is_cut_off(cut, &witness).await;
    // The others do not notice, and what they do the cut node does not know.
    for node in [left, other] {
        node.becomes(true).await;
        witness.lost_nothing(node).await;
    }
    let revoked = Application::new_at(&cluster, left).await;
    let page = revoked.browser.clone().look_at("/logout").await;
    revoked.browser.clone().press(&page, "logout-confirm", &[]).await;
    let at_the_cut = at(&revoked.party, cut);
    says_when_to_come_again(&at_the_cut.userinfo(&revoked.tokens.access_token).await);

    cut.cut(Weather::Fair);
    // The first answer that is not another day's is the right one, however soon it comes.
    let answer = waits::until("the cut node answers", async || {
        let answer = at_the_cut.userinfo(&revoked.tokens.access_token).await;
        (answer.status != 503).then_some(answer)
    });
    assert_eq!(answer.await.status, 401, "what was revoked meanwhile is refused");
    cut.becomes(true).await;
    witness.lost_nothing(cut).await;
}

/// How late the database hears of what a node asks, and the node of what it answers.
const LATE: Duration = Duration::from_millis(400);

/// The connection ends between the commit and its answer.
async fn a_batch_whose_answer_was_lost_is_looked_up_and_not_sent_again(circumstance: Circumstance) {
    let cluster = Cluster::with(Choice::of(circumstance)).await;
    let party = cluster.relying_party().await;
    let [cut, others @ ..] = &cluster.nodes;
    // Who asks the database whether the batch is there may ask too late: then the answer was not lost, and nothing is shown.
    for _ in 0..TRIES {
        let lost = cut.count(LOST).await;
        let tokens = redeemed_while_the_answer_is_on_its_way(&cluster, &party).await;
        for node in others {
            assert_eq!(at(&party, node).userinfo(&tokens.access_token).await.status, 200);
        }
        if cut.count(LOST).await > lost {
            return;
        }
    }
    panic!("in {TRIES} tries no answer was lost");
}

/// Batches whose answer did not come.
const LOST: &str = "doorward_storage_unknown_total";

const TRIES: u32 = 10;

async fn redeemed_while_the_answer_is_on_its_way(
    cluster: &Cluster,
    party: &RelyingParty,
) -> Tokens {
    let alice = cluster.person().await;
    let ask = party.ask();
    let callback = cluster.browser().authorize(&ask, &alice).await;
    let cut = &cluster.nodes[0];
    cut.cut(Weather::Slow(LATE));
    let (wire, sent) = (cut.wire(), party.redemption(&ask, callback.code()));
    let mut redeeming = JoinSet::from_iter([async move { wire.send(sent).await }]);
    waits::until("it is committed", async || {
        let given = cluster.ground.of::<Grant>(alice.account_id).await;
        (!given.is_empty()).then_some(())
    })
    .await;
    cut.cut(Weather::Closed);
    cut.cut(Weather::Fair);
    let tokens = Tokens::read(redeeming.join_next().await.unwrap().unwrap());
    assert_eq!(cluster.ground.of::<Grant>(alice.account_id).await.len(), 1);
    tokens
}

/// What needs the database is sent away, and readiness is red; what does not, is answered.
async fn is_cut_off(node: &Node, witness: &Application) {
    let (wire, party) = (node.wire(), at(&witness.party, node));
    says_when_to_come_again(&party.userinfo(&witness.tokens.access_token).await);
    says_when_to_come_again(&party.refresh(witness.tokens.refresh_token()).await);
    says_when_to_come_again(&witness.browser.clone().at(&wire).visit(&party.ask().path()).await);
    node.becomes(false).await;
    for path in [paths::JWKS, paths::OPENID_CONFIGURATION, paths::OAUTH_AUTHORIZATION_SERVER] {
        assert_eq!(wire.get(path).await.status, 200, "{path}");
    }
}
