//! The list of every kind of record, and what goes over all of them: erasing an account, written once (DESIGN 5).
//!
//! What is deleted is found by the index of its subject, which every such record is in by itself. What is only sealed
//! loses its key, which is a record like the others. What stays without the person is changed by its concern. A tombstone
//! stays, so that the id is never given again.

use std::ops::Bound;

use protocol::{AccountId, LogoutId, Realm, Tenant, Timestamp, client::Client};
use serde::{Deserialize, Serialize};

use crate::{
    account_keys::AccountKey,
    accounts::Account,
    audit::{AuditCheckpoint, AuditCheckpointHead, AuditCoverage, AuditEntry, AuditHead, AuditKey},
    client_assertions::UsedAssertion,
    codes::Code,
    consents::Consent,
    copy::UnfinishedCopy,
    deleted_clients::DeletedClient,
    ended_sessions::EndedSession,
    engine::{CommitError, Key, Range, Row, StorageError, Write},
    events::EventRecord,
    grants::Grant,
    idempotency_keys::IdempotencyRecord,
    identifiers::IdentifierRecord,
    installation::Installation,
    leases::{Fence, LeaseRecord},
    limit_counters::LimitCounters,
    lockouts::Lockout,
    logouts::{Ended, LogoutDelivery, LogoutNotice},
    opaque_tokens::OpaqueToken,
    operators::Operator,
    passwords::Password,
    record::{Erasure, Record, SUBJECT},
    refresh_tokens::RefreshToken,
    refusals::RefusalRecord,
    revocations::RevocationTally,
    revoked_tokens::RevokedToken,
    session_clients::SessionClient,
    sessions::Session,
    settings::{SettingsRecord, SettingsVersion},
    sign_ins::SignIn,
    signing_keys::{SigningKey, SigningKeySet},
    store::{Batch, Store, put_as_read},
};

/// That an account was erased: its id is never given again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tombstone {
    /// The account that was.
    pub account_id: AccountId,
    /// Its realm.
    pub realm: Realm,
    /// When it was erased.
    pub erased_at: Timestamp,
}

impl Record for Tombstone {
    const TABLE: &'static str = "tombstones";
    const ON_ERASURE: Erasure = Erasure::Keep;
    type Id = AccountId;

    fn id(&self) -> AccountId {
        self.account_id
    }

    fn tenant(&self) -> Tenant {
        (&self.realm).into()
    }
}

/// A kind of record, and what becomes of it.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// Its table.
    pub name: &'static str,
    /// What becomes of it when its subject is erased.
    pub on_erasure: Erasure,
    /// The write that puts a row of it, as it was read, into another store.
    pub(crate) put: fn(&Row) -> Result<Write, StorageError>,
}

const fn table<R: Record>() -> Table {
    Table { name: R::TABLE, on_erasure: R::ON_ERASURE, put: put_as_read::<R> }
}

/// Every kind of record. What lets somebody in goes first, so that an erasure that is cut short leaves no door open.
pub const TABLES: [Table; 41] = [
    table::<Account>(),
    table::<Password>(),
    table::<IdentifierRecord>(),
    table::<Session>(),
    table::<Grant>(),
    table::<EndedSession>(),
    table::<SessionClient>(),
    table::<Code>(),
    table::<RefreshToken>(),
    table::<OpaqueToken>(),
    table::<RevokedToken>(),
    table::<SignIn>(),
    table::<Consent>(),
    table::<RefusalRecord>(),
    table::<Lockout>(),
    table::<AccountKey>(),
    table::<EventRecord>(),
    table::<AuditEntry>(),
    table::<AuditHead>(),
    table::<AuditCheckpoint>(),
    table::<AuditCheckpointHead>(),
    table::<AuditCoverage>(),
    table::<AuditKey>(),
    table::<SigningKey>(),
    table::<Operator>(),
    table::<Tombstone>(),
    table::<Client>(),
    table::<DeletedClient>(),
    table::<UsedAssertion>(),
    table::<SigningKeySet>(),
    table::<Installation>(),
    table::<LeaseRecord>(),
    table::<Fence>(),
    table::<UnfinishedCopy>(),
    table::<IdempotencyRecord>(),
    table::<RevocationTally>(),
    table::<SettingsRecord>(),
    table::<SettingsVersion>(),
    table::<LimitCounters>(),
    table::<LogoutNotice>(),
    table::<LogoutDelivery>(),
];

/// Rows that are deleted in one batch.
const PAGE: usize = 200;

impl Store {
    /// Erases an account: every record that tells of it is gone, or sealed for good, when this returns.
    ///
    /// `batch` is the act itself, with its event, and may delete the account under an expectation; it is committed first,
    /// with the tombstone. May be repeated: an erasure
    /// that was cut short goes on where it stopped.
    pub async fn erase(
        &self,
        realm: &Realm,
        account_id: AccountId,
        mut batch: Batch,
    ) -> Result<(), CommitError> {
        batch.overwrite(&Tombstone { account_id, realm: realm.clone(), erased_at: batch.now() });
        batch.remove::<Password>(realm, &account_id);
        if !batch.writes::<Account>(realm, &account_id) {
            batch.remove::<Account>(realm, &account_id);
        }
        self.commit(batch).await?;
        self.tell_clients_of_erased(realm, account_id).await?;
        self.forget_person_of_operator(realm, account_id).await?;
        for table in TABLES.iter().filter(|table| table.on_erasure == Erasure::Delete) {
            self.erase_from(realm, account_id, table.name).await?;
        }
        Ok(())
    }

    /// Whoever is erased is signed out. What says which clients are to be told goes with the rest.
    async fn tell_clients_of_erased(
        &self,
        realm: &Realm,
        account_id: AccountId,
    ) -> Result<(), CommitError> {
        let (logout_id, ended) = (LogoutId::new(self.randomness()), Ended::SessionsOf(account_id));
        let notice = LogoutNotice::new(logout_id, realm, ended, self.now());
        self.fan_out(&notice, self.now()).await.map(drop)
    }

    async fn erase_from(
        &self,
        realm: &Realm,
        account_id: AccountId,
        table: &'static str,
    ) -> Result<(), CommitError> {
        loop {
            let found = self.of_subject(realm, account_id, table, PAGE).await?;
            if found.is_empty() {
                return Ok(());
            }
            let mut batch = self.batch();
            batch.write_raw(found.into_iter().map(|key| Write::Delete { key, expectation: None }));
            self.commit(batch).await?;
        }
    }

    /// At most `limit` records of `table` that are deleted with an account.
    async fn of_subject(
        &self,
        realm: &Realm,
        account_id: AccountId,
        table: &'static str,
        limit: usize,
    ) -> Result<Vec<Key>, StorageError> {
        let value = account_id.to_string();
        let range = Range {
            table,
            index: Some(SUBJECT),
            tenant: realm.into(),
            from: Bound::Included(value.clone()),
            to: Bound::Included(value),
        };
        let found = self.engine().scan(&range, None, limit, self.now()).await?;
        Ok(found.into_iter().map(|found| found.row.key).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        path::{Path, PathBuf},
    };

    /// The text of every file below `folder`, but those of tests and of the conformance suite, which keep things of their
    /// own.
    fn sources(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let below =
            entries.filter(|path| !path.ends_with("conformance") && !path.ends_with("tests.rs"));
        let text = |path: PathBuf| match path.is_dir() {
            true => sources(&path),
            false => vec![fs::read_to_string(path).unwrap()],
        };
        below.flat_map(text).collect()
    }

    #[test]
    fn every_kind_of_record_is_in_the_list() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let listed = include_str!("erasure.rs");
        let mut missing = Vec::new();
        for text in sources(&folder) {
            let records = text.lines().filter_map(|line| line.strip_prefix("impl Record for "));
            let names = records.filter_map(|line| line.strip_suffix(" {"));
            missing.extend(
                names
                    .filter(|name| !listed.contains(&format!("table::<{name}>()")))
                    .map(str::to_owned),
            );
        }
        assert!(missing.is_empty(), "not erased, exported or copied: {missing:?}");
    }
}
