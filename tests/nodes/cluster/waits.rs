//! The one place that waits for real time. Other processes do not say when they have come to something, so it is looked
//! for again and again, and never for longer than a bound.

use std::time::Duration;

use doorward::start::SystemClock;
use protocol::Clock;

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(20);

/// How long anything may take that should take a moment: the machine that runs tests may be busy with others.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// What `look` finds at last.
pub(crate) async fn until<T>(what: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
    let found = within(PATIENCE, look).await;
    found.unwrap_or_else(|| panic!("not within {PATIENCE:?}: {what}"))
}

/// What `look` finds within `bound`.
pub(crate) async fn within<T>(
    bound: Duration,
    mut look: impl AsyncFnMut() -> Option<T>,
) -> Option<T> {
    let ends_at = SystemClock.now() + bound;
    loop {
        if let Some(found) = look().await {
            return Some(found);
        }
        if ends_at <= SystemClock.now() {
            return None;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Lets so much time pass.
pub(crate) async fn pass(time: Duration) {
    tokio::time::sleep(time).await;
}
