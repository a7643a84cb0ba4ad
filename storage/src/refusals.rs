//! Refusals, as operators look them up (MISSION A2): why, and what was received and expected. For seven days.
//!
//! No address is in the record: the event of the same request has it, sealed, so that what is personal stands in one place.

use std::{ops::Bound, time::Duration};

use protocol::{
    AccountId, ClientId, Realm, Tenant, Timestamp,
    refusal::{Explanation, RefusalId},
};
use serde::{Deserialize, Serialize};

use crate::{
    engine::{IndexEntry, Position, StorageError},
    record::{Erasure, Index, Record, Stored},
    store::{Page, Store},
};

/// For how long a refusal is found.
pub const REFUSAL_LIFETIME: Duration = Duration::from_secs(7 * 24 * 3600);

/// Rows that are read in one step of a list, and steps: what a filter leaves of them may be less than a page.
const SCAN_ROWS: usize = 200;
const SCAN_STEPS_MAX: usize = 5;

/// A request that was refused. What a later release calls otherwise is read as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusalRecord {
    /// The request.
    pub refusal_id: RefusalId,
    /// Its realm.
    pub realm: Realm,
    /// The node that refused it.
    pub node: String,
    /// When.
    pub at: Timestamp,
    /// Where.
    pub endpoint: String,
    /// What the client was told.
    pub error: String,
    /// The stable name of the reason.
    pub reason: String,
    /// The client that the request named, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<ClientId>,
    /// Whether the client had proved who it is, or the bearer that the token is ours.
    #[serde(default)]
    pub is_proved: bool,
    /// The end-user whom it concerns, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<AccountId>,
    /// What was received and expected.
    #[serde(default)]
    pub explanation: Explanation,
}

/// The newest first.
const BY_TIME: Index<RefusalRecord> = Index::many("at");
/// Those of a client, the newest first.
const BY_CLIENT: Index<RefusalRecord> = Index::many("client");

impl Record for RefusalRecord {
    const TABLE: &'static str = "refusals";
    const ON_ERASURE: Erasure = Erasure::Delete;
    type Id = RefusalId;

    fn id(&self) -> RefusalId {
        self.refusal_id
    }

    fn tenant(&self) -> Tenant {
        (&self.realm).into()
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        let by_client =
            self.client_id.map(|client_id| BY_CLIENT.entry(of_client(client_id, self.at)));
        [Some(BY_TIME.entry(backwards(self.at))), by_client].into_iter().flatten().collect()
    }

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.at + REFUSAL_LIFETIME)
    }

    fn subject(&self) -> Option<AccountId> {
        self.account_id
    }
}

/// Which refusals are listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RefusalFilter {
    /// Those of this client.
    pub client_id: Option<ClientId>,
    /// Those of this endpoint.
    pub endpoint: Option<String>,
    /// Those for this reason.
    pub reason: Option<String>,
    /// Those at this instant or later.
    pub since: Option<Timestamp>,
    /// Those before this instant.
    pub until: Option<Timestamp>,
}

impl RefusalFilter {
    fn takes(&self, refusal: &RefusalRecord) -> bool {
        self.endpoint.as_ref().is_none_or(|endpoint| *endpoint == refusal.endpoint)
            && self.reason.as_ref().is_none_or(|reason| *reason == refusal.reason)
    }

    /// The index to go by, and the range in it.
    fn range(&self) -> (Index<RefusalRecord>, (Bound<String>, Bound<String>)) {
        let newest = self.until.map_or(0, |until| MILLIS_MAX.saturating_sub(until.as_millis()) + 1);
        let newest = format!("{newest:015}");
        let oldest = backwards(self.since.unwrap_or_default());
        let (index, head) = match self.client_id {
            Some(client_id) => (BY_CLIENT, format!("{client_id}:")),
            None => (BY_TIME, String::new()),
        };
        let bound = |end| Bound::Included(format!("{head}{end}"));
        (index, (bound(newest), bound(oldest)))
    }

    /// Where a list goes on after `refusal`.
    fn after(&self, refusal: &RefusalRecord) -> Position {
        let value = match self.client_id {
            Some(client_id) => of_client(client_id, refusal.at),
            None => backwards(refusal.at),
        };
        Position { value, id: refusal.refusal_id.to_string() }
    }
}

const MILLIS_MAX: u64 = 999_999_999_999_999;

/// A text that is the smaller the later `at` is.
fn backwards(at: Timestamp) -> String {
    format!("{:015}", MILLIS_MAX.saturating_sub(at.as_millis()))
}

fn of_client(client_id: ClientId, at: Timestamp) -> String {
    format!("{client_id}:{}", backwards(at))
}

impl Store {
    /// The refusal of this request.
    pub async fn refusal(
        &self,
        realm: &Realm,
        id: RefusalId,
    ) -> Result<Option<Stored<RefusalRecord>>, StorageError> {
        self.get(realm, &id).await
    }

    /// At most `limit` refusals, the newest first. There may be fewer, or none, although the list goes on: a filter looks at
    /// a thousand at a time.
    pub async fn refusals(
        &self,
        realm: &Realm,
        filter: &RefusalFilter,
        after: Option<&Position>,
        limit: usize,
    ) -> Result<Page<RefusalRecord>, StorageError> {
        let (index, range) = filter.range();
        let (mut items, mut after) = (Vec::new(), after.cloned());
        for _ in 0..SCAN_STEPS_MAX {
            let page = self
                .ordered(&realm.into(), index, range.clone(), after.as_ref(), SCAN_ROWS)
                .await?;
            for refusal in page.items {
                let position = filter.after(&refusal);
                if items.len() == limit {
                    return Ok(Page { items, next: after });
                }
                if filter.takes(&refusal) {
                    items.push(refusal);
                }
                after = Some(position);
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(Page { items, next: None }),
            }
        }
        Ok(Page { items, next: after })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_of_the_first_encoding_is_read() {
        let fixture = include_str!("../fixtures/encoding_1/refusal.json");
        let refusal: RefusalRecord = serde_json::from_str(fixture).unwrap();
        assert_eq!(refusal.reason, "redirect_uri_not_registered");
        assert_eq!(refusal.explanation.compared.len(), 1);
        let again = serde_json::to_value(&refusal).unwrap();
        assert_eq!(again, serde_json::from_str::<serde_json::Value>(fixture).unwrap());
    }

    #[test]
    fn the_newest_comes_first_and_bounds_hold() {
        let at = |seconds| Timestamp::from_seconds(seconds);
        assert!(backwards(at(2)) < backwards(at(1)));
        let filter = RefusalFilter { since: Some(at(1)), until: Some(at(3)), ..Default::default() };
        let (_, (Bound::Included(from), Bound::Included(to))) = filter.range() else { panic!() };
        let is_in = |seconds| (from.clone()..=to.clone()).contains(&backwards(at(seconds)));
        assert_eq!([0, 1, 2, 3].map(is_in), [false, true, true, false]);
    }
}
