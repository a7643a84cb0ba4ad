//! What one account was given in one session, or at one client, page by page: first the codes that wait to be redeemed,
//! then the grants. A code that becomes a grant meanwhile is met either as what it was or as what it became, so that
//! nothing that was there at the beginning is left.

use protocol::{
    AccountId, ClientId, SessionId, TokenHash, event::Act, revocation::RevocationReason,
};
use storage::{
    codes::{Code, CodeState},
    engine::Position,
    grants::Grant,
    record::Index,
};

use super::{
    ATTEMPTS_MAX,
    items::{Revoked, too_many_races},
};
use crate::{
    Failure, Flows,
    admin::{Administrator, ITEMS_MAX},
};

/// Codes of one step. What is left of a hundred is for grants.
const CODES_MAX: usize = ITEMS_MAX / 2;

/// What of an account is meant.
#[derive(Debug, Clone, Copy)]
pub(super) struct Whose {
    /// The account.
    pub(super) account_id: AccountId,
    /// What this client was given, where one is named.
    pub(super) client_id: Option<ClientId>,
    /// What was given in this session, where one is named.
    pub(super) session_id: Option<SessionId>,
}

/// Where a revocation goes on.
#[derive(Debug)]
pub(super) enum Place {
    /// Among codes.
    Codes(Option<Position>),
    /// Among grants, or whatever else it goes through.
    Grants(Option<Position>),
}

impl Whose {
    fn has(&self, client_id: ClientId, session_id: SessionId) -> bool {
        self.client_id.is_none_or(|meant| meant == client_id)
            && self.session_id.is_none_or(|meant| meant == session_id)
    }
}

impl Place {
    /// Behind what.
    pub(super) fn position(&self) -> Option<&Position> {
        match self {
            Self::Codes(position) | Self::Grants(position) => position.as_ref(),
        }
    }
}

impl Flows {
    /// Takes back what is meant among the next codes or grants of an account, and says where it goes on.
    pub(super) async fn revoke_page(
        &self,
        by: &Administrator,
        whose: Whose,
        reason: RevocationReason,
        place: Place,
    ) -> Result<(usize, Option<Place>), Failure> {
        let (revoked, after) = match place {
            Place::Grants(after) => (0, after),
            Place::Codes(after) => {
                let (revoked, next) = self.revoke_codes(by, whose, reason, after.as_ref()).await?;
                if next.is_some() {
                    return Ok((revoked, Some(Place::Codes(next))));
                }
                (revoked, None)
            }
        };
        let (of_account, tenant) = (Index::<Grant>::of_subject(), (&by.realm).into());
        let (account_id, limit) = (whose.account_id, ITEMS_MAX - revoked);
        let page =
            self.store.having(&tenant, of_account, account_id, after.as_ref(), limit).await?;
        let mut outcomes = Vec::with_capacity(page.items.len());
        for grant in &page.items {
            if grant.is_live() && whose.has(grant.client_id, grant.session_id) {
                outcomes.push(self.withdraw_grant(by, grant.grant_id, reason).await?);
            }
        }
        let now = outcomes.iter().filter(|outcome| **outcome == Revoked::Now).count();
        Ok((revoked + now, page.next.map(|next| Place::Grants(Some(next)))))
    }

    async fn revoke_codes(
        &self,
        by: &Administrator,
        whose: Whose,
        reason: RevocationReason,
        after: Option<&Position>,
    ) -> Result<(usize, Option<Position>), Failure> {
        let (of_account, tenant) = (Index::<Code>::of_subject(), (&by.realm).into());
        let page =
            self.store.having(&tenant, of_account, whose.account_id, after, CODES_MAX).await?;
        let mut revoked = 0;
        for code in &page.items {
            // What one that was redeemed has become is met among the grants.
            if code.state == CodeState::Issued && whose.has(code.client_id, code.session_id) {
                revoked += usize::from(self.withdraw_code(by, &code.code, reason).await?);
            }
        }
        Ok((revoked, page.next))
    }

    /// Takes a code back; where it was redeemed at this moment, what it has become. Whether there was anything.
    async fn withdraw_code(
        &self,
        by: &Administrator,
        code: &TokenHash,
        reason: RevocationReason,
    ) -> Result<bool, Failure> {
        for _ in 0..ATTEMPTS_MAX {
            let Some(code) = self.store.code(&by.realm, code).await? else { return Ok(false) };
            if let CodeState::Redeemed { grant_id } = code.state {
                return Ok(self.withdraw_grant(by, grant_id, reason).await? == Revoked::Now);
            }
            let mut batch = self.store.batch();
            batch.delete(&code);
            let whose = (Some(code.account_id), Some(code.client_id));
            if self.is_committed(by, batch, (Act::CodeWithdrawn { reason }, whose)).await? {
                return Ok(true);
            }
        }
        Err(too_many_races())
    }
}
