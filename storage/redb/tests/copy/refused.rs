//! What is refused, and what is not believed.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use protocol::{AccountId, MasterKey, Realm};
use storage::{
    Record, StorageError, Store,
    copy::{Begin, CopyError, Progress, Stage},
    engine::{Key, Write},
    erasure::Tombstone,
    record::SCHEMA_READABLE_MAX,
};

use crate::{
    ground::{NOW, over},
    place::{
        Disturbance, Disturbed, Unheard, copy, copying, empty, installation, raw, rows, write_raw,
    },
};

/// How long the installation's lease is held.
const LEASE: Duration = Duration::from_secs(60);

/// A row more, which any store may have.
async fn tombstone(store: &Store) {
    let account_id = AccountId::new(store.randomness());
    let mut batch = store.batch();
    batch.create(&Tombstone { account_id, realm: Realm::main(), erased_at: NOW });
    store.commit(batch).await.unwrap();
}

#[tokio::test]
async fn a_target_that_is_not_empty_is_refused_by_the_name_of_its_first_table() {
    let source = installation(0).await;
    for begin in [Begin::Anew, Begin::Resume] {
        let target = empty();
        tombstone(&target).await;
        let refused = copy(&source, &target, begin).await;
        assert!(matches!(refused, Err(CopyError::NotEmpty { table: "tombstones" })), "{refused:?}");
        assert_eq!(rows(&target, NOW).await.len(), 1);
    }
    let refused = copying(&source, &source).rehearse(Begin::Anew, &Unheard).await;
    assert!(matches!(refused, Err(CopyError::NotEmpty { table: "accounts" })), "{refused:?}");
}

#[tokio::test]
async fn a_source_that_holds_no_installation_is_refused() {
    let refused = copy(&empty(), &empty(), Begin::Anew).await;
    assert!(matches!(refused, Err(CopyError::NothingToCopy)), "{refused:?}");
}

#[tokio::test]
async fn a_source_on_which_a_node_may_be_at_work_is_refused() {
    let (source, target) = (installation(0).await, empty());
    let refused = copy(&Disturbed::shared(&source), &target, Begin::Anew).await;
    let Err(CopyError::InUse { holder, lease, remaining_seconds }) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!((holder.as_str(), lease.as_str(), remaining_seconds), ("node-1", "janitor", 61));
    let later = over(Arc::clone(source.engine()), NOW + LEASE);
    copy(&Disturbed::shared(&later), &target, Begin::Anew).await.unwrap();
}

#[tokio::test]
async fn a_source_that_changes_meanwhile_is_noticed() {
    for commits in [1, 8, 15] {
        let (source, target) = (installation(0).await, empty());
        let change = {
            let source = source.clone();
            async move { tombstone(&source).await }
        };
        let target = Disturbed::store(&target, commits, Disturbance::Meanwhile(Box::pin(change)));
        let refused = copy(&source, &target, Begin::Anew).await;
        assert!(matches!(refused, Err(CopyError::SourceChanged)), "{commits}: {refused:?}");
    }
}

/// Writes to a store when everything was read again.
struct Late {
    store: Store,
    left: AtomicU64,
}

impl Progress for Late {
    fn begins(&self, stage: Stage, rows: Option<u64>, _: u64) {
        let rows = rows.filter(|_| stage == Stage::Verifying);
        self.left.store(rows.unwrap_or(u64::MAX), Ordering::SeqCst);
    }

    fn advances(&self, _: &'static str, rows: u64) {
        if self.left.fetch_sub(rows, Ordering::SeqCst) == rows {
            let store = self.store.clone();
            let runtime = || tokio::runtime::Builder::new_current_thread().build().unwrap();
            std::thread::spawn(move || runtime().block_on(tombstone(&store))).join().unwrap();
        }
    }
}

#[tokio::test]
async fn a_source_that_changes_when_everything_was_read_again_is_noticed() {
    let source = installation(0).await;
    let later = over(Arc::clone(source.engine()), NOW + LEASE);
    for source in [source, Disturbed::shared(&later)] {
        let (target, left) = (empty(), AtomicU64::new(0));
        let late = Late { store: source.clone(), left };
        let refused = copying(&source, &target).copy(Begin::Anew, &late).await;
        assert!(matches!(refused, Err(CopyError::SourceChanged)), "{refused:?}");
        copy(&source, &target, Begin::Anew).await.expect_err("the copy bears its mark");
    }
}

#[tokio::test]
async fn a_source_that_changed_between_two_runs_is_noticed() {
    let (source, target) = (installation(0).await, empty());
    let cut = Disturbed::store(&target, 3, Disturbance::Before);
    copy(&source, &cut, Begin::Anew).await.unwrap_err();
    tombstone(&source).await;
    let refused = copy(&source, &target, Begin::Resume).await;
    assert!(matches!(refused, Err(CopyError::SourceChanged)), "{refused:?}");
}

#[tokio::test]
async fn the_beginning_of_another_copy_is_not_gone_on_with() {
    let (source, other, target) = (installation(0).await, installation(0).await, empty());
    let cut = Disturbed::store(&target, 3, Disturbance::Before);
    copy(&other, &cut, Begin::Anew).await.unwrap_err();
    let refused = copy(&source, &target, Begin::Resume).await;
    assert!(matches!(refused, Err(CopyError::OtherSource)), "{refused:?}");
}

/// Cuts a copy, lets `change` do something to it, and goes on: why it is not believed.
async fn changed(change: fn(Key, Vec<u8>) -> Write) -> CopyError {
    let (source, target) = (installation(0).await, empty());
    let cut = Disturbed::store(&target, 3, Disturbance::Before);
    copy(&source, &cut, Begin::Anew).await.unwrap_err();
    let account = rows(&target, NOW).await.remove(0);
    write_raw(&target, change(account.key, account.body)).await;
    let refused = copy(&source, &target, Begin::Resume).await.unwrap_err();
    let key = MasterKey::new(target.randomness());
    target.claim(&Realm::main(), &key).await.expect_err("nobody serves it");
    refused
}

#[tokio::test]
async fn a_row_that_was_changed_in_the_target_is_found() {
    let refused = changed(|key, body| {
        let body = String::from_utf8(body).unwrap().replace("active", "disabled").into_bytes();
        let tenant = (&key.realm).into();
        let (schema, indexes) = (1, Vec::new());
        let (expires_at, expectation) = (None, None);
        Write::Put { key, tenant, schema, body, indexes, expires_at, expectation }
    });
    let refused = refused.await;
    let CopyError::Mismatch { table, source_rows, target_rows } = refused else {
        panic!("{refused}");
    };
    assert_eq!((table, source_rows, target_rows), ("accounts", 2, 2));
}

#[tokio::test]
async fn a_row_that_was_removed_from_the_target_is_found() {
    let refused = changed(|key, _| Write::Delete { key, expectation: None }).await;
    assert!(
        matches!(
            refused,
            CopyError::Mismatch { table: "accounts", source_rows: 2, target_rows: 1 }
        ),
        "{refused}"
    );
}

#[tokio::test]
async fn a_row_that_this_release_cannot_read_is_named_before_anything_is_written() {
    let (source, target) = (installation(0).await, empty());
    let row = (SCHEMA_READABLE_MAX + 1, "{}".to_owned());
    raw(&source, (Tombstone::TABLE, "later"), row, None).await;
    let refused = copy(&source, &target, Begin::Anew).await;
    let Err(CopyError::Source(StorageError::Unreadable { table, id, .. })) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!((table.as_str(), id.as_str()), ("tombstones", "later"));
    assert_eq!(rows(&target, NOW).await, []);
}
