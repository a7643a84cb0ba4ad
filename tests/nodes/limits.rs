//! What is spread over nodes is limited together, within the bound of docs/limits.md.

use std::time::Duration;

use protocol::{
    Realm,
    event::Actor,
    limits::{Allowance, Limit},
    settings::{ClientLimits, ClientSettings, Level, Settings},
};
use storage::settings::SettingsRecord;
use tokio::task::JoinSet;

use crate::{
    cluster::{Circumstance, Cluster, at, waits},
    promised_always,
    world::RelyingParty,
};

promised_always!(requests_spread_over_all_nodes_are_limited_together);

/// Longer than the test takes: nothing comes back meanwhile.
const LIMIT: Limit = Limit { quota: 240, window_seconds: 3_600 };

/// Requests to each node at once.
const AT_ONCE: usize = 20;

/// Rounds in which nobody was answered, after which nobody will be.
const QUIET_ROUNDS: usize = 30;

async fn requests_spread_over_all_nodes_are_limited_together(circumstance: Circumstance) {
    let cluster = Cluster::shared(circumstance).await;
    let party = cluster.relying_party().await;
    limit(&cluster, &party).await;
    let nodes = cluster.serving();
    let (mut answered, mut quiet) = (0, 0);
    while quiet < QUIET_ROUNDS {
        let mut asked = JoinSet::new();
        for node in nodes {
            let (wire, sent) = (node.wire(), at(&party, node).introspection("none"));
            for _ in 0..AT_ONCE {
                let (wire, sent) = (wire.clone(), sent.clone());
                asked.spawn(async move { wire.send(sent).await.status });
            }
        }
        let statuses = asked.join_all().await;
        assert!(statuses.iter().all(|status| [200, 429].contains(status)), "{statuses:?}");
        let now = statuses.into_iter().filter(|status| *status == 200).count();
        answered += now;
        quiet = if now == 0 { quiet + 1 } else { 0 };
        waits::pass(Duration::from_millis(100)).await;
    }
    let bound = LIMIT.quota + LIMIT.between_exchanges() * (nodes.len() as u32 - 1);
    assert!((LIMIT.quota..=bound).contains(&(answered as u32)), "{answered}, at most {bound}");
}

/// Limits what the client may ask, as an operator would before it asks anything.
async fn limit(cluster: &Cluster, party: &RelyingParty) {
    let store = &cluster.ground.store;
    let introspect = Some(Allowance::AtMost(LIMIT));
    let limits = ClientLimits { introspect, ..ClientLimits::default() };
    let mut batch = store.batch();
    let settings = SettingsRecord {
        level: Level::Client(party.client_id),
        realm: Realm::main(),
        number: 1,
        settings: Settings::Client(ClientSettings { limits }),
        changed_at: batch.now(),
        changed_by: Actor::Node,
        restored_from: None,
    };
    batch.put_settings(None, settings);
    store.commit(batch).await.expect("they are put");
}
