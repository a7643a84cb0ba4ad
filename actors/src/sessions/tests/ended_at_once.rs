//! Every session of an account ends by one write, and those that start after it hold.

use storage::accounts::AccountState;

use super::*;

/// A session that starts now for the account of `other`.
async fn another(test: &Test, other: &SessionCookie) -> SessionCookie {
    let account_id = test.stored(other).await.unwrap().account_id;
    let account = test.ground.store.account(&Realm::main(), account_id).await.unwrap().unwrap();
    let epoch = account.sessions_ended_at;
    let authentication = Authentication { epoch, ..by_password() };
    let mut batch = test.ground.store.batch();
    let new = StartSession { account_id, authentication, ..test.new_session() };
    let (_, cookie) = test.sessions.start(&mut batch, new);
    test.ground.store.commit(batch).await.unwrap();
    cookie
}

#[tokio::test]
async fn one_write_ends_every_session_of_an_account_and_no_other() {
    let test = test().await;
    let (one, elsewhere) = (test.start().await, test.start().await);
    let two = another(&test, &one).await;
    test.change_account(&one, Account::with_sessions_ended).await;
    assert!(test.find(&one).await.is_none() && test.find(&two).await.is_none());
    assert!(test.find(&elsewhere).await.is_some());
}

#[tokio::test]
async fn a_session_that_starts_at_the_same_instant_after_the_end_holds_until_the_next() {
    let test = test().await;
    let first = test.start().await;
    for _ in 0..3 {
        test.change_account(&first, Account::with_sessions_ended).await;
        let later = another(&test, &first).await;
        assert!(test.find(&later).await.is_some());
        test.change_account(&first, Account::with_tokens_revoked).await;
        assert!(test.find(&later).await.is_none());
    }
}

#[tokio::test]
async fn a_session_of_an_account_that_may_not_sign_in_is_not_found_until_it_may_again() {
    let test = test().await;
    let cookie = test.start().await;
    let with = |state| move |account: &Account, _| Account { state, ..account.clone() };
    test.change_account(&cookie, with(AccountState::Disabled)).await;
    assert!(test.find(&cookie).await.is_none());
    test.change_account(&cookie, with(AccountState::Active)).await;
    assert!(test.find(&cookie).await.is_some());
}
