//! Somebody who can write to the store, and has not the master key.

use protocol::jose::{Claims, Expectations, Typ, VerifyingKeys};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use storage::{
    audit::{AuditKey, CheckpointClaims, checkpoint_id, digest, entry_id},
    engine::{Batch, BatchId, Key, Outcome, Write},
};

use super::*;

const NODE: &str = "node";
const ENTRIES: u64 = 10;

/// A log of ten entries: a checkpoint covers four, another eight.
async fn log() -> Ground {
    let ground = ground();
    let node = start(&ground, NODE).await;
    node.look().await;
    for _ in 0..2 {
        node.happen(&ground, 4).await;
        ground.clock.advance(Duration::from_secs(60));
        node.look().await;
    }
    node.happen(&ground, 2).await;
    node.look().await;
    node.tree.stop().await;
    assert!(report(&ground).await.is_intact());
    ground
}

fn key(table: &'static str, id: impl Into<String>) -> Key {
    Key { table, realm: Realm::main(), id: id.into() }
}

fn entry(sequence: u64) -> Key {
    key("audit_entries", entry_id(NODE, sequence))
}

fn head() -> Key {
    key("audit_heads", NODE)
}

fn checkpoint(number: u64) -> Key {
    key("audit_checkpoints", checkpoint_id(number))
}

async fn commit(ground: &Ground, write: Write) {
    let now = ground.store.now();
    let id = BatchId::new(now, protocol::randomness::random(ground.store.randomness()));
    let batch = Batch { id, now, writes: vec![write], checks: Vec::new() };
    assert_eq!(ground.store.engine().commit(batch).await, Outcome::Committed);
}

async fn read(ground: &Ground, key: &Key) -> Value {
    let row = ground.store.engine().get(key, ground.store.now()).await.unwrap().unwrap();
    serde_json::from_slice(&row.body).unwrap()
}

async fn put(ground: &Ground, key: Key, body: &Value) {
    let write = Write::Put {
        key,
        tenant: Realm::main().into(),
        schema: 1,
        body: body.to_string().into_bytes(),
        indexes: Vec::new(),
        expires_at: None,
        expectation: None,
    };
    commit(ground, write).await;
}

async fn change(ground: &Ground, key: Key, change: impl FnOnce(&mut Value)) {
    let mut body = read(ground, &key).await;
    change(&mut body);
    put(ground, key, &body).await;
}

async fn remove(ground: &Ground, key: Key) {
    commit(ground, Write::Delete { key, expectation: None }).await;
}

/// What the next verification finds.
async fn found(ground: &Ground) -> Vec<(u64, DiscrepancyKind)> {
    let report = report(ground).await;
    assert!(!report.is_intact());
    let place = |place| match place {
        Where::Entry { node, sequence } => {
            assert_eq!(node, NODE);
            sequence
        }
        Where::Checkpoint { number } => 1_000 + number,
    };
    report.discrepancies.into_iter().map(|found| (place(found.place), found.kind)).collect()
}

/// Makes the chain anew from this entry on, as far as it goes, head included.
async fn rechain(ground: &Ground, from: u64, to: u64) {
    let mut before = match from {
        1 => FIRST_DIGEST.to_owned(),
        _ => read(ground, &entry(from - 1)).await["digest"].as_str().unwrap().to_owned(),
    };
    for sequence in from..=to {
        let content = read(ground, &entry(sequence)).await["content"].as_str().unwrap().to_owned();
        before = digest(NODE, sequence, &before, &content);
        change(ground, entry(sequence), |body| body["digest"] = json!(before)).await;
    }
    change(ground, head(), |body| {
        body["sequence"] = json!(to);
        body["digest"] = json!(before);
    })
    .await;
}

fn edit(body: &mut Value) {
    let content = body["content"].as_str().unwrap().replace("pwd", "otp");
    body["content"] = json!(content);
}

#[tokio::test]
async fn a_log_that_nobody_touched_is_intact_and_says_how_far_it_is_covered() {
    let report = report(&log().await).await;
    assert_eq!((report.entries, report.checkpoints), (ENTRIES, 2));
    let chain = ChainReport { node: NODE.into(), last_sequence: ENTRIES, covered_until: 8 };
    assert_eq!(report.chains, [chain]);
}

#[tokio::test]
async fn changed_content_is_found_wherever_it_stands() {
    for sequence in [1, 4, 5, ENTRIES] {
        let ground = log().await;
        change(&ground, entry(sequence), edit).await;
        assert_eq!(found(&ground).await, [(sequence, DiscrepancyKind::ContentChanged)]);
    }
}

#[tokio::test]
async fn a_changed_account_beside_the_content_is_found() {
    let ground = log().await;
    let account_id = AccountId::new(ground.store.randomness());
    change(&ground, entry(3), |body| body["account_id"] = json!(account_id)).await;
    assert_eq!(found(&ground).await, [(3, DiscrepancyKind::ContentChanged)]);
}

#[tokio::test]
async fn a_changed_digest_is_found_and_told_from_changed_content() {
    for sequence in [1, 5, ENTRIES] {
        let ground = log().await;
        change(&ground, entry(sequence), |body| body["digest"] = json!("00")).await;
        assert_eq!(found(&ground).await, [(sequence, DiscrepancyKind::DigestChanged)]);
    }
    let ground = log().await;
    change(&ground, entry(4), |body| body["digest"] = json!("00")).await;
    let contradicts = DiscrepancyKind::ContradictsCheckpoint { number: 1 };
    assert_eq!(found(&ground).await, [(4, contradicts), (4, DiscrepancyKind::DigestChanged)]);
}

#[tokio::test]
async fn removed_entries_are_found_at_the_beginning_and_in_the_middle() {
    let ground = log().await;
    for sequence in [1, 2, 6] {
        remove(&ground, entry(sequence)).await;
    }
    let missing = |count| DiscrepancyKind::Missing { count };
    assert_eq!(found(&ground).await, [(1, missing(2)), (6, missing(1))]);
}

#[tokio::test]
async fn exchanged_entries_are_found() {
    let ground = log().await;
    let (five, six) = (read(&ground, &entry(5)).await, read(&ground, &entry(6)).await);
    put(&ground, entry(5), &six).await;
    put(&ground, entry(6), &five).await;
    let found = found(&ground).await;
    assert!(found.contains(&(5, DiscrepancyKind::OutOfOrder)), "{found:?}");
    assert!(found.iter().all(|(sequence, _)| (5..=7).contains(sequence)), "{found:?}");
}

#[tokio::test]
async fn exchanged_contents_are_found() {
    let ground = log().await;
    let (five, six) = (read(&ground, &entry(5)).await, read(&ground, &entry(6)).await);
    change(&ground, entry(5), |body| body["content"] = six["content"].clone()).await;
    change(&ground, entry(6), |body| body["content"] = five["content"].clone()).await;
    let changed = DiscrepancyKind::ContentChanged;
    assert_eq!(found(&ground).await, [(5, changed), (6, changed)]);
}

#[tokio::test]
async fn a_renumbered_entry_is_found() {
    for number in [2, 6, 99, u64::MAX] {
        let ground = log().await;
        change(&ground, entry(5), |body| body["sequence"] = json!(number)).await;
        assert_eq!(found(&ground).await, [(5, DiscrepancyKind::Renumbered { from: number })]);
    }
}

#[tokio::test]
async fn an_entry_that_is_put_between_others_is_found() {
    let ground = log().await;
    let mut more = read(&ground, &entry(5)).await;
    more["sequence"] = json!(6);
    put(&ground, key("audit_entries", format!("{}a", entry_id(NODE, 5))), &more).await;
    assert!(!found(&ground).await.is_empty());
}

#[tokio::test]
async fn a_chain_that_is_cut_off_is_found_and_up_to_the_last_checkpoint_even_with_its_head_put_back()
 {
    let ground = log().await;
    remove(&ground, entry(10)).await;
    remove(&ground, entry(9)).await;
    assert_eq!(found(&ground).await, [(9, DiscrepancyKind::Truncated { until: 10 })]);
    rechain(&ground, 8, 8).await;
    assert!(
        report(&ground).await.is_intact(),
        "nothing states what came after the last checkpoint"
    );
    remove(&ground, entry(8)).await;
    rechain(&ground, 7, 7).await;
    assert_eq!(found(&ground).await, [(8, DiscrepancyKind::Truncated { until: 8 })]);
}

#[tokio::test]
async fn a_chain_that_is_removed_altogether_is_found() {
    let ground = log().await;
    for sequence in 1..=ENTRIES {
        remove(&ground, entry(sequence)).await;
    }
    remove(&ground, head()).await;
    assert_eq!(found(&ground).await, [(1, DiscrepancyKind::Truncated { until: 8 })]);
}

#[tokio::test]
async fn a_head_that_is_changed_or_removed_is_found() {
    let ground = log().await;
    change(&ground, head(), |body| body["digest"] = json!("00")).await;
    assert_eq!(found(&ground).await, [(10, DiscrepancyKind::HeadChanged)]);
    let ground = log().await;
    change(&ground, head(), |body| body["sequence"] = json!(9)).await;
    assert!(found(&ground).await.contains(&(10, DiscrepancyKind::HeadChanged)));
    let ground = log().await;
    remove(&ground, head()).await;
    assert_eq!(found(&ground).await, [(10, DiscrepancyKind::HeadChanged)]);
}

#[tokio::test]
async fn a_chain_that_is_made_anew_contradicts_a_checkpoint() {
    let ground = log().await;
    change(&ground, entry(2), edit).await;
    rechain(&ground, 2, ENTRIES).await;
    assert_eq!(found(&ground).await, [(4, DiscrepancyKind::ContradictsCheckpoint { number: 1 })]);
    let ground = log().await;
    change(&ground, entry(6), edit).await;
    rechain(&ground, 6, ENTRIES).await;
    assert_eq!(found(&ground).await, [(8, DiscrepancyKind::ContradictsCheckpoint { number: 2 })]);
}

#[tokio::test]
async fn a_checkpoint_that_is_missing_is_found_the_last_one_too() {
    for number in [1, 2] {
        let ground = log().await;
        remove(&ground, checkpoint(number)).await;
        assert_eq!(found(&ground).await, [(1_000 + number, DiscrepancyKind::Missing { count: 1 })]);
    }
}

#[tokio::test]
async fn a_checkpoint_that_bears_another_number_is_found() {
    let ground = log().await;
    let first = read(&ground, &checkpoint(1)).await;
    change(&ground, checkpoint(2), |body| body["signed"] = first["signed"].clone()).await;
    assert_eq!(found(&ground).await, [(1_002, DiscrepancyKind::Renumbered { from: 1 })]);
    let ground = log().await;
    change(&ground, checkpoint(1), |body| body["number"] = json!(7)).await;
    assert!(found(&ground).await.contains(&(1_007, DiscrepancyKind::Renumbered { from: 1 })));
}

#[tokio::test]
async fn a_checkpoint_that_the_audit_key_has_not_signed_is_found() {
    let (ground, elsewhere) = (log().await, log().await);
    let other = read(&elsewhere, &checkpoint(2)).await;
    change(&ground, checkpoint(2), |body| body["signed"] = other["signed"].clone()).await;
    assert_eq!(found(&ground).await, [(1_002, DiscrepancyKind::Forged)]);

    let ground = log().await;
    change(&ground, checkpoint(1), |body| {
        let signed = body["signed"].as_str().unwrap();
        body["signed"] = json!(signed[..signed.len() - 4].to_owned() + "AAAA");
    })
    .await;
    assert_eq!(found(&ground).await, [(1_001, DiscrepancyKind::Forged)]);
}

/// The claims of a checkpoint under the header of an access token.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct AsToken(CheckpointClaims);

impl Claims for AsToken {
    const TYP: Typ = Typ::AccessToken;
}

#[tokio::test]
async fn the_claims_of_a_checkpoint_under_another_header_are_no_checkpoint() {
    let ground = log().await;
    let audit_key =
        ground.store.get::<AuditKey>(&Realm::main(), &AuditKey::the_id()).await.unwrap();
    let key = audit_key.unwrap().open(&ground.ring).unwrap();
    let verifying = VerifyingKeys::new([key.public_jwk()]).unwrap();
    let signed = read(&ground, &checkpoint(2)).await["signed"].as_str().unwrap().to_owned();
    let expected =
        Expectations { issuer: "main", audience: Some("audit"), now: ground.store.now() };
    let claims = verifying.verify_hint::<CheckpointClaims>(&signed, &expected).unwrap();
    ground.clock.advance(Duration::from_secs(60));
    let later = Expectations { now: ground.store.now(), ..expected };
    assert!(
        verifying.verify::<CheckpointClaims>(&signed, &later).is_err(),
        "nor is it ever a token"
    );

    let token = key.sign(&AsToken(claims)).unwrap();
    change(&ground, checkpoint(2), |body| body["signed"] = json!(token)).await;
    assert_eq!(found(&ground).await, [(1_002, DiscrepancyKind::Forged)]);
}

#[tokio::test]
async fn without_its_audit_key_no_checkpoint_is_believed() {
    let ground = log().await;
    remove(&ground, key("audit_keys", AuditKey::the_id())).await;
    let forged = DiscrepancyKind::Forged;
    assert_eq!(found(&ground).await, [(1_001, forged), (1_002, forged)]);
}

#[tokio::test]
async fn a_log_that_fits_nowhere_ends_the_verification_and_the_report_says_so() {
    let ground = ground();
    let entry = |sequence| AuditEntry {
        realm: Realm::main(),
        node: NODE.into(),
        sequence,
        content: "nothing".into(),
        account_id: None,
        digest: "00".into(),
    };
    for page in [1..=900, 901..=1_800] {
        let mut batch = ground.store.batch();
        for sequence in page {
            batch.create(&entry(sequence));
        }
        ground.store.commit(batch).await.unwrap();
    }
    let report = report(&ground).await;
    assert!(!report.is_complete && !report.is_intact());
    assert_eq!(report.discrepancies.len(), 1_000);
    assert!(report.entries < 1_800);
}
