//! What the sessions promise, over a store in memory.

use std::sync::atomic::{AtomicUsize, Ordering};

use protocol::{Clock, claims::StandardClaims, event::Actor};
use tokio::task::JoinSet;

use super::*;
use crate::{
    RestartLimit, Tree,
    testing::{Ground, Switched, ground},
};

mod ended_at_once;
mod renewing;

const HOUR: Duration = Duration::from_secs(60 * 60);
const IDLE: Duration = HOUR;
const MOMENT: Duration = Duration::from_millis(1);
const TIMEOUTS: Timeouts = Timeouts {
    idle: IDLE,
    absolute: HOUR.saturating_mul(10),
    remember_idle: HOUR.saturating_mul(24),
    remember_absolute: HOUR.saturating_mul(240),
};

struct Test {
    ground: Ground,
    sessions: Sessions,
    tree: Tree,
}

async fn test() -> Test {
    let ground = ground();
    let (children, sessions) = node(&ground, TIMEOUTS);
    let tree = Tree::start(children, RestartLimit::default()).await.unwrap();
    // The look of the start is over, so that none happens but those of the test.
    tree.look().await.unwrap();
    Test { ground, sessions, tree }
}

fn node(ground: &Ground, timeouts: Timeouts) -> (Vec<Child>, Sessions) {
    children(NonZeroUsize::new(2).unwrap(), timeouts, &ground.store, &ground.events)
}

fn account_of(new: &StartSession, now: Timestamp) -> Account {
    Account::new(new.account_id, new.realm.clone(), StandardClaims::default(), now)
}

fn by_password() -> Authentication {
    Authentication { amr: vec!["pwd".into()], epoch: None }
}

fn origin() -> Origin {
    let address = "192.0.2.7".parse().unwrap();
    Origin { address, user_agent: Some("Browser".into()), client_id: None, request_id: None }
}

impl Test {
    fn new_session(&self) -> StartSession {
        let account_id = AccountId::new(self.ground.store.randomness());
        StartSession {
            realm: Realm::main(),
            account_id,
            authentication: by_password(),
            remember: false,
            origin: origin(),
        }
    }

    async fn started(&self, new: StartSession) -> SessionCookie {
        let mut batch = self.ground.store.batch();
        batch.create(&account_of(&new, batch.now()));
        let (_, cookie) = self.sessions.start(&mut batch, new);
        self.ground.store.commit(batch).await.unwrap();
        cookie
    }

    async fn start(&self) -> SessionCookie {
        self.started(self.new_session()).await
    }

    async fn find(&self, cookie: &SessionCookie) -> Option<Stored<Session>> {
        self.sessions.find(&Realm::main(), cookie).await.unwrap().map(|found| found.session)
    }

    /// Puts what `change` makes of the account of a session in its place.
    async fn change_account(
        &self,
        cookie: &SessionCookie,
        change: impl FnOnce(&Account, Timestamp) -> Account,
    ) {
        let account_id = self.stored(cookie).await.unwrap().account_id;
        let account = self.ground.store.account(&Realm::main(), account_id).await.unwrap().unwrap();
        let mut batch = self.ground.store.batch();
        let changed = change(&account, batch.now());
        batch.replace(&account, &changed);
        self.ground.store.commit(batch).await.unwrap();
    }

    async fn end(&self, session: &Session) {
        let mut batch = self.ground.store.batch();
        let reason = EndReason::Logout;
        self.sessions.end(&mut batch, session, reason, &origin()).await.unwrap();
        self.ground.store.commit(batch).await.unwrap();
    }

    fn advance(&self, by: Duration) -> Timestamp {
        self.ground.clock.advance(by);
        self.ground.clock.now()
    }

    /// What the store knows of it.
    async fn stored(&self, cookie: &SessionCookie) -> Option<Session> {
        let stored = self.ground.store.session(&Realm::main(), cookie.session_id()).await;
        stored.unwrap().map(|stored| stored.record)
    }

    async fn last_seen_at(&self, cookie: &SessionCookie) -> Timestamp {
        self.stored(cookie).await.unwrap().last_seen_at
    }
}

#[tokio::test]
async fn a_session_is_found_by_its_cookie_alone() {
    let test = test().await;
    let cookie = test.start().await;
    let found = test.find(&cookie).await.unwrap();
    assert_eq!(
        (found.session_id, found.amr.as_slice()),
        (cookie.session_id(), &["pwd".into()][..])
    );

    let guessed =
        SessionCookie::new(cookie.session_id(), Token::new(test.ground.store.randomness()));
    assert!(test.find(&guessed).await.is_none());
    let elsewhere = Realm::try_from("other".to_owned()).unwrap();
    assert!(test.sessions.find(&elsewhere, &cookie).await.unwrap().is_none());
}

#[tokio::test]
async fn the_store_keeps_no_cookie_and_no_endless_user_agent() {
    let test = test().await;
    let origin = Origin { user_agent: Some("ä".repeat(10_000)), ..origin() };
    let cookie = test.started(StartSession { origin, ..test.new_session() }).await;
    let stored = test.stored(&cookie).await.unwrap();
    let (_, secret) = cookie
        .expose()
        .expose()
        .split_once('.')
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .unwrap();
    assert!(!format!("{stored:?}").contains(&secret));
    assert_eq!(stored.user_agent.unwrap(), "ä".repeat(128));
    assert_eq!(cut("a".into(), 256), "a");
    assert_eq!(cut(format!("{}ä", "a".repeat(255)), 256), "a".repeat(255));
}

#[tokio::test]
async fn the_end_of_a_session_is_an_event_of_its_end_user() {
    let test = test().await;
    let cookie = test.start().await;
    let found = test.find(&cookie).await.unwrap();
    test.end(&found).await;
    assert!(test.stored(&cookie).await.is_none());
    let events = test.ground.store.unsealed_events(&Realm::main(), "node", 9).await.unwrap();
    let [event] = &events.items[..] else { panic!("{events:?}") };
    let (session_id, reason) = (found.session_id, EndReason::Logout);
    assert_eq!(event.event.act, Act::SessionEnded { session_id, reason });
    assert_eq!(event.event.actor, Actor::EndUser(Some(found.account_id)));
}

#[tokio::test]
async fn a_session_ends_when_it_is_idle_for_too_long() {
    let test = test().await;
    let (used, unused) = (test.start().await, test.start().await);
    test.advance(IDLE - MOMENT);
    assert!(test.find(&used).await.is_some());
    test.tree.look().await.unwrap();
    test.advance(MOMENT);
    assert!(test.find(&unused).await.is_none());
    test.advance(IDLE - MOMENT - MOMENT);
    assert!(test.find(&used).await.is_some());
    test.tree.look().await.unwrap();
    test.advance(IDLE);
    assert!(test.find(&used).await.is_none());
}

#[tokio::test]
async fn a_session_ends_however_much_it_is_used() {
    let test = test().await;
    let cookie = test.start().await;
    for _ in 0..19 {
        test.advance(HOUR / 2);
        assert!(test.find(&cookie).await.is_some());
        test.tree.look().await.unwrap();
    }
    test.advance(HOUR / 2);
    assert!(test.find(&cookie).await.is_none());
}

#[tokio::test]
async fn who_asked_to_be_remembered_may_be_idle_longer() {
    let test = test().await;
    let cookie = test.started(StartSession { remember: true, ..test.new_session() }).await;
    test.advance(TIMEOUTS.remember_idle - MOMENT);
    assert!(test.find(&cookie).await.is_some());
    test.advance(TIMEOUTS.remember_idle);
    assert!(test.find(&cookie).await.is_none());
}

#[tokio::test]
async fn a_session_is_found_while_no_actor_runs() {
    let test = test().await;
    let cookie = test.start().await;
    test.tree.stop().await;
    let now = test.advance(IDLE / 2);
    assert!(test.find(&cookie).await.is_some());
    assert_eq!(test.find(&cookie).await.unwrap().last_seen_at, now);
}

#[tokio::test]
async fn every_use_is_written_in_time() {
    let test = test().await;
    let cookie = test.start().await;
    let write_every = TIMEOUTS.write_every();
    assert!(IDLE / 20 + write_every < IDLE / 10);
    for step in 1..50 {
        // Uses that lie apart as unevenly as a person's.
        let used_at = test.advance(IDLE / 1_000 * (step * 37 % 211));
        assert!(test.find(&cookie).await.is_some());
        test.advance(write_every);
        test.tree.look().await.unwrap();
        let late = used_at.since(test.last_seen_at(&cookie).await);
        assert!(late < IDLE / 20, "{late:?}");
    }
}

#[tokio::test]
async fn a_use_soon_after_another_is_no_work() {
    let test = test().await;
    let cookie = test.start().await;
    test.advance(IDLE / 20 - MOMENT);
    assert!(test.find(&cookie).await.is_some());
    test.ground.engine.work();
    test.tree.look().await.unwrap();
    assert_eq!(test.ground.engine.work(), (0, 0));
}

#[tokio::test]
async fn many_last_uses_are_one_commit_and_then_nothing_is_kept() {
    let test = test().await;
    let mut cookies = Vec::new();
    for _ in 0..200 {
        cookies.push(test.start().await);
    }
    let now = test.advance(IDLE / 2);
    for cookie in &cookies {
        assert!(test.find(cookie).await.is_some());
    }
    test.ground.engine.work();
    test.tree.look().await.unwrap();
    assert_eq!(test.ground.engine.work(), (200, 2), "one for each of two shards");
    assert_eq!(test.sessions.waiting(), 0);
    for cookie in &cookies {
        assert_eq!(test.last_seen_at(cookie).await, now);
    }
}

#[tokio::test]
async fn where_the_queue_is_full_who_finds_the_session_writes() {
    let test = test().await;
    let cookie = test.start().await;
    test.tree.stop().await;
    for part in [&test.sessions.first, &test.sessions.others[0]] {
        let session_id = || SessionId::new(test.ground.store.randomness());
        let touch =
            || Touch { realm: Realm::main(), session_id: session_id(), at: Timestamp::default() };
        while part.touches.offer(touch()) != Offered::Full {}
    }
    let now = test.advance(IDLE / 2);
    assert!(test.find(&cookie).await.is_some());
    assert_eq!(test.last_seen_at(&cookie).await, now);
}

#[tokio::test]
async fn where_the_queue_would_be_too_late_who_finds_the_session_writes() {
    let test = test().await;
    let (_, short) = node(&test.ground, Timeouts { idle: HOUR / 60, ..TIMEOUTS });
    let mut batch = test.ground.store.batch();
    let new = test.new_session();
    batch.create(&account_of(&new, batch.now()));
    let (_, cookie) = short.start(&mut batch, new);
    test.ground.store.commit(batch).await.unwrap();
    let now = test.advance(HOUR / 120);
    assert!(test.find(&cookie).await.is_some());
    assert_eq!(test.last_seen_at(&cookie).await, now);
}

#[tokio::test]
async fn a_last_use_brings_back_no_session_that_ended_and_no_cookie_that_was_replaced() {
    let test = test().await;
    let (ended, renewed) = (test.start().await, test.start().await);
    test.advance(IDLE / 2);
    let found = test.find(&ended).await.unwrap();
    let old = test.find(&renewed).await.unwrap();
    test.end(&found).await;
    let mut batch = test.ground.store.batch();
    let (new, _) = test.sessions.renew(&mut batch, &old, by_password(), false);
    test.ground.store.commit(batch).await.unwrap();
    test.tree.look().await.unwrap();

    assert!(test.stored(&ended).await.is_none());
    assert_eq!(test.stored(&renewed).await.unwrap(), new);
    assert_eq!(test.sessions.waiting(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_session_that_ends_while_its_last_use_is_written_has_ended() {
    let test = test().await;
    for _ in 0..100 {
        let cookie = test.start().await;
        test.advance(IDLE / 2);
        let found = test.find(&cookie).await.unwrap();
        let (looked, ()) = tokio::join!(test.tree.look(), test.end(&found));
        looked.unwrap();
        assert!(test.stored(&cookie).await.is_none());
        test.tree.look().await.unwrap();
        assert!(test.stored(&cookie).await.is_none());
    }
}

#[tokio::test]
async fn an_outage_is_an_answer_and_loses_no_last_use() {
    let test = test().await;
    let cookie = test.start().await;
    let now = test.advance(IDLE / 2);
    test.ground.engine.take_no_writes();
    assert!(test.find(&cookie).await.is_some());
    test.tree.look().await.unwrap();
    Switched::go_down(&test.ground.engine);
    assert!(test.sessions.find(&Realm::main(), &cookie).await.is_err());
    test.tree.look().await.unwrap();
    test.ground.engine.come_back();
    test.tree.look().await.unwrap();
    assert_eq!(test.last_seen_at(&cookie).await, now);
}

#[tokio::test]
async fn a_tree_that_stops_leaves_no_last_use_unwritten() {
    let test = test().await;
    let cookie = test.start().await;
    let now = test.advance(IDLE / 2);
    assert!(test.find(&cookie).await.is_some());
    test.tree.stop().await;
    assert_eq!(test.last_seen_at(&cookie).await, now);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn killed_under_load_nobody_notices_and_no_last_use_is_lost() {
    let test = test().await;
    let mut cookies = Vec::new();
    for _ in 0..50 {
        cookies.push(test.start().await);
    }
    let now = test.advance(IDLE / 2);
    let (mut all, finds) = (JoinSet::new(), Arc::new(AtomicUsize::new(0)));
    for cookie in cookies.clone() {
        let (sessions, finds) = (test.sessions.clone(), finds.clone());
        all.spawn(async move {
            for _ in 0..20 {
                let found = sessions.find(&Realm::main(), &cookie).await.unwrap();
                assert_eq!(found.unwrap().session.session_id, cookie.session_id());
                finds.fetch_add(1, Ordering::SeqCst);
                tokio::task::yield_now().await;
            }
        });
    }
    for shard in ["sessions/0", "sessions/1"] {
        assert!(test.tree.kill(shard).await);
    }
    all.join_all().await;
    test.tree.look().await.unwrap();
    assert_eq!(finds.load(Ordering::SeqCst), 1_000);
    for cookie in &cookies {
        assert_eq!(test.last_seen_at(cookie).await, now);
    }
}
