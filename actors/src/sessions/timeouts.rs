//! For how long a session lasts, and how late its last use may be written.

use std::time::Duration;

use protocol::Timestamp;
use storage::sessions::Session;

/// When sessions end. What a session was started with holds until it ends, or its end-user chooses otherwise about being
/// remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Unused for this long, a session is over.
    pub idle: Duration,
    /// It is over then, however much it is used.
    pub absolute: Duration,
    /// `idle` of an end-user who asked to be remembered.
    pub remember_idle: Duration,
    /// `absolute` of an end-user who asked to be remembered.
    pub remember_absolute: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        const HOUR: Duration = Duration::from_secs(60 * 60);
        Self {
            idle: HOUR / 2,
            absolute: HOUR * 12,
            remember_idle: HOUR * 24 * 14,
            remember_absolute: HOUR * 24 * 30,
        }
    }
}

/// However long the timeouts, a last use does not wait longer.
const WRITE_EVERY_MAX: Duration = Duration::from_secs(60);

impl Timeouts {
    /// The idle and the absolute timeout of a session that starts.
    pub(super) fn of(&self, remember: bool) -> (Duration, Duration) {
        if remember {
            (self.remember_idle, self.remember_absolute)
        } else {
            (self.idle, self.absolute)
        }
    }

    /// How often last uses are written: a fortieth of the shortest idle timeout.
    pub(super) fn write_every(&self) -> Duration {
        (self.idle.min(self.remember_idle) / 40).min(WRITE_EVERY_MAX)
    }
}

/// What a use of a session asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// It was seen within a twentieth of its idle timeout.
    Seen,
    /// It may be queued: a twentieth, and the wait in the queue, and as much again to write it, are less than a tenth.
    Queue,
    /// It must be written now: it was started with so short an idle timeout that the queue would be too late.
    Write,
}

/// What a use of this session at `now` asks for, where the queue is written so often.
pub(super) fn used(session: &Session, write_every: Duration, now: Timestamp) -> Use {
    let idle = Duration::from_millis(session.idle_timeout_ms);
    if now.since(session.last_seen_at) < idle / 20 {
        Use::Seen
    } else if write_every <= idle / 40 {
        Use::Queue
    } else {
        Use::Write
    }
}
