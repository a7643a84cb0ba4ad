//! Whom a client means: what it calls end-users, and whose a pairwise subject is that comes back in a hint (OpenID Connect
//! Core 1.0 §8).

use protocol::{AccountId, SessionId, client::Client, subject::Subjects};
use storage::StorageError;

use crate::{Context, Failure, Flows, browser::SignedIn};

impl Flows {
    /// What a client calls end-users and sessions.
    pub(crate) fn subjects(&self, client: &Client) -> Result<Subjects, Failure> {
        let subjects = Subjects::of(client, &self.ring);
        subjects.map_err(|why| Failure::fault(format_args!("{}: {why}", client.client_id)))
    }

    /// Whose subject this is: nobody can turn a pairwise one back, so it is compared with who is signed in here, and with the
    /// account of the session that the hint names, of which a grant may be left when it is gone.
    pub(crate) async fn account_called(
        &self,
        context: &Context,
        (subjects, subject): (&Subjects, &str),
        (signed_in, session_id): (Option<&SignedIn>, Option<SessionId>),
    ) -> Result<Option<AccountId>, StorageError> {
        let is_it = |account_id: &AccountId| subjects.subject(*account_id) == subject;
        if let Some(here) = signed_in.map(|one| one.facts.account_id).filter(is_it) {
            return Ok(Some(here));
        }
        let Some(session_id) = session_id else { return Ok(None) };
        let realm = &context.realm;
        let found = match self.store.session(realm, session_id).await? {
            Some(session) => Some(session.account_id),
            None => {
                let grants = self.store.grants_of_session(realm, session_id, 1).await?;
                grants.items.first().map(|grant| grant.account_id)
            }
        };
        Ok(found.filter(is_it))
    }
}
