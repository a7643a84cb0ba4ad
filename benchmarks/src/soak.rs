//! Whether anything grows: everything, over and over, and after each time what the server holds of its machine.

use std::time::Duration;

use tokio::time::Instant;

use crate::{
    Failure,
    floors::Signed,
    server::{Held, Server},
    table::{Figure, Row, median},
    throughput::{Bench, Effort, Setting},
    told,
};

/// One round of each operation, none before it.
const ROUNDS: usize = 0;

/// How much more of its memory a server may hold at the end than after a third of the time, and of descriptors and threads.
const GROWTH_MAX: f64 = 1.05;

/// Rows of what was held after a third, two thirds and all of the time.
///
/// # Errors
/// Also where something grew: the medians of the second and of the last third differ by more than [`GROWTH_MAX`].
pub(crate) async fn measure(
    setting: &Setting,
    server: &Server,
    time: Duration,
) -> Result<Vec<Row>, Failure> {
    let effort = Effort { rounds: ROUNDS, ..setting.effort };
    let bench = setting.on_all(std::slice::from_ref(server), effort);
    let (began_at, mut seen) = (Instant::now(), Vec::new());
    while began_at.elapsed() < time {
        everything(&bench).await?;
        server.settle().await?;
        let held = server.held()?;
        told(format_args!("after {} s: {held:?}", began_at.elapsed().as_secs()));
        seen.push(held);
    }
    let third = seen.len() / 3;
    let (middle, last) = (seen.get(third..2 * third), seen.get(2 * third..));
    let (Some(middle), Some(last)) = (middle, last) else { return Err("too short".into()) };
    let figures: [fn(&Held) -> f64; 3] =
        [|held| held.resident_mib, |held| held.descriptors, |held| held.threads];
    for of in figures {
        let [before, after] = [middle, last].map(|part| median(part.iter().map(of)));
        if after > before * GROWTH_MAX {
            return Err(format!("{before} became {after}: {seen:?}").into());
        }
    }
    let minutes = time.as_secs() / 60;
    let row = |part: usize| {
        let held = seen.get((part * seen.len() / 3).saturating_sub(1));
        let operation = format!("memory, {part}/3 of {minutes} minutes of everything");
        let measured = held.map(|held| Figure::Mebibytes(held.resident_mib));
        Row { operation, measured, ..Row::default() }
    };
    Ok([1, 2, 3].map(row).into())
}

async fn everything(bench: &Bench<'_>) -> Result<(), Failure> {
    bench.codes().await?;
    bench.codes_es256().await?;
    bench.refresh(("refresh", &bench.seed.rs256), Signed::TwoRs256).await?;
    bench.client_credentials().await?;
    bench.userinfo().await?;
    bench.introspection("introspection").await?;
    bench.introspection_of_new().await?;
    bench.login().await?;
    Ok(())
}
