//! How many are answered at once, who waits, and who is sent away.

use super::*;

const PLACES: Settings = Settings {
    requests_in_flight_max: 2,
    request_wait_max: Duration::from_millis(250),
    ..SETTINGS
};

#[tokio::test(start_paused = true)]
async fn who_finds_no_place_waits_a_moment_and_is_then_sent_away() {
    let ground = ground();
    let Node { limits, .. } = &Node::over(&ground.store, &ground, PLACES).await;
    let _held = (limits.enter().await.unwrap(), limits.enter().await.unwrap());
    let began_at = tokio::time::Instant::now();
    assert!(limits.enter().await.is_err());
    assert_eq!(began_at.elapsed().as_millis(), 250);
}

#[tokio::test(start_paused = true)]
async fn a_place_that_becomes_free_goes_to_who_waits() {
    let ground = ground();
    let Node { limits, .. } = &Node::over(&ground.store, &ground, PLACES).await;
    let (held, _other) = (limits.enter().await.unwrap(), limits.enter().await.unwrap());
    let (entered, ()) = tokio::join!(limits.enter(), async { drop(held) });
    assert!(entered.is_ok());
}

#[tokio::test(start_paused = true)]
async fn more_than_may_wait_are_sent_away_at_once() {
    let ground = ground();
    let Node { limits, .. } = &Node::over(&ground.store, &ground, PLACES).await;
    let _held = (limits.enter().await.unwrap(), limits.enter().await.unwrap());
    let (one, other) = (limits.enter(), limits.enter());
    let third = async {
        tokio::task::yield_now().await;
        let began_at = tokio::time::Instant::now();
        (limits.enter().await.is_err(), began_at.elapsed())
    };
    let (one, other, third) = tokio::join!(one, other, third);
    assert!(one.is_err() && other.is_err());
    assert_eq!(third, (true, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn where_a_queue_stands_nobody_waits_long_and_afterwards_all_is_as_before() {
    let ground = ground();
    let Node { limits, .. } = &Node::over(&ground.store, &ground, PLACES).await;
    let held = (limits.enter().await.unwrap(), limits.enter().await.unwrap());
    let waits = async || {
        let began_at = tokio::time::Instant::now();
        assert!(limits.enter().await.is_err());
        began_at.elapsed().as_millis()
    };
    let waited = [waits().await, waits().await, waits().await, waits().await];
    assert_eq!(waited, [250, 250, 250, 25]);
    drop(held);
    let _held = (limits.enter().await.unwrap(), limits.enter().await.unwrap());
    assert_eq!(waits().await, 250);
}

#[tokio::test(start_paused = true)]
async fn who_hangs_up_while_waiting_takes_no_place() {
    let ground = ground();
    let Node { limits, .. } = &Node::over(&ground.store, &ground, PLACES).await;
    let held = (limits.enter().await.unwrap(), limits.enter().await.unwrap());
    for _ in 0..5 {
        let hung_up = tokio::time::timeout(Duration::from_millis(1), limits.enter()).await;
        assert!(hung_up.is_err());
    }
    drop(held);
    let _held = (limits.enter().await.unwrap(), limits.enter().await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn of_more_bodies_than_there_are_places_the_oldest_is_waited_for_no_longer() {
    let ground = ground();
    let Node { limits, .. } = &Node::over(&ground.store, &ground, PLACES).await;
    let mut waiting = tokio::task::JoinSet::new();
    for number in 0..3 {
        let limits = limits.clone();
        waiting.spawn(
            async move { (number, limits.read(std::future::pending::<()>()).await.is_err()) },
        );
    }
    assert_eq!(waiting.join_next().await.unwrap().unwrap(), (0, true));
    // What is here, or comes, needs nobody to give way; and who hangs up is waited for no longer.
    assert_eq!(limits.read(async { 7 }).await, Ok(7));
    waiting.shutdown().await;
    let (one, other) =
        (limits.read(tokio::task::yield_now()), limits.read(tokio::task::yield_now()));
    assert_eq!(tokio::join!(one, other), (Ok(()), Ok(())));
}
