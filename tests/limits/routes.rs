//! Each limit by address refuses at its threshold, in the dialect of its endpoint, and releases by itself.

use std::time::Duration;

use protocol::{paths, settings::Limits};

use super::{address, at_most};
use crate::world::{Answer, Sent, World, encode};

/// The limits of every route, three each.
fn three() -> Limits {
    Limits {
        authorize: at_most(3),
        sign_in: at_most(3),
        token: at_most(3),
        introspect: at_most(3),
        revoke: at_most(3),
        userinfo: at_most(3),
        admin: at_most(3),
        other: at_most(3),
        ..Limits::default()
    }
}

/// One request a route by whom nobody knows, what it is answered, and the dialect of the refusal.
async fn routes(world: &World) -> Vec<(Sent, u16, &'static str)> {
    let party = world.public_client().await;
    let unknown = [("client_id", "nobody"), ("client_secret", "nothing"), ("token", "none")];
    let public = party.token_request(&[("grant_type", "refresh_token"), ("refresh_token", "no")]);
    vec![
        (Sent::get(party.ask().path()), 303, "page"),
        (Sent::post(paths::LOGIN).form(&[("sign_in", "none")]), 400, "page"),
        (Sent::get("/"), 200, "page"),
        (Sent::post(paths::TOKEN).form(&unknown), 401, "oauth"),
        (public.from(address(9)), 400, "oauth"),
        (Sent::post(paths::INTROSPECT).form(&unknown), 401, "oauth"),
        (Sent::post(paths::REVOKE).form(&unknown), 401, "oauth"),
        (Sent::get(paths::USERINFO), 401, "oauth"),
        (Sent::get("/admin/v1/clients"), 401, "problem"),
    ]
}

fn is_refused(answer: &Answer, dialect: &str) {
    assert_eq!(answer.status, 429, "{answer:?}");
    let content_type = answer.header("content-type").unwrap();
    match dialect {
        "page" => {
            assert!(content_type.starts_with("text/html"), "{content_type}");
            assert!(answer.body.contains("id=\"error-page\""));
            assert!(answer.header("content-security-policy").is_some());
        }
        "oauth" => {
            assert!(content_type.starts_with("application/json"), "{content_type}");
            assert_eq!(answer.error(), "temporarily_unavailable");
        }
        _ => {
            assert_eq!(content_type, "application/problem+json");
            assert_eq!(answer.text("code").as_deref(), Some("too_many_requests"));
        }
    }
    assert_eq!(answer.header("cache-control"), Some("no-store"), "{answer:?}");
    let wait: u64 = answer.header("retry-after").expect("Retry-After").parse().unwrap();
    assert!((55..=66).contains(&wait), "{wait}");
}

#[tokio::test]
async fn every_limit_refuses_at_its_threshold_and_not_before_and_releases_by_itself() {
    let world = World::new().await;
    world.set(|settings| settings.limits = three()).await;
    for (sent, status, dialect) in routes(&world).await {
        for _ in 0..3 {
            let answer = world.send(sent.clone()).await;
            assert_eq!(answer.status, status, "{sent:?} {answer:?}");
        }
        let refused = world.send(sent.clone()).await;
        is_refused(&refused, dialect);
        // Somebody else is none the worse for it.
        assert_eq!(world.send(sent.clone().from(address(1))).await.status, status);
        let wait = refused.header("retry-after").unwrap().parse().unwrap();
        world.advance(Duration::from_secs(wait)).await;
        assert_eq!(world.answered(9, &sent).await, 3, "{sent:?}");
        world.advance(Duration::from_secs(70)).await;
    }
}

#[tokio::test]
async fn what_is_refused_is_no_work() {
    let world = World::new().await;
    let party = world.relying_party().await;
    world.set(|settings| settings.limits.authorize = at_most(1)).await;
    let sent = Sent::get(party.ask().path());
    assert_eq!(world.answered(1, &sent).await, 1);
    world.work();
    assert_eq!(world.answered(20, &sent).await, 0);
    let work = world.work();
    assert_eq!((work.reads, work.commits, work.hashes), (0, 0, 0));
}

#[tokio::test]
async fn keys_and_metadata_are_never_limited() {
    let world = World::new().await;
    world.set(|settings| settings.limits = three()).await;
    for path in [paths::JWKS, paths::OPENID_CONFIGURATION, paths::OAUTH_AUTHORIZATION_SERVER] {
        assert_eq!(world.answered(50, &Sent::get(path)).await, 50, "{path}");
    }
}

#[tokio::test]
async fn addresses_of_one_ipv6_network_count_as_one() {
    let world = World::new().await;
    world.set(|settings| settings.limits.other = at_most(2)).await;
    let at = |address: &str| Sent::get("/").from(address.parse().unwrap());
    assert_eq!(world.answered(2, &at("2001:db8:1:2::1")).await, 2);
    assert_eq!(world.answered(1, &at("2001:db8:1:2:ffff::9")).await, 0);
    assert_eq!(world.answered(1, &at("2001:db8:1:3::1")).await, 1);
}

#[tokio::test]
async fn excluded_networks_are_not_limited_and_their_neighbours_are() {
    let world = World::new().await;
    world
        .set(|settings| {
            settings.limits = three();
            settings.exclusions.networks = vec!["203.0.113.0/25".parse().unwrap()];
        })
        .await;
    for (sent, ..) in routes(&world).await {
        assert_eq!(world.answered(9, &sent.clone().from(address(7))).await, 9, "{sent:?}");
    }
    let login = Sent::post(paths::LOGIN).form(&[("sign_in", "none")]);
    assert_eq!(world.answered(9, &login.from(address(128))).await, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn requests_that_come_at_once_are_answered_exactly_to_the_limit() {
    let world = World::new().await;
    world.set(|settings| settings.limits.other = at_most(40)).await;
    let answers = world.all_at_once(200, &Sent::get("/")).await;
    let counted = crate::world::statuses(&answers);
    assert_eq!((counted[&200], counted[&429]), (40, 160));
}

#[tokio::test]
async fn what_a_stranger_says_of_proxies_gives_nobody_another_address() {
    let world = World::new().await;
    world.set(|settings| settings.limits.sign_in = at_most(3)).await;
    let listening = world.listen(crate::world::Loopback::default()).await;
    let form = encode(&[("sign_in", "none")]);
    for (number, is_refused) in [(1, false), (2, false), (3, false), (4, true)] {
        let head = format!(
            "POST /login HTTP/1.1\r\nHost: id.example\r\nX-Forwarded-For: 203.0.113.{number}\r\n\
             Forwarded: for=203.0.113.{number}\r\nX-Real-IP: 203.0.113.{number}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n{form}",
            form.len()
        );
        let answer = listening.exchange(&head).await;
        assert_eq!(answer.starts_with("HTTP/1.1 429"), is_refused, "{number}: {answer}");
    }
}

#[tokio::test]
async fn whose_pages_may_call_is_looked_up_only_for_what_is_admitted() {
    let world = World::new().await;
    world.set(|settings| settings.limits = three()).await;
    let preflight = Sent::new("OPTIONS", paths::USERINFO);
    let preflight = preflight.header("access-control-request-method", "GET");
    let guesses = Sent::get(paths::USERINFO).header("authorization", "Bearer guessed");
    for sent in [preflight, guesses] {
        let sent = sent.header("origin", "https://elsewhere.example");
        assert_eq!(world.answered(3, &sent).await, 3, "{sent:?}");
        world.work();
        assert_eq!(world.answered(9, &sent).await, 0, "{sent:?}");
        assert_eq!(world.work().reads, 0, "{sent:?}");
    }
}
