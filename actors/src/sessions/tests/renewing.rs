//! What becomes of a session whose end-user proves again who they are.

use super::*;

impl Test {
    /// The cookie of whoever proves again who they are, and chooses so.
    async fn renewed(&self, cookie: &SessionCookie, remember: bool) -> SessionCookie {
        let found = self.find(cookie).await.unwrap();
        let mut batch = self.ground.store.batch();
        let (_, cookie) = self.sessions.renew(&mut batch, &found, by_password(), remember);
        self.ground.store.commit(batch).await.unwrap();
        cookie
    }
}

/// ATTACKS 11.
#[tokio::test]
async fn who_proves_again_who_they_are_gets_another_cookie_for_the_same_session() {
    let test = test().await;
    let old = test.start().await;
    let found = test.find(&old).await.unwrap();
    let now = test.advance(IDLE / 2);
    let mut batch = test.ground.store.batch();
    let amr = vec!["pwd".into(), "otp".into()];
    let authentication = Authentication { amr, ..by_password() };
    let (renewed, new) = test.sessions.renew(&mut batch, &found, authentication, false);
    assert!(test.find(&new).await.is_none(), "not before it is committed");
    test.ground.store.commit(batch).await.unwrap();

    assert!(test.find(&old).await.is_none());
    let found = test.find(&new).await.unwrap();
    assert_eq!(found.record, renewed);
    assert_eq!((old.session_id(), now), (found.session_id, found.authenticated_at));
    assert_eq!(found.ends_at, found.started_at + TIMEOUTS.absolute);
}

#[tokio::test]
async fn who_chooses_otherwise_about_being_remembered_has_the_time_of_that_choice() {
    let test = test().await;
    let (idle, long_idle) = (TIMEOUTS.idle, TIMEOUTS.remember_idle);
    for (before, after) in [(false, true), (true, false)] {
        let cookie = test.started(StartSession { remember: before, ..test.new_session() }).await;
        test.advance(IDLE / 2);
        let renewed = test.renewed(&cookie, after).await;
        let session = test.find(&renewed).await.unwrap();
        assert_eq!((session.session_id, session.remembered), (cookie.session_id(), after));
        let (idle, absolute) =
            if after { (long_idle, TIMEOUTS.remember_absolute) } else { (idle, TIMEOUTS.absolute) };
        assert_eq!(session.ends_at, session.authenticated_at + absolute);
        test.advance(idle - MOMENT);
        assert!(
            test.stored(&renewed).await.is_some_and(|s| test.ground.clock.now() < s.is_over_at())
        );
        test.advance(MOMENT);
        assert!(test.find(&renewed).await.is_none());
    }
}

#[tokio::test]
async fn who_chooses_the_same_about_being_remembered_gains_and_loses_no_time() {
    let test = test().await;
    for remember in [false, true] {
        let cookie = test.started(StartSession { remember, ..test.new_session() }).await;
        let before = test.find(&cookie).await.unwrap();
        test.advance(IDLE / 2);
        let renewed = test.renewed(&cookie, remember).await;
        let after = test.find(&renewed).await.unwrap();
        assert_eq!(after.remembered, remember);
        assert_eq!(
            (after.ends_at, after.idle_timeout_ms),
            (before.ends_at, before.idle_timeout_ms)
        );
    }
}

#[tokio::test]
async fn a_session_that_ended_is_not_renewed() {
    let test = test().await;
    let cookie = test.start().await;
    let found = test.find(&cookie).await.unwrap();
    test.end(&found).await;
    let mut batch = test.ground.store.batch();
    let _ = test.sessions.renew(&mut batch, &found, by_password(), false);
    assert!(matches!(test.ground.store.commit(batch).await, Err(CommitError::Refused(_))));
    assert!(test.find(&cookie).await.is_none());
}
