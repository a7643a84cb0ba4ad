//! What a copy has.

use std::{sync::Mutex, time::Duration};

use protocol::{AccountId, Realm};
use storage::{
    Index, Record,
    copy::{Begin, Progress, Stage},
    erasure::Tombstone,
    identifiers::IdentifierRecord,
    record::SCHEMA_READABLE_MAX,
};

use crate::{
    ground::NOW,
    place::{Unheard, copy, copying, empty, installation, raw, rows},
};

#[tokio::test]
async fn every_row_arrives_to_the_letter_and_the_mark_is_gone() {
    let (source, target) = (installation(600).await, empty());
    let copied = copy(&source, &target, Begin::Anew).await.unwrap();
    let rows = (rows(&source, NOW).await, rows(&target, NOW).await);
    assert_eq!(rows.0, rows.1);
    assert_eq!((copied.survey.rows(), copied.written), (rows.0.len() as u64, copied.survey.rows()));
    let named = copied.survey.tables.iter().find(|table| table.table == "identifiers");
    assert_eq!(named.unwrap().rows, 602);
}

#[tokio::test]
async fn fields_of_a_later_release_arrive() {
    let (source, target) = (installation(0).await, empty());
    let account_id = AccountId::new(source.randomness()).to_string();
    let body = serde_json::json!({
        "later": { "b": [1.5, null], "a": "x" }, "account_id": account_id, "realm": "main",
        "erased_at": 1,
    });
    let table = Tombstone::TABLE;
    raw(&source, (table, &account_id), (SCHEMA_READABLE_MAX, body.to_string()), None).await;
    copy(&source, &target, Begin::Anew).await.unwrap();
    let arrived = rows(&target, NOW).await;
    let arrived = arrived.iter().find(|row| row.key.table == table).unwrap();
    assert_eq!(arrived.schema, SCHEMA_READABLE_MAX);
    assert_eq!(String::from_utf8_lossy(&arrived.body), body.to_string());
}

#[tokio::test]
async fn what_arrived_is_found_by_its_indexes() {
    let (source, target) = (installation(0).await, empty());
    copy(&source, &target, Begin::Anew).await.unwrap();
    let realm = Realm::main();
    let name = source.all::<IdentifierRecord>(&realm, None, 1).await.unwrap().items.remove(0);
    let of_account = target
        .having(&(&realm).into(), Index::<IdentifierRecord>::of_subject(), name.account_id, None, 9)
        .await
        .unwrap();
    assert_eq!(of_account.items.len(), 1);
    target.erase(&realm, name.account_id, target.batch()).await.unwrap();
    let left = rows(&target, NOW).await;
    let tells = |body: &[u8]| String::from_utf8_lossy(body).contains(&name.account_id.to_string());
    let left: Vec<_> =
        left.iter().filter(|row| tells(&row.body)).map(|row| row.key.table).collect();
    assert_eq!(left, [Tombstone::TABLE], "whatever is deleted with an account was found");
}

#[tokio::test]
async fn what_has_expired_is_left_behind() {
    let (source, target) = (installation(0).await, empty());
    let name = |id: &str| {
        let account_id = AccountId::new(source.randomness());
        serde_json::json!({ "identifier": id, "realm": "main", "account_id": account_id })
            .to_string()
    };
    for (id, expires_at) in
        [("past@example.com", NOW), ("next@example.com", NOW + Duration::from_millis(1))]
    {
        raw(&source, ("identifiers", id), (1, name(id)), Some(expires_at)).await;
    }
    copy(&source, &target, Begin::Anew).await.unwrap();
    let before = NOW - Duration::from_secs(1);
    let ids: Vec<_> = rows(&target, before).await.into_iter().map(|row| row.key.id).collect();
    assert!(ids.contains(&"next@example.com".to_owned()), "{ids:?}");
    assert!(!ids.contains(&"past@example.com".to_owned()), "{ids:?}");
}

#[tokio::test]
async fn a_rehearsal_tells_the_same_and_writes_nothing() {
    let (source, target) = (installation(3).await, empty());
    let told = copying(&source, &target).rehearse(Begin::Anew, &Unheard).await.unwrap();
    assert_eq!(copying(&source, &target).source.rehearse(&Unheard).await.unwrap(), told);
    assert_eq!(rows(&target, NOW).await, []);
    assert_eq!(copy(&source, &target, Begin::Anew).await.unwrap().survey, told);
}

#[derive(Default)]
struct Heard(Mutex<Vec<(Option<Stage>, u64)>>);

impl Progress for Heard {
    fn begins(&self, stage: Stage, rows: Option<u64>, done: u64) {
        assert_eq!(done, 0);
        self.0.lock().unwrap().push((Some(stage), rows.unwrap_or_default()));
    }

    fn advances(&self, _: &'static str, rows: u64) {
        self.0.lock().unwrap().push((None, rows));
    }
}

#[tokio::test]
async fn progress_adds_up_to_what_was_announced() {
    let (source, target, heard) = (installation(600).await, empty(), Heard::default());
    let rows = copying(&source, &target).copy(Begin::Anew, &heard).await.unwrap().survey.rows();
    let heard = heard.0.into_inner().unwrap();
    let stages: Vec<_> = heard
        .split_inclusive(|(stage, _)| stage.is_some())
        .skip(1)
        .map(|part| {
            part.iter().filter(|(stage, _)| stage.is_none()).map(|(_, rows)| rows).sum::<u64>()
        })
        .collect();
    let announced: Vec<_> = heard.iter().filter(|(stage, _)| stage.is_some()).collect();
    assert_eq!(
        announced,
        [
            &(Some(Stage::Reading), 0),
            &(Some(Stage::Copying), rows),
            &(Some(Stage::Verifying), 2 * rows)
        ]
    );
    assert_eq!(stages, [rows, rows, 2 * rows]);
}
