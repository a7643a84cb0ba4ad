//! What was taken back: the grants, and how much of everything in a window of time.

use std::time::Duration;

use protocol::{
    AccountId, ClientId, GrantId, SessionId, Timestamp, event::Actor, revocation::RevocationReason,
    scope::ScopeSet,
};
use storage::{
    Stored,
    grants::{Grant, Revocation},
    revocations::{Counts, Tallied},
};

use crate::{
    Error, Flows,
    admin::{Administrator, Cursor, ITEMS_MAX, List, NotACursor},
};

/// The longest window that is counted over.
pub const WINDOW_MAX: Duration = Duration::from_secs(31 * 24 * 3600);

/// What is counted over where nobody says.
const WINDOW: Duration = Duration::from_secs(24 * 3600);

/// Whose grants are listed: of those that are named, or everybody's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OfWhom {
    /// Those of this client.
    pub client_id: Option<ClientId>,
    /// Those of this account.
    pub account_id: Option<AccountId>,
}

/// How much was taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statistics {
    /// From the beginning of this instant's hour on.
    pub from: Timestamp,
    /// To the end of this instant's hour.
    pub to: Timestamp,
    /// How often, by what and why.
    pub counts: Counts,
}

/// What an application was given, and that it was taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevokedGrant {
    /// Its id.
    pub grant_id: GrantId,
    /// The client that it was given to.
    pub client_id: ClientId,
    /// The account for which it was given.
    pub account_id: AccountId,
    /// The session in which it was given.
    pub session_id: SessionId,
    /// The scopes.
    pub scope: ScopeSet,
    /// When it was given.
    pub given_at: Timestamp,
    /// When it was taken back.
    pub revoked_at: Timestamp,
    /// Why.
    pub reason: RevocationReason,
    /// The operator who did it, if one did.
    pub by: Option<Actor>,
    /// When nothing of it could have held any more.
    pub expires_at: Timestamp,
}

impl From<Stored<Grant>> for RevokedGrant {
    fn from(grant: Stored<Grant>) -> Self {
        let grant = grant.record;
        // Only those that were taken back are in the list.
        let (at, reason) = (grant.given_at, RevocationReason::Unspecified);
        let revoked = grant.revoked.unwrap_or(Revocation { revoked_at: at, reason, by: None });
        let Revocation { revoked_at, reason, by } = revoked;
        Self {
            grant_id: grant.grant_id,
            client_id: grant.client_id,
            account_id: grant.account_id,
            session_id: grant.session_id,
            scope: grant.scope,
            given_at: grant.given_at,
            revoked_at,
            reason,
            by,
            expires_at: grant.expires_at,
        }
    }
}

/// Why nothing is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WindowRefused {
    /// It is no window.
    #[error("from must be before to, and at most 31 days before")]
    NoWindow,
    /// Too many nodes took part in too many hours.
    #[error("there is too much to count in this window: choose a shorter one")]
    TooMuch,
}

impl Flows {
    /// A page of the grants that were taken back, the latest first. It may have fewer than others although there are more.
    pub async fn revoked_grants(
        &self,
        by: &Administrator,
        of: OfWhom,
        after: Option<&Cursor>,
    ) -> Result<List<RevokedGrant>, Error<NotACursor>> {
        let OfWhom { client_id, account_id } = of;
        let list = format!("revocations {client_id:?} {account_id:?}");
        let position = self.after(&list, after).map_err(Error::Refused)?;
        let of = account_id.map(|id| id.to_string()).or(client_id.map(|id| id.to_string()));
        let page =
            self.store.revoked_grants(&by.realm, of.as_deref(), position.as_ref(), ITEMS_MAX);
        let mut page = page.await?;
        page.items.retain(|grant| client_id.is_none_or(|client_id| grant.client_id == client_id));
        Ok(self.listed(&list, page, RevokedGrant::from)?)
    }

    /// How much was taken back from `from` to `to`, to whole hours; in the last day where nothing is said. What another
    /// node has done within the last second may be missing.
    pub async fn revocation_statistics(
        &self,
        by: &Administrator,
        (from, to): (Option<Timestamp>, Option<Timestamp>),
    ) -> Result<Statistics, Error<WindowRefused>> {
        let to = to.unwrap_or(self.store.now());
        let from = from.unwrap_or(to - WINDOW);
        if from > to || to.since(from) > WINDOW_MAX {
            return Err(Error::Refused(WindowRefused::NoWindow));
        }
        self.seal_events().await;
        match self.store.revocations_tallied(&by.realm, (from, to)).await? {
            Tallied::Counts(counts) => Ok(Statistics { from, to, counts }),
            Tallied::TooMuch => Err(Error::Refused(WindowRefused::TooMuch)),
        }
    }
}
