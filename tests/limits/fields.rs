//! What the fields of an answer say of limits.

use protocol::paths;

use super::at_most;
use crate::world::{Sent, World};

#[tokio::test]
async fn an_answer_says_how_whoever_asks_stands() {
    let world = World::new().await;
    world.set(|settings| settings.limits.other = at_most(3)).await;
    for (left, status) in [(2, 200), (1, 200), (0, 200), (0, 429)] {
        let answer = world.get("/").await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("ratelimit-policy"), Some("\"other\";q=3;w=60"));
        let stands = answer.header("ratelimit").unwrap();
        let reset = stands.strip_prefix(&format!("\"other\";r={left};t=")).expect(stands);
        assert!((55..=66).contains(&reset.parse::<u64>().unwrap()), "{stands}");
        assert_eq!(answer.header("ratelimit-limit"), Some("3"));
        assert_eq!(answer.header("ratelimit-remaining"), Some(left.to_string().as_str()));
        assert_eq!(answer.header("ratelimit-reset"), Some(reset));
        if status == 429 {
            // Not earlier than something comes back (draft-ietf-httpapi-ratelimit-headers-11 §6).
            assert_eq!(answer.header("retry-after"), Some(reset));
        }
    }
}

#[tokio::test]
async fn a_client_reads_its_own_limit_and_no_other() {
    let world = World::new().await;
    let party = world.relying_party().await;
    let asked = party.introspection("none");
    assert_eq!(world.send(asked.clone()).await.header("ratelimit"), None);
    world.set_for(&party, |settings| settings.limits.introspect = at_most(5)).await;
    let answer = world.send(asked).await;
    assert_eq!(answer.header("ratelimit-policy"), Some("\"client\";q=5;w=60"));
    assert_eq!(answer.header("ratelimit-remaining"), Some("4"));
}

#[tokio::test]
async fn redirects_and_what_is_not_limited_say_nothing_of_limits() {
    let world = World::new().await;
    let party = world.relying_party().await;
    let redirect = world.send(Sent::get(party.ask().path())).await;
    assert_eq!(redirect.status, 303);
    for answer in [redirect, world.get(paths::JWKS).await] {
        assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("ratelimit")));
    }
}
