//! When a client that does not listen is told again.

use std::time::Duration;

use protocol::Timestamp;

use super::outbox::due_after;

#[test]
fn each_pause_is_twice_as_long_up_to_an_hour() {
    let now = Timestamp::from_seconds(1_790_000_000);
    let pauses = [1, 2, 3, 4, 7, 8, 9, 40, u32::MAX].map(|attempts| due_after(attempts, now));
    let seconds = [30, 60, 120, 240, 1920, 3600, 3600, 3600, 3600];
    assert_eq!(pauses, seconds.map(|seconds| now + Duration::from_secs(seconds)));
}
