//! Actors are killed while an operator ends sessions and releases locks: what was acknowledged holds, and what was not may
//! be asked for again.

use serde_json::json;
use tokio::task::JoinSet;

use crate::world::{PASSWORD, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_session_whose_end_was_acknowledged_stays_ended_whichever_actor_dies() {
    let world = World::new().await;
    let (admin, alice) = (world.admin().await, world.person("alice").await);
    let party = world.relying_party().await;
    let mut given = Vec::new();
    for _ in 0..8 {
        let mut browser = world.browser();
        let tokens = party.sign_in(&mut browser, &alice).await;
        let sid = party.verify(tokens.id_token()).await.sid.expect("a sid");
        given.push((browser, tokens, sid));
    }
    let actors: Vec<_> =
        world.actors().into_iter().filter(|name| name.starts_with("sessions/")).collect();
    let mut all = JoinSet::new();
    for (mut browser, tokens, sid) in given {
        let (admin, party) = (admin.clone(), party.clone());
        all.spawn(async move {
            // A use that waits to be written brings no session back.
            browser.open(&party.ask().set("prompt", "none").url()).await.callback().code();
            let path = format!("/sessions/{sid}/revoke");
            assert_eq!(admin.post(&path, &json!({})).await.status, 204);
            (browser, tokens)
        });
    }
    for actor in &actors {
        world.kill(actor).await;
    }
    let ended = all.join_all().await;
    world.look().await.expect("every actor looks");
    for (mut browser, tokens) in ended {
        let silent = browser.open(&party.ask().set("prompt", "none").url()).await;
        assert_eq!(silent.callback().error(), "login_required");
        assert_eq!(party.userinfo(&tokens.access_token).await.status, 401);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_release_is_done_or_may_be_asked_for_again_while_the_lockout_dies() {
    let world = World::with(|setup| setup.policies.lockout.policy.failures_max = 1).await;
    let (admin, alice) = (world.admin().await, world.person("alice").await);
    let party = world.relying_party().await;
    let actors: Vec<_> =
        world.actors().into_iter().filter(|name| name.starts_with("lockout/")).collect();
    let tries = async |password: &'static str| {
        let mut browser = world.browser();
        let page = browser.look_at(&party.ask().url()).await;
        browser.log_in(&page, "alice", password).await.page()
    };
    for _ in 0..2 {
        tries("wrong").await;
        assert_eq!(tries(PASSWORD).await.answer.status, 429);
        let query = format!("/lockouts?account_id={}", alice.account_id);
        let id = admin.get(&query).await.json()["items"][0]["lockout_id"].clone();
        let path = format!("/lockouts/{}/release", id.as_str().expect("an id"));
        let release = {
            let (admin, path) = (admin.clone(), path.clone());
            async move { admin.post(&path, &json!({})).await.status }
        };
        let kill = async {
            for actor in &actors {
                world.kill(actor).await;
            }
        };
        let (mut status, ()) = tokio::join!(release, kill);
        assert!([204, 503].contains(&status), "{status}");
        while status == 503 {
            status = admin.post(&path, &json!({})).await.status;
        }
        // Where the answer was lost it was done, and nothing is left to release.
        assert!([204, 404].contains(&status), "{status}");
        assert_eq!(tries(PASSWORD).await.id, "consent-page");
    }
}
