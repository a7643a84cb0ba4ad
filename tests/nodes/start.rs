//! Nodes that start at once on an empty database become one installation.

use std::collections::BTreeSet;

use protocol::{Realm, paths};

use crate::{
    cluster::{Circumstance, Cluster},
    promised,
};

promised!(with_hints, Hinted, nodes_that_start_at_once_make_one_set_of_keys);
promised!(without_hints, Unhinted, nodes_that_start_at_once_make_one_set_of_keys);

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
