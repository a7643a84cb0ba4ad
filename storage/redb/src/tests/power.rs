//! A power cut, unlike a kill, also takes what was written and not synced: any of its sectors.

use std::sync::atomic::Ordering;

use storage::engine::{Engine, Outcome};

use super::disk::{Weather, large, on, on_disk_with, rows, until};

/// The same numbers in each run.
struct Random(u64);

impl Random {
    fn coin(&mut self) -> bool {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 & 1 == 1
    }
}

#[tokio::test]
async fn a_power_cut_takes_nothing_that_was_acknowledged_and_leaves_nothing_by_half() {
    let mut random = Random(0x0d00_12ad);
    let (mut kept, mut lost) = (0, 0);
    for moment in 0..150 {
        let weather = Weather::fair();
        let engine = on(&weather);
        weather.openings_fail.store(true, Ordering::SeqCst);
        weather.is_cut.store(true, Ordering::SeqCst);
        weather.countdown.store(moment, Ordering::SeqCst);
        let mut acknowledged = Vec::new();
        let last = loop {
            let next = large(acknowledged.len() as u8);
            match engine.commit(next.clone()).await {
                Outcome::Committed => acknowledged.push(next),
                _ => break next,
            }
        };
        let left = weather.after_power_cut(|| random.coin());
        weather.clear_up();
        let engine = on_disk_with(&Weather::fair(), left);
        until(async || engine.is_available()).await;
        for batch in &acknowledged {
            assert_eq!(rows(&engine, batch).await, 20, "cut at {moment}: an acknowledged batch");
        }
        let of_last = rows(&engine, &last).await;
        assert!(of_last == 0 || of_last == 20, "cut at {moment}: {of_last} of 20 rows");
        assert_eq!(engine.is_committed(last.id).await, Ok(of_last == 20), "cut at {moment}");
        assert_eq!(engine.commit(large(200)).await, Outcome::Committed, "cut at {moment}");
        kept += acknowledged.len();
        lost += usize::from(of_last == 0);
    }
    assert!(kept > 50 && lost > 50, "{kept} kept, {lost} lost: nothing was tried");
}
