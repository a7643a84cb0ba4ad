//! A node that stands still for half a minute and goes on where it was: what it is asked is answered as things are now,
//! and what it was about to write under a lease is refused when another has held that lease since.

use std::{process::Output, sync::Arc, time::Duration};

use doorward::start::SystemClock;
use protocol::{Clock, KeyId, Realm};
use storage::CommitError;
use tokio::task::JoinSet;

use crate::{
    cluster::{Circumstance, Cluster, Ground, Node, Relay, Weather, at, waits},
    load::{Application, Load},
    promised,
};

promised!(
    with_hints,
    Hinted,
    a_node_that_froze_while_it_changed_the_keys_changes_nothing_when_it_goes_on,
    what_arrives_late_under_an_old_fence_is_refused,
);
promised!(
    without_hints,
    Unhinted,
    a_node_that_froze_while_it_changed_the_keys_changes_nothing_when_it_goes_on,
);
promised!(
    with_one_node_cut_off,
    OneCutOff,
    a_node_that_froze_while_it_changed_the_keys_changes_nothing_when_it_goes_on,
);

/// Longer than the lease under which keys are changed.
const FROZEN: Duration = Duration::from_secs(30);

/// How late the database hears of what the node asks, so that it can be held between two questions.
const LATE: Duration = Duration::from_millis(400);

async fn a_node_that_froze_while_it_changed_the_keys_changes_nothing_when_it_goes_on(
    circumstance: Circumstance,
) {
    let cluster = Cluster::own(circumstance).await;
    let [frozen, left, ..] = &cluster.nodes;
    let other = cluster.serving().last().unwrap();
    let load = Load::of(&cluster, 4).await;
    let revoked = Application::new(&cluster).await;
    let mut rotating = freeze_while_it_rotates(&cluster, frozen).await;
    let before = keys(&cluster.ground).await;
    let thaws_at = SystemClock.now() + FROZEN;

    load.goes_on(8).await;
    log_out(&revoked, other).await;
    // Refused as long as the lease holds.
    assert!(!left.command_done(&["keys", "rotate"]).await.status.success());
    waits::until("the lease is over and another node rotates", async || {
        left.command_done(&["keys", "rotate"]).await.status.success().then_some(())
    })
    .await;
    waits::until("it was frozen long enough", async || {
        (thaws_at <= SystemClock.now()).then_some(())
    })
    .await;
    frozen.thaw();
    frozen.cut(Weather::Fair);
    let userinfo = at(&revoked.party, frozen).userinfo(&revoked.tokens.access_token).await;
    assert!([401, 503].contains(&userinfo.status), "{userinfo:?}");

    let late = rotating.join_next().await.unwrap().unwrap();
    assert!(!late.status.success(), "{late:?}");
    frozen.becomes(true).await;
    let now = keys(&cluster.ground).await;
    assert_eq!(now.len(), before.len() + 1, "one successor, by the node that went on");
    load.goes_on(8).await;
    cluster.reach_all().await;
    for application in load.stop().await {
        application.lost_nothing(frozen).await;
        application.lost_nothing(&cluster.nodes[2]).await;
    }
}

async fn keys(ground: &Ground) -> Vec<KeyId> {
    let keys = ground.store.signing_keys(&Realm::main()).await.unwrap();
    keys.iter().map(|key| key.published.key_id()).collect()
}

async fn log_out(application: &Application, node: &Node) {
    let mut browser = application.browser.clone().at(&node.wire());
    let page = browser.look_at("/logout").await;
    assert_eq!(browser.press(&page, "logout-confirm", &[]).await.page().id, "logged-out-page");
}

/// Freezes `node` after it has taken the lease and before anybody can hear what it does under it.
async fn freeze_while_it_rotates(cluster: &Cluster, node: &Arc<Node>) -> JoinSet<Output> {
    node.cut(Weather::Slow(LATE));
    let rotate = || {
        let node = Arc::clone(node);
        async move { node.command_done(&["keys", "rotate"]).await }
    };
    let mut rotating = JoinSet::from_iter([rotate()]);
    waits::until("it takes the lease", async || {
        // Refused as long as a node holds the lease that wanted to make the first keys and came too late.
        if rotating.try_join_next().is_some() {
            rotating.spawn(rotate());
        }
        let lease = cluster.ground.fields("leases", "keys").await?;
        let is_held = lease["ends_at"].as_u64()? > SystemClock.now().as_millis();
        (is_held && lease["holder"] == node.name.as_str()).then_some(())
    })
    .await;
    // It hears that it has the lease, and what it writes then stays on its way.
    node.cut(Weather::Mute);
    waits::pass(LATE * 2).await;
    node.freeze();
    rotating
}

/// The same, where what is late is a single batch on its way.
async fn what_arrives_late_under_an_old_fence_is_refused(circumstance: Circumstance) {
    let cluster = Cluster::shared(circumstance).await;
    let link = Relay::to(&[cluster.database.address]).await;
    let slow = Ground::open(&cluster.nodes[0], link.address).await;
    let (quick, realm, short) = (&cluster.ground, Realm::main(), Duration::from_secs(1));
    let lease = slow.store.lease(&realm, "late", "slow", short).await.unwrap().unwrap();
    let mut batch = slow.store.batch();
    lease.fence(&mut batch);
    let person = cluster.person().await.account_id;
    batch.remove::<storage::passwords::Password>(&realm, &person);

    link.turn(Weather::Held);
    let store = slow.store.clone();
    let mut late = JoinSet::from_iter([async move { store.commit(batch).await }]);
    let taken = waits::until("another takes the lease", async || {
        quick.store.lease(&realm, "late", "quick", short).await.unwrap()
    });
    assert_eq!(taken.await.fencing(), lease.fencing() + 1);
    link.turn(Weather::Fair);
    let late = late.join_next().await.unwrap().unwrap();
    assert!(matches!(late, Err(CommitError::Refused(_))), "{late:?}");
    assert!(quick.store.password(&realm, person).await.unwrap().is_some());
}
