//! Two nodes over one store admit together what one may, within the bound of docs/limits.md.

use std::time::Duration;

use super::at_most;
use crate::world::{Sent, World};

async fn two(quota: u32) -> [World; 2] {
    let one = World::with(|setup| setup.policies.limits.is_shared = true).await;
    one.set(|settings| settings.limits.other = at_most(quota)).await;
    let other = one.beside("node-2").await;
    other.look().await.unwrap();
    [one, other]
}

#[tokio::test]
async fn what_is_spread_over_both_is_counted_together() {
    let nodes = two(80).await;
    let (mut answered, sent) = (0, Sent::get("/"));
    for _ in 0..20 {
        for node in &nodes {
            let now = node.answered(12, &sent).await;
            // An eighth of the quota between two exchanges.
            assert!(now <= 10, "{now}");
            answered += now;
            node.look().await.unwrap();
        }
    }
    assert!((80..=90).contains(&answered), "{answered}");
    nodes[0].advance(Duration::from_secs(67)).await;
    assert!(nodes[0].answered(5, &sent).await == 5);
}

#[tokio::test]
async fn who_is_held_back_until_the_nodes_have_spoken_is_told_to_come_again_soon() {
    let [one, _other] = two(8).await;
    let sent = Sent::get("/");
    assert_eq!(one.answered(1, &sent).await, 1);
    let held_back = one.send(sent.clone()).await;
    assert_eq!((held_back.status, held_back.header("retry-after")), (429, Some("1")));
    one.look().await.unwrap();
    assert_eq!(one.answered(1, &sent).await, 1);
}
