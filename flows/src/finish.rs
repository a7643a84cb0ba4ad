//! The one place that spawns. A request may be cancelled up to its commit and not after: the commit, and what follows
//! from it, belong to a task that goes on when the client hangs up.

use std::{future::Future, sync::Arc};

use tracing::Instrument;

use crate::{failure::Failure, limits::Entered};

tokio::task_local! {
    /// The place of the request that is being answered, where it has one.
    static PLACE: Arc<Entered>;
}

/// Answers a request that has a place. What it leaves to [`finish`] keeps the place also when nobody waits any more: who
/// hangs up does not make room for more than is answered at once.
pub async fn in_place<T>(place: Entered, answering: impl Future<Output = T>) -> T {
    PLACE.scope(Arc::new(place), answering).await
}

/// Runs `rest` to its end, whoever waits for it.
#[expect(
    clippy::disallowed_methods,
    reason = "a commit must not be cancelled halfway by a client that hangs up"
)]
pub(crate) async fn finish<T: Send + 'static>(
    rest: impl Future<Output = T> + Send + 'static,
) -> Result<T, Failure> {
    let rest = rest.in_current_span();
    let task = match PLACE.try_with(Arc::clone) {
        Ok(place) => tokio::spawn(PLACE.scope(place, rest)),
        Err(_) => tokio::spawn(rest),
    };
    task.await.map_err(|error| Failure::fault(format_args!("the rest of a request: {error}")))
}
