//! A flood of authorization requests does not fill the store.

use std::{net::IpAddr, time::Duration};

use super::at_most;
use crate::world::{Sent, World, statuses};

#[tokio::test]
async fn by_default_one_address_begins_only_so_many_sign_ins() {
    // However many come at once.
    let patience = Duration::from_secs(60);
    let world = World::with(|setup| setup.policies.limits.request_wait_max = patience).await;
    let party = world.relying_party().await;
    let sent = Sent::get(party.ask().path());
    world.work();
    let answers = world.all_at_once(1_500, &sent).await;
    let counted = statuses(&answers);
    assert_eq!((counted[&303], counted[&429]), (1_200, 300));
    assert_eq!(world.work().commits, 1_200);
}

#[tokio::test]
async fn all_addresses_together_begin_only_so_many_and_who_is_signed_in_goes_on() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let mut browser = world.browser();
    party.sign_in(&mut browser, &alice).await;
    // One has begun.
    world.set(|settings| settings.limits.sign_ins = at_most(21)).await;
    world.work();
    let mut answers = Vec::new();
    for number in 0..100 {
        let from = IpAddr::from([203, 0, 113, number]);
        answers.push(world.send(Sent::get(party.ask().path()).from(from)).await);
    }
    let counted = statuses(&answers);
    assert_eq!((counted[&303], counted[&503]), (20, 80));
    let busy = answers.iter().filter(|answer| answer.status == 503);
    busy.for_each(|answer| assert!(answer.header("retry-after").is_some(), "{answer:?}"));
    assert_eq!(world.work().commits, 20);
    let silent = browser.open(&party.ask().set("prompt", "none").url()).await.callback();
    assert!(silent.get("code").is_some(), "{silent:?}");
}
