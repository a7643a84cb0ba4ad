//! What who waits for a thread may rely on.

use tokio::sync::oneshot;

use super::*;

struct Call {
    is_abandoned: bool,
    run: Box<dyn FnOnce() + Send>,
}

impl Job for Call {
    fn is_abandoned(&self) -> bool {
        self.is_abandoned
    }

    fn memory_kib(&self) -> u64 {
        0
    }

    fn run(self, _: &mut Memory) {
        (self.run)();
    }
}

/// One thread, and what was run in which order.
struct Test {
    pool: Pool<Call>,
    log: Arc<Mutex<Vec<u32>>>,
}

impl Test {
    fn new() -> Self {
        let shelf = Arc::new(Shelf::new(1, 1, 1));
        let pool = Pool::start(1, shelf, QueueMeters::new()).unwrap();
        Self { pool, log: Arc::default() }
    }

    fn push(&self, run: impl FnOnce() + Send + 'static) {
        self.pool.push(Call { is_abandoned: false, run: Box::new(run) });
    }

    fn note(&self, what: u32, is_abandoned: bool) {
        let log = Arc::clone(&self.log);
        let run = Box::new(move || log.lock().unwrap().push(what));
        self.pool.push(Call { is_abandoned, run });
    }

    /// Keeps the thread busy until the sender is dropped; returns once it is.
    async fn hold(&self) -> oneshot::Sender<()> {
        let ((release, until), (began, begun)) = (oneshot::channel(), oneshot::channel());
        self.push(move || {
            began.send(()).unwrap();
            let _: Result<(), _> = until.blocking_recv();
        });
        begun.await.unwrap();
        release
    }
}

#[tokio::test]
async fn jobs_are_done_in_the_order_in_which_they_came_and_finish_waits_for_all() {
    let mut test = Test::new();
    let held = test.hold().await;
    (1..=5).for_each(|index| test.note(index, false));
    drop(held);
    test.pool.finish().await;
    assert_eq!(*test.log.lock().unwrap(), [1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn what_nobody_waits_for_is_not_done() {
    let mut test = Test::new();
    test.note(1, true);
    test.note(2, false);
    test.pool.finish().await;
    assert_eq!(*test.log.lock().unwrap(), [2]);
}

#[tokio::test]
async fn a_job_that_panics_takes_no_other_along() {
    let mut test = Test::new();
    let (answer, answered) = oneshot::channel::<()>();
    test.push(move || {
        let _answer = answer;
        panic!("told to");
    });
    assert!(answered.await.is_err());
    test.note(1, false);
    test.pool.finish().await;
    assert_eq!(*test.log.lock().unwrap(), [1]);
}

#[tokio::test]
async fn a_pool_that_is_dropped_forgets_who_waits_and_its_threads_end() {
    let test = Test::new();
    let held = test.hold().await;
    test.note(1, false);
    let Test { pool, log } = test;
    let line = Arc::clone(&pool.line);
    drop(pool);
    assert!(line.state().waiting.is_empty(), "at once, though the thread is busy");
    drop(held);
    while Arc::strong_count(&line) > 1 {
        tokio::task::yield_now().await;
    }
    assert!(log.lock().unwrap().is_empty());
}
