//! Nodes that start at once on an empty database become one installation.

use std::{cell::Cell, collections::BTreeSet};

use protocol::{Realm, paths};

use crate::{
    cluster::{Circumstance, Cluster, Weather},
    load::Application,
    promised,
};

promised!(with_hints, Hinted, nodes_that_start_at_once_make_one_set_of_keys);
promised!(without_hints, Unhinted, nodes_that_start_at_once_make_one_set_of_keys);

promised!(with_one_node_cut_off, OneCutOff, a_node_that_starts_in_the_dark_joins_when_it_is_light);

/// The others serve meanwhile.
async fn a_node_that_starts_in_the_dark_joins_when_it_is_light(_: Circumstance) {
    let cluster = Cluster::own(Circumstance::Hinted).await;
    let application = Application::new(&cluster).await;
    let [others @ .., late] = &cluster.nodes;
    late.kill();
    late.cut(Weather::Black);
    let is_light = Cell::new(false);
    let starts = async {
        late.begin().await;
        assert!(is_light.get(), "it serves without its database");
    };
    let others_serve = async {
        for node in others {
            application.lost_nothing(node).await;
        }
        is_light.set(true);
        late.cut(Weather::Fair);
    };
    tokio::join!(starts, others_serve);
    application.lost_nothing(late).await;
}

async fn nodes_that_start_at_once_make_one_set_of_keys(circumstance: Circumstance) {
    let cluster = Cluster::shared(circumstance).await;
    let made = cluster.ground.store.signing_keys(&Realm::main()).await.unwrap();
    let made: BTreeSet<_> = made.iter().map(|key| key.published.key_id().to_string()).collect();
    for node in &cluster.nodes {
        let jwks = node.wire().get(paths::JWKS).await.json();
        let published = jwks["keys"].as_array().unwrap();
        let published: BTreeSet<_> =
            published.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect();
        assert_eq!(published, made, "{}", node.name);
    }
    for node in &cluster.nodes {
        node.becomes(true).await;
    }
}
