//! More people sign in than there are hands to hash for: some are let in, the others are told when to come again.

use tokio::task::JoinSet;

use crate::world::{World, statuses};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_full_queue_says_503_with_retry_after_and_lets_the_others_in() {
    let world = World::with(|setup| {
        setup.policies.identity.hashes_at_once = 1;
        setup.policies.identity.queue.length_max = 1;
        setup.policies.lockout.policy.address_failures_max = 1_000;
    })
    .await;
    let party = world.relying_party().await;
    let mut ready = Vec::new();
    for number in 0..20 {
        let person = world.person(&format!("person{number}")).await;
        let mut browser = world.browser();
        let page = browser.look_at(&party.ask().url()).await;
        ready.push((browser, page.hidden("sign_in").to_owned(), person));
    }
    let mut tasks = JoinSet::new();
    for (mut browser, id, person) in ready.clone() {
        tasks.spawn(async move {
            let typed = [
                ("sign_in", id.as_str()),
                ("username", &person.username),
                ("password", &person.password),
            ];
            browser.post("/login", &typed).await
        });
    }
    let answers = tasks.join_all().await;
    let counted = statuses(&answers);
    assert!(counted[&303] >= 1 && counted.get(&503).is_some_and(|busy| *busy >= 1), "{counted:?}");
    assert_eq!(counted.values().sum::<usize>(), counted[&303] + counted[&503], "{counted:?}");
    for answer in answers.iter().filter(|answer| answer.status == 503) {
        assert!(answer.header("retry-after").is_some(), "{answer:?}");
    }
    // Whoever comes again is let in: an attempt that was not looked at locks nobody out.
    for (mut browser, _, person) in ready {
        browser.authorize(&party.ask(), &person).await;
    }
}
