//! A node that dies takes nothing with it that was acknowledged.

use std::collections::BTreeSet;

use tokio::task::JoinSet;

use crate::{
    cluster::{Choice, Circumstance, Cluster, at},
    load::{Application, Load},
    promised,
    world::statuses,
};

promised!(
    with_hints,
    Hinted,
    what_was_acknowledged_before_a_kill_under_load_is_there_on_the_others,
    what_a_killed_node_had_committed_is_found_by_the_others,
);
promised!(
    without_hints,
    Unhinted,
    what_was_acknowledged_before_a_kill_under_load_is_there_on_the_others,
);
promised!(
    with_one_node_cut_off,
    OneCutOff,
    what_was_acknowledged_before_a_kill_under_load_is_there_on_the_others,
);

async fn what_was_acknowledged_before_a_kill_under_load_is_there_on_the_others(
    circumstance: Circumstance,
) {
    let cluster = Cluster::own(circumstance).await;
    let load = Load::of(&cluster, 6).await;
    load.goes_on(12).await;
    let [killed, left @ ..] = cluster.serving() else { panic!("nobody serves") };
    killed.kill();
    load.goes_on(24).await;
    let applications = load.stop().await;
    for (application, node) in applications.iter().zip(left.iter().cycle()) {
        application.lost_nothing(node).await;
    }
    killed.begin().await;
    cluster.reach_all().await;
    for application in &applications {
        application.lost_nothing(killed).await;
        application.lost_nothing(&cluster.nodes[2]).await;
    }
}

/// The node is killed between its commit and its answer.
async fn what_a_killed_node_had_committed_is_found_by_the_others(circumstance: Circumstance) {
    let cluster = Cluster::with(Choice::of(circumstance)).await;
    let application = Application::new(&cluster).await;
    let (party, refresh_token) = (&application.party, application.tokens.refresh_token());
    let ask = party.ask().set("prompt", "none");
    let mut browser = application.browser.clone();
    let code = browser.open(&ask.url()).await.callback().code().to_owned();
    let [killed, ..] = &cluster.nodes;

    let given_once = party.redemption(&ask, &code);
    let rotated = party.refreshing(refresh_token);
    for (table, sent) in [("grants:1", &given_once), ("refresh_tokens:1", &rotated)] {
        killed.kill();
        killed.begin_held(table).await;
        let (wire, sent) = (killed.wire(), sent.clone());
        let lost = JoinSet::from_iter([async move { wire.try_send(sent).await }]);
        killed.hears("held after a commit").await;
        killed.kill();
        assert!(lost.join_all().await.iter().all(Option::is_none), "nobody was answered");
        killed.begin().await;
    }
    cluster.balance();

    let refused = cluster.all_at_once(30, &given_once).await;
    assert_eq!(statuses(&refused), [(400, 30)].into(), "the code was used");
    let given = cluster.all_at_once(30, &rotated).await;
    assert_eq!(statuses(&given), [(200, 30)].into(), "the successor is given again");
    let successors: BTreeSet<_> =
        given.iter().filter_map(|answer| answer.text("refresh_token")).collect();
    assert_eq!(successors.len(), 1);
    for (node, successor) in cluster.nodes.iter().zip(successors.iter().cycle()) {
        assert_eq!(at(party, node).refresh(successor).await.status, 200);
    }
}
