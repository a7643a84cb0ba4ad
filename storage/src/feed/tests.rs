//! What whoever keeps records may rely on: told of each change at least once, and fresh only when that holds.

use std::sync::{Mutex, atomic::Ordering::SeqCst};

use super::*;
use crate::{
    Store,
    engine::{BATCH_IDS_KEPT, CHANGES_READ_MAX},
    testing::{START, Scripted, scripted},
};

const OVERLAP: Duration = Duration::from_secs(5);
const SECOND: Duration = Duration::from_secs(1);

#[derive(Default)]
struct Told {
    ids: Mutex<Vec<u64>>,
    all: AtomicU64,
}

impl Forget for Told {
    fn forget(&self, realm: &Realm, id: &str) {
        assert_eq!(*realm, Realm::main());
        self.ids.lock().unwrap().push(id.parse().unwrap());
    }

    fn forget_all(&self) {
        self.all.fetch_add(1, SeqCst);
    }
}

struct Test {
    engine: Arc<Scripted>,
    store: Store,
    told: Arc<Told>,
    reader: Reader,
}

/// A reader that has begun, of an engine whose entries may appear so late.
async fn test(overlap: Duration) -> Test {
    let (engine, store) = scripted();
    *engine.overlap.lock().unwrap() = overlap;
    let told = Arc::new(Told::default());
    store.feed().register("things", told.clone());
    let mut reader = Reader::new(&store);
    assert_eq!(reader.poll().await, Ok(Polled { changes: 0, is_lost: true }));
    assert_eq!(told.all.load(SeqCst), 1, "what was kept before is forgotten");
    Test { engine, store, told, reader }
}

impl Test {
    async fn poll(&mut self) -> Polled {
        self.reader.poll().await.unwrap()
    }

    /// What was told since this was last asked.
    fn told(&self) -> Vec<u64> {
        std::mem::take(&mut self.told.ids.lock().unwrap())
    }

    fn fresh_since(&self) -> Option<Timestamp> {
        self.store.feed().fresh_at()
    }
}

#[tokio::test]
async fn each_change_is_told_once_however_often_it_is_read() {
    for overlap in [Duration::ZERO, OVERLAP] {
        let mut test = test(overlap).await;
        for id in 1..=20 {
            test.engine.advance(SECOND);
            test.engine.appears(id, Duration::ZERO);
            assert_eq!(test.poll().await, Polled { changes: 1, is_lost: false });
            assert_eq!(test.told(), [id]);
            assert_eq!(test.poll().await, Polled::default());
        }
        assert!(test.reader.seen() <= 8, "what is not read again is not remembered");
    }
}

#[tokio::test]
async fn what_appears_before_what_was_read_is_met_within_the_overlap() {
    let mut test = test(OVERLAP).await;
    test.engine.advance(SECOND * 60);
    test.engine.appears(1, Duration::ZERO);
    test.poll().await;
    test.engine.advance(SECOND / 5);
    test.engine.appears(2, OVERLAP);
    test.poll().await;
    assert_eq!(test.told(), [1, 2]);
}

#[tokio::test]
async fn what_appears_while_a_long_log_is_read_page_by_page_is_met() {
    let mut test = test(OVERLAP).await;
    for id in 1..=2_000 {
        test.engine.advance(Duration::from_millis(20));
        test.engine.appears(id, Duration::ZERO);
    }
    // Where the first page was read already, and further back than an overlap from the end to which the others lead.
    test.engine.after_next_page(|engine| {
        engine.appears(9_999, OVERLAP);
        engine.advance(SECOND * 60);
        engine.appears(10_000, Duration::ZERO);
    });
    test.poll().await;
    test.poll().await;
    let mut told = test.told();
    told.sort_unstable();
    assert_eq!(told, (1..=2_000).chain([9_999, 10_000]).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_long_overlap_is_read_once_a_second_and_only_that_makes_it_fresh() {
    let mut test = test(OVERLAP).await;
    let mut ids = 1..;
    for round in 0..100 {
        // Ten pages in an overlap.
        for id in ids.by_ref().take(100) {
            test.engine.advance(Duration::from_millis(2));
            test.engine.appears(id, Duration::ZERO);
        }
        assert_eq!(test.poll().await.changes, 100, "in round {round}");
        let lag = test.store.now().since(test.fresh_since().unwrap());
        assert!(lag < SECOND, "{lag:?} in round {round}");
        if round == 49 {
            test.engine.pages.store(0, SeqCst);
        }
    }
    let pages = test.engine.pages.load(SeqCst);
    assert!(pages < 50 + 10 * 15, "{pages} pages in ten seconds");
}

#[tokio::test]
async fn what_appears_late_is_met_within_a_second_also_where_the_overlap_is_long() {
    let mut test = test(OVERLAP).await;
    for id in 1..=1_000 {
        test.engine.advance(Duration::from_millis(5));
        test.engine.appears(id, Duration::ZERO);
    }
    test.poll().await;
    test.engine.appears(9_999, OVERLAP);
    test.engine.advance(SECOND / 2);
    test.poll().await;
    assert!(!test.told().contains(&9_999), "a glance");
    assert!(test.fresh_since().unwrap() < test.store.now());
    test.engine.advance(SECOND / 2);
    test.poll().await;
    assert_eq!(test.told(), [9_999]);
    assert_eq!(test.fresh_since(), Some(test.store.now()));
}

#[tokio::test]
async fn it_is_fresh_since_before_it_began_to_read() {
    let mut test = test(OVERLAP).await;
    assert_eq!(test.fresh_since(), Some(START));
    test.engine.advance(SECOND);
    test.engine.after_next_page(|engine| engine.advance(SECOND * 3));
    test.poll().await;
    assert_eq!(test.fresh_since(), Some(START + SECOND));
    let feed = test.store.feed();
    assert!(
        feed.is_fresh(SECOND * 3, test.store.now()) && !feed.is_fresh(SECOND, test.store.now())
    );
    assert!(!feed.is_fresh(SECOND / 2, START), "a clock that was set back proves nothing");
}

#[tokio::test]
async fn an_outage_loses_no_change_and_makes_nothing_fresh() {
    let mut test = test(OVERLAP).await;
    test.engine.go_down(true);
    test.engine.advance(SECOND * 30);
    test.engine.appears(1, Duration::ZERO);
    test.reader.poll().await.unwrap_err();
    assert_eq!((test.told(), test.fresh_since()), (vec![], Some(START)));
    test.engine.go_down(false);
    test.poll().await;
    assert_eq!((test.told(), test.fresh_since()), (vec![1], Some(START + SECOND * 30)));
}

#[tokio::test]
async fn what_one_poll_does_not_reach_the_next_does_and_only_then_it_is_fresh() {
    let mut test = test(Duration::ZERO).await;
    let many = 70 * CHANGES_READ_MAX as u64;
    test.engine.advance(SECOND);
    (1..=many).for_each(|id| test.engine.appears(id, Duration::ZERO));
    assert!((test.poll().await.changes as u64) < many);
    assert_eq!(test.fresh_since(), Some(START));
    test.poll().await;
    assert_eq!(test.told(), (1..=many).collect::<Vec<_>>());
    assert_eq!(test.fresh_since(), Some(START + SECOND));
}

#[tokio::test]
async fn when_changes_are_gone_everything_is_forgotten() {
    for overlap in [Duration::ZERO, OVERLAP] {
        let mut test = test(overlap).await;
        test.engine.advance(SECOND);
        test.engine.appears(1, Duration::ZERO);
        test.engine.advance(BATCH_IDS_KEPT * 2);
        test.engine.sweep_log(BATCH_IDS_KEPT);
        assert!(test.poll().await.is_lost);
        assert_eq!(test.told.all.load(SeqCst), 2);
        test.engine.advance(SECOND);
        test.engine.appears(2, Duration::ZERO);
        assert_eq!(test.poll().await, Polled { changes: 1, is_lost: false });
    }
}

#[tokio::test]
async fn a_log_that_rests_and_is_swept_loses_nothing_that_was_read() {
    let mut test = test(OVERLAP).await;
    test.engine.appears(1, Duration::ZERO);
    for _ in 0..30 {
        test.engine.advance(SECOND * 60);
        test.engine.sweep_log(BATCH_IDS_KEPT);
        assert!(!test.poll().await.is_lost);
    }
    test.engine.appears(2, Duration::ZERO);
    test.poll().await;
    assert_eq!((test.told(), test.told.all.load(SeqCst)), (vec![1, 2], 1));
}
