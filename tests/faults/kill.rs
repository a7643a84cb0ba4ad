//! The process is killed between a write and its answer, and started again: once is once.

use tokio::task::JoinSet;

use crate::world::{Installation, statuses};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_code_that_was_redeemed_when_the_process_died_is_not_redeemed_again() {
    let installation = Installation::new();
    let served = installation.serve("", Some("grants:1"));
    let (party, person) = (served.relying_party(), served.person());
    let ask = party.ask();
    let callback = served.wire().browser().authorize(&ask, &person).await;
    let (wire, sent) = (served.wire().clone(), party.redemption(&ask, callback.code()));
    let lost = JoinSet::from_iter([async move { wire.try_send(sent).await }]);
    tokio::task::block_in_place(|| served.kill_when_held());
    assert!(lost.join_all().await.iter().all(Option::is_none), "nobody was answered");

    let served = installation.serve("", None);
    let again = served.relying_party().redemption(&ask, callback.code());
    let answers = served.wire().all_at_once(100, &again).await;
    assert_eq!(statuses(&answers), [(400, 100)].into());
    assert!(answers.iter().all(|answer| answer.error() == "invalid_grant"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_session_that_was_acknowledged_is_there_after_a_kill() {
    let installation = Installation::new();
    let served = installation.serve("", None);
    let (party, person) = (served.relying_party(), served.person());
    let mut browser = served.wire().browser();
    let tokens = party.sign_in(&mut browser, &person).await;
    served.kill();

    let served = installation.serve("", None);
    let party = served.relying_party();
    let mut browser = browser.at(served.wire());
    let silent = browser.open(&party.ask().set("prompt", "none").url()).await.callback();
    assert!(silent.get("code").is_some(), "{silent:?}");
    assert_eq!(party.userinfo(&tokens.access_token).await.status, 200);
    assert_eq!(party.refresh(tokens.refresh_token()).await.status, 200);
}
