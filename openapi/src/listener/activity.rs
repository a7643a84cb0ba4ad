//! What one connection is doing, and by when it must have done something else.
//!
//! hyper has no bound on a connection that sends nothing, none on an idle HTTP/2 connection and none on a client that
//! does not read its answer; and its header timeout starts when the answer before ends, so that it would also be the
//! keep-alive bound. One watch over four phases covers all of them, and sets no timer for a request.

use std::{
    future::poll_fn,
    pin::pin,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::ready,
};

use hyper::Version;
use tokio::time::{Instant, sleep_until};

use super::limits::Limits;

/// What a connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nothing yet: the head of the first request is awaited.
    Opening,
    /// Between two requests, and nothing of the next one is here.
    Idle,
    /// Some of the next head is here.
    Receiving,
    /// So many requests are under way.
    Busy(u32),
}

/// The activity of one connection, told by its socket and its requests.
#[derive(Debug)]
pub(super) struct Activity {
    state: Mutex<State>,
    unread: AtomicBool,
}

#[derive(Debug, Clone, Copy)]
struct State {
    phase: Phase,
    /// When the phase began; while busy, when a request last began or ended.
    since: Instant,
    /// HTTP/2 frames between requests (pings, settings) are no head.
    is_http2: bool,
}

impl Activity {
    pub(super) fn new() -> Self {
        let state = State { phase: Phase::Opening, since: Instant::now(), is_http2: false };
        Self { state: Mutex::new(state), unread: AtomicBool::new(false) }
    }

    /// The TLS handshake is done: the time for the first head starts now.
    pub(super) fn opened(&self) {
        self.state().since = Instant::now();
    }

    /// Bytes came in.
    pub(super) fn received(&self) {
        let mut state = self.state();
        if state.phase == Phase::Idle && !state.is_http2 {
            state.phase = Phase::Receiving;
            state.since = Instant::now();
        }
    }

    /// A head is complete. Returns when.
    pub(super) fn began(&self, version: Version) -> Instant {
        let now = Instant::now();
        let mut state = self.state();
        let others = if let Phase::Busy(requests) = state.phase { requests } else { 0 };
        *state = State {
            phase: Phase::Busy(others + 1),
            since: now,
            is_http2: version == Version::HTTP_2,
        };
        now
    }

    /// An answer was handed over whole, or its request was given up.
    pub(super) fn ended(&self) {
        let mut state = self.state();
        state.phase = match state.phase {
            Phase::Busy(requests) if requests > 1 => Phase::Busy(requests - 1),
            _ => Phase::Idle,
        };
        state.since = Instant::now();
    }

    /// A body was left unread, so that closing at once could take the answer from the client.
    pub(super) fn left_unread(&self) {
        self.unread.store(true, Ordering::Relaxed);
    }

    pub(super) fn has_unread(&self) -> bool {
        self.unread.load(Ordering::Relaxed)
    }

    /// Waits until the phase has lasted too long, and says which.
    pub(super) async fn overdue(&self, limits: &Limits) -> Phase {
        let mut timer = pin!(sleep_until(self.due(limits).1));
        poll_fn(|context| {
            loop {
                let (phase, due) = self.due(limits);
                if due < timer.deadline() {
                    timer.as_mut().reset(due);
                }
                ready!(timer.as_mut().poll(context));
                if due <= Instant::now() {
                    return std::task::Poll::Ready(phase);
                }
                timer.as_mut().reset(due);
            }
        })
        .await
    }

    fn due(&self, limits: &Limits) -> (Phase, Instant) {
        let state = *self.state();
        let bound = match state.phase {
            Phase::Opening | Phase::Receiving => limits.header_timeout,
            Phase::Idle => limits.idle_timeout,
            Phase::Busy(_) => limits.request_timeout + limits.answer_timeout,
        };
        (state.phase, state.since + bound)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phase(activity: &Activity) -> Phase {
        activity.state().phase
    }

    #[tokio::test(start_paused = true)]
    async fn each_phase_has_its_own_bound() {
        let limits = Limits::default();
        let activity = Activity::new();
        let start = Instant::now();
        assert_eq!(activity.overdue(&limits).await, Phase::Opening);
        assert_eq!(start.elapsed(), limits.header_timeout);

        let start = activity.began(Version::HTTP_11);
        assert_eq!(activity.overdue(&limits).await, Phase::Busy(1));
        assert_eq!(start.elapsed(), limits.request_timeout + limits.answer_timeout);

        activity.ended();
        let start = Instant::now();
        assert_eq!(activity.overdue(&limits).await, Phase::Idle);
        assert_eq!(start.elapsed(), limits.idle_timeout);
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_starts_on_an_idle_connection_shortens_the_wait() {
        let limits = Limits::default();
        let activity = Activity::new();
        activity.began(Version::HTTP_11);
        activity.ended();
        let mut overdue = pin!(activity.overdue(&limits));
        assert!(futures_util::poll!(overdue.as_mut()).is_pending());
        activity.received();
        let start = Instant::now();
        assert!(futures_util::poll!(overdue.as_mut()).is_pending());
        assert_eq!(overdue.await, Phase::Receiving);
        assert_eq!(start.elapsed(), limits.header_timeout);
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_busy_until_its_last_request_ends() {
        let activity = Activity::new();
        activity.began(Version::HTTP_2);
        activity.began(Version::HTTP_2);
        activity.ended();
        assert_eq!(phase(&activity), Phase::Busy(1));
        activity.ended();
        assert_eq!(phase(&activity), Phase::Idle);
        activity.received();
        assert_eq!(phase(&activity), Phase::Idle, "an HTTP/2 ping is no head");
    }
}
