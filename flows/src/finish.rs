//! The one place that spawns. A request may be cancelled up to its commit and not after: the commit, and what follows
//! from it, belong to a task that goes on when the client hangs up.

use std::future::Future;

use tracing::Instrument;

use crate::failure::Failure;

/// Runs `rest` to its end, whoever waits for it.
#[expect(
    clippy::disallowed_methods,
    reason = "a commit must not be cancelled halfway by a client that hangs up"
)]
pub(crate) async fn finish<T: Send + 'static>(
    rest: impl Future<Output = T> + Send + 'static,
) -> Result<T, Failure> {
    tokio::spawn(rest.in_current_span())
        .await
        .map_err(|error| Failure::fault(format_args!("the rest of a request: {error}")))
}
