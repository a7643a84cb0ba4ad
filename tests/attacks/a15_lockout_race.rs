//! Guesses at the same moment are counted before they are looked at.

use tokio::task::JoinSet;

use crate::world::{World, statuses};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn parallel_guesses_verify_no_more_than_the_limit() {
    let world = World::with(|setup| setup.policies.lockout.policy.failures_max = 5).await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let mut ready = Vec::new();
    for _ in 0..200 {
        let mut browser = world.browser();
        let page = browser.look_at(&party.ask().url()).await;
        ready.push((browser, page));
    }
    world.work();
    let mut guesses = JoinSet::new();
    for (guess, (mut browser, page)) in ready.into_iter().enumerate() {
        let (name, guess) = (alice.username.clone(), format!("guess {guess}"));
        guesses.spawn(async move { browser.log_in(&page, &name, &guess).await.page().answer });
    }
    let answers = guesses.join_all().await;
    assert_eq!(world.work().hashes, 5, "only what was counted may be verified");
    assert_eq!(statuses(&answers), [(200, 5), (429, 195)].into());
}
