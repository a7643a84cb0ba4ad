//! Refusals, as operators look them up: by the id that somebody was shown, or one after another.

use protocol::refusal::RefusalId;

use super::{Administrator, Cursor, ITEMS_MAX, List, NotACursor};
use crate::{Error, Failure, Flows};

pub use storage::refusals::{RefusalFilter, RefusalRecord};

/// The list of them, with its filters.
fn list(filter: &RefusalFilter) -> String {
    format!("refusals {filter:?}")
}

impl Flows {
    /// The refusal of the request that `id` names, on whichever node that was; nothing where there was none, it is too old,
    /// or it was not kept.
    ///
    /// What this node refused before is found. Of another node the last moment may be missing.
    pub async fn refusal(
        &self,
        by: &Administrator,
        id: RefusalId,
    ) -> Result<Option<RefusalRecord>, Failure> {
        self.write_refusals().await;
        let found = self.store.refusal(&by.realm, id).await?;
        Ok(found.map(|found| found.record))
    }

    /// A page of refusals, the newest first. A page may be empty although the list goes on.
    pub async fn refusals(
        &self,
        by: &Administrator,
        filter: &RefusalFilter,
        after: Option<&Cursor>,
    ) -> Result<List<RefusalRecord>, Error<NotACursor>> {
        let list = list(filter);
        let position = self.after(&list, after).map_err(Error::Refused)?;
        self.write_refusals().await;
        let page = self.store.refusals(&by.realm, filter, position.as_ref(), ITEMS_MAX).await?;
        Ok(self.listed(&list, page, |refusal| refusal.record)?)
    }

    /// Those that wait here. Where they cannot be written, those that are written are still found.
    async fn write_refusals(&self) {
        if let Err(error) = self.refusals.written().await {
            tracing::warn!(%error, "refusals wait to be written");
        }
    }
}
