//! Twice what can be answered: what is over is sent away at once, what is accepted is answered, and when it is over all is as
//! it was before. Sign-ins, as nothing costs a server more; they come when they come, and do not wait for one another.

use std::{
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

use hyper::{StatusCode, header};
use tokio::{
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval},
};

use crate::{
    Failure,
    client::Connection,
    load::{Round, Work},
    operations::{Login, Pool},
    table::{Figure, Row},
    throughput::Bench,
    told,
};

/// How long more comes than can be answered.
const TIME: Duration = Duration::from_secs(20);

/// How much more.
const TIMES: f64 = 2.0;

/// What became of one sign-in, and how soon.
enum Became {
    Answered(Duration),
    SentAway(Duration),
}

pub(crate) async fn measure(bench: &Bench<'_>) -> Result<Vec<Row>, Failure> {
    let before = bench.login().await?;
    let Some(Figure::PerSecond(capacity)) = before.measured else { return Err("no rate".into()) };
    let rate = TIMES * capacity;
    told(format_args!("{rate:.0} sign-ins a second, for {} s", TIME.as_secs()));
    let begun = Pool::default();
    bench.begin((rate * TIME.as_secs_f64()) as usize + 1, &begun).await?;
    let mut login = Login { begun, usernames: bench.seed.usernames.clone().into_iter().cycle() };
    let mut ticks = interval(Duration::from_secs_f64(1.0 / rate));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let (mut underway, mut hosts) = (JoinSet::new(), (1_u8..=254).cycle());
    let began_at = Instant::now();
    while began_at.elapsed() < TIME {
        ticks.tick().await;
        let (Some(request), Some(host)) = (login.next()?, hosts.next()) else { break };
        let (from, to) = (IpAddr::V4(Ipv4Addr::new(127, 0, 2, host)), bench.address()?);
        underway.spawn(async move {
            let asked_at = Instant::now();
            let answer = Connection::open(from, to).await?.send(request).await?;
            let took = asked_at.elapsed();
            match answer.status {
                StatusCode::SEE_OTHER => Ok(Became::Answered(took)),
                StatusCode::SERVICE_UNAVAILABLE
                    if answer.headers.contains_key(header::RETRY_AFTER) =>
                {
                    Ok(Became::SentAway(took))
                }
                status => Err(Failure::from(format!("{status} under load"))),
            }
        });
    }
    let (mut answered, mut sent_away) = (Vec::new(), Vec::new());
    while let Some(became) = underway.join_next().await {
        match became?? {
            Became::Answered(took) => answered.push(took),
            Became::SentAway(took) => sent_away.push(took),
        }
    }
    let time = began_at.elapsed();
    let after = bench.login().await?;
    let named = |row: Row, name: &str| Row {
        operation: name.to_owned(),
        ratio: None,
        floor: None,
        aim: None,
        ..row
    };
    Ok(vec![
        named(before, "sign-ins, as many as it can"),
        row("sign-ins at twice as many: answered", Round::new(time, answered)),
        row("sign-ins at twice as many: sent away (503)", Round::new(time, sent_away)),
        named(after, "sign-ins, right after that"),
    ])
}

fn row(operation: &str, round: Round) -> Row {
    Row {
        operation: operation.to_owned(),
        measured: Some(Figure::PerSecond(round.rate())),
        p50: Some(round.quantile(0.5)),
        p99: Some(round.quantile(0.99)),
        ..Row::default()
    }
}
