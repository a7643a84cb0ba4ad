//! More is asked than can be answered in time: what is over is sent away early, what is accepted is answered, and when it
//! is over all is as before.

use std::{net::SocketAddr, time::Duration};

use protocol::paths;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

use crate::world::{Loopback, Sent, World, says_when_to_come_again, statuses};

const PLACES: usize = 4;

async fn world() -> World {
    World::with(|setup| {
        setup.policies.limits.requests_in_flight_max = PLACES;
        setup.policies.limits.request_wait_max = Duration::from_millis(250);
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn at_a_multiple_of_what_can_be_answered_the_rest_is_sent_away_without_work() {
    let world = world().await;
    let party = world.relying_party().await;
    let sent = Sent::get(party.ask().path());
    // The store takes its time: each place is held by one request until the store is let go.
    let mut held: Vec<_> = (0..PLACES).map(|_| world.engine().hold("sign_ins")).collect();
    let mut accepted = JoinSet::new();
    for _ in 0..PLACES {
        let (world, sent) = (world.clone(), sent.clone());
        accepted.spawn(async move { world.send(sent).await });
    }
    for held in &mut held {
        held.reached().await;
    }
    world.work();
    let shed = world.all_at_once(4 * PLACES, &sent).await;
    assert_eq!(statuses(&shed), [(503, 4 * PLACES)].into());
    shed.iter().for_each(says_when_to_come_again);
    let work = world.work();
    assert_eq!((work.reads, work.commits), (0, 0), "what is sent away is no work");
    // What others need to verify tokens is answered all the while.
    for path in [paths::JWKS, paths::OPENID_CONFIGURATION] {
        assert_eq!(world.get(path).await.status, 200);
    }
    held.into_iter().for_each(|held| held.release());
    let answers = accepted.join_all().await;
    assert_eq!(statuses(&answers), [(303, PLACES)].into());
    // And it is as it was before.
    for _ in 0..10 {
        let answers = world.all_at_once(PLACES, &sent).await;
        assert_eq!(statuses(&answers), [(303, PLACES)].into());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_moments_crowd_waits_and_is_answered() {
    let world = World::with(|setup| {
        setup.policies.limits.requests_in_flight_max = 50;
        setup.policies.limits.request_wait_max = Duration::from_secs(60);
    })
    .await;
    let party = world.relying_party().await;
    let answers = world.all_at_once(100, &Sent::get(party.ask().path())).await;
    assert_eq!(statuses(&answers), [(303, 100)].into());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_endpoint_says_in_its_own_dialect_that_too_much_is_asked() {
    let world = world().await;
    let party = world.relying_party().await;
    let mut held: Vec<_> = (0..PLACES).map(|_| world.engine().hold("sign_ins")).collect();
    let mut accepted = JoinSet::new();
    for _ in 0..PLACES {
        let (world, sent) = (world.clone(), Sent::get(party.ask().path()));
        accepted.spawn(async move { world.send(sent).await });
    }
    for held in &mut held {
        held.reached().await;
    }
    let oauth = [
        party.token_request(&[("grant_type", "refresh_token")]),
        party.introspection("none"),
        party.revocation("none"),
        Sent::get(paths::USERINFO),
    ];
    for sent in oauth {
        let answer = world.send(sent).await;
        says_when_to_come_again(&answer);
        assert_eq!(answer.error(), "temporarily_unavailable");
    }
    let problem = world.get("/admin/v1/clients").await;
    says_when_to_come_again(&problem);
    assert_eq!(problem.text("code").as_deref(), Some("unavailable"));
    let page = world.get("/").await;
    says_when_to_come_again(&page);
    assert!(page.body.contains("id=\"error-page\""));
    drop(held);
    accepted.join_all().await;
}

/// Announces a form and sends nothing of it; here once the provider waits for it.
async fn sends_no_body(address: SocketAddr) -> TcpStream {
    let mut tcp = TcpStream::connect(address).await.expect("it listens");
    let head = "POST /oauth2/token HTTP/1.1\r\nHost: id.example\r\nExpect: 100-continue\r\n\
                Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\
                Connection: close\r\n\r\n";
    tcp.write_all(head.as_bytes()).await.expect("it reads");
    let mut told = [0; 12];
    tcp.read_exact(&mut told).await.expect("it answers");
    assert_eq!(&told, b"HTTP/1.1 100", "{}", String::from_utf8_lossy(&told));
    tcp
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_sends_no_body_holds_no_place_and_gives_way_to_who_does() {
    let world = world().await;
    let party = world.relying_party().await;
    let listening = world.listen(Loopback::default()).await;
    let mut waiting = Vec::new();
    for _ in 0..4 * PLACES {
        waiting.push(sends_no_body(listening.address).await);
        assert_eq!(world.get("/").await.status, 200);
        let answer = world.send(party.token_request(&[("grant_type", "refresh_token")])).await;
        assert_eq!(answer.status, 400, "{answer:?}");
    }
    // As many are waited for as there are places; who came before them is not.
    let mut first = String::new();
    waiting.remove(0).read_to_string(&mut first).await.expect("it answers");
    assert!(first.contains("HTTP/1.1 503") && first.contains("retry-after: 1"), "{first}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_hangs_up_gives_no_place_back_before_what_they_began_is_done() {
    let world = World::with(|setup| {
        setup.policies.limits.requests_in_flight_max = 1;
        setup.policies.limits.request_wait_max = Duration::from_millis(20);
    })
    .await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let ask = party.ask();
    let code = world.browser().authorize(&ask, &alice).await.code().to_owned();
    let mut held = world.engine().hold("codes");
    let mut asking = JoinSet::new();
    let (asks, redemption) = (world.clone(), party.redemption(&ask, &code));
    asking.spawn(async move { asks.send(redemption).await });
    held.reached().await;
    asking.shutdown().await;
    assert_eq!(world.get("/").await.status, 503);
    held.release();
    let mut status = 503;
    for _ in 0..500 {
        status = world.get("/").await.status;
        if status == 200 {
            break;
        }
    }
    assert_eq!(status, 200);
}
