//! `/admin/v1/sessions`: who is signed in on which browser.

mod view;

use flows::{
    Context, Error,
    admin::{
        Cursor, Why,
        sessions::{NoSuchSession, SessionsOf},
    },
};
use poem_openapi::{
    OpenApi,
    param::{Path, Query},
};
use protocol::{AccountId, ClientId, SessionId};

use self::view::{RevokeSessionsBody, SessionView, SessionWithClientsView};
use super::{
    accounts,
    admitted::{Admitted, SessionsRead, SessionsWrite},
    answer::{Changed, Done, Found, Listed, Looked, Told, refused_cursor},
    body::JsonOf,
    conditional::ETag,
    why::WhyBody,
    written::Written,
};
use crate::{
    Provider,
    problem::{Problem, ProblemCode},
    responses::Tag,
};

/// The operations on sessions.
pub(crate) struct SessionsApi(pub(crate) Provider);

#[OpenApi(prefix_path = "/admin/v1/sessions", tag = "Tag::Sessions")]
impl SessionsApi {
    /// List sessions
    ///
    /// Those that hold, in the order of their ids, at most 100 a page; where few of a page hold it is short, and still says
    /// where the list goes on.
    #[oai(path = "/", method = "get", operation_id = "list_sessions")]
    async fn list(
        &self,
        admitted: Admitted<SessionsRead>,
        /// Only those of this account.
        account_id: Query<Option<Written<AccountId>>>,
        /// Only those in which this client was given something.
        client_id: Query<Option<Written<ClientId>>>,
        /// Where the list goes on: `next` of the page before.
        after: Query<Option<String>>,
    ) -> Looked<Told<Listed<SessionView>>> {
        let Admitted { by, context, .. } = admitted;
        let of = SessionsOf {
            account_id: account_id.0.map(|one| one.0),
            client_id: client_id.0.map(|one| one.0),
        };
        let after = after.0.map(Cursor::presented);
        Looked(match self.0.flows.sessions(&by, of, after.as_ref()).await {
            Ok(list) => Ok(Told(Listed::of(list, |session| SessionView::of(&session)))),
            Err(error) => Err(refused_cursor(&context, &error)),
        })
    }

    /// Find a session
    ///
    /// With the clients that were given something in it. Cookies are never shown.
    #[oai(path = "/:session_id", method = "get", operation_id = "find_session")]
    async fn find(
        &self,
        admitted: Admitted<SessionsRead>,
        /// The session's id: `sid` of ID tokens.
        session_id: Path<String>,
    ) -> Looked<Found<SessionWithClientsView>> {
        let Admitted { by, context, .. } = admitted;
        Looked(
            async {
                let found = self.0.flows.session(&by, id(&context, &session_id)?).await;
                let found = found.map_err(|failure| Problem::failed(&context, &failure))?;
                let found = found.ok_or_else(|| Problem::new(&context, ProblemCode::NotFound))?;
                let etag = ETag::of(&found.session.version);
                Ok(Found { body: SessionWithClientsView::of(&found), etag })
            }
            .await,
        )
    }

    /// Revoke a session
    ///
    /// The end-user is signed out there, and all that was given in the session and does not outlive it is refused at once,
    /// on every node.
    #[oai(path = "/:session_id/revoke", method = "post", operation_id = "revoke_session")]
    async fn revoke(
        &self,
        admitted: Admitted<SessionsWrite>,
        /// The session's id.
        session_id: Path<String>,
        body: JsonOf<WhyBody>,
    ) -> Changed<Done> {
        let Admitted { by, context, .. } = admitted;
        Changed(
            async {
                let (session_id, why) = (id(&context, &session_id)?, body.value.read(&context)?);
                match self.0.flows.revoke_session(&by, session_id, &why).await {
                    Ok(()) => Ok(Done),
                    Err(Error::Refused(NoSuchSession)) => {
                        Err(Problem::new(&context, ProblemCode::NotFound))
                    }
                    Err(Error::Failed(failure)) => Err(Problem::failed(&context, &failure)),
                }
            }
            .await,
        )
    }

    /// Revoke all sessions of an account or a client
    ///
    /// Of an account: every session ends, as by `end-sessions`. Of a client: all that it was given in any session is taken
    /// back, and the sessions go on. It is refused at once, on every node. Sent again, it takes back also what began since;
    /// `POST /admin/v1/revocations` takes an `Idempotency-Key`.
    #[oai(path = "/revoke", method = "post", operation_id = "revoke_sessions")]
    async fn revoke_all(
        &self,
        admitted: Admitted<SessionsWrite>,
        body: JsonOf<RevokeSessionsBody>,
    ) -> Changed<Done> {
        let Admitted { by, context, .. } = admitted;
        Changed(
            async {
                match body.value.read(&context)? {
                    (Of::Account(account_id), why) => {
                        let whose = (account_id, false);
                        let done = self.0.flows.end_sessions_of_account(&by, whose, &why).await;
                        done.map(|()| Done).map_err(|error| accounts::refused(&context, &error))
                    }
                    (Of::Client(client_id), why) => {
                        let is_there =
                            self.0.flows.end_sessions_of_client(&by, client_id, &why).await;
                        match is_there.map_err(|failure| Problem::failed(&context, &failure))? {
                            true => Ok(Done),
                            false => Err(Problem::new(&context, ProblemCode::NotFound)),
                        }
                    }
                }
            }
            .await,
        )
    }
}

/// Whose sessions.
enum Of {
    Account(AccountId),
    Client(ClientId),
}

impl RevokeSessionsBody {
    fn read(self, context: &Context) -> Result<(Of, Why), Problem> {
        let of = match (&self.account_id, &self.client_id) {
            (Some(account_id), None) => Of::Account(account_id.0),
            (None, Some(client_id)) => Of::Client(client_id.0),
            _ => {
                let why = "exactly one of account_id and client_id must be there";
                return Err(Problem::because(context, ProblemCode::Unprocessable, why));
            }
        };
        Ok((of, self.why(context)?))
    }
}

/// The session's id in a path. What is none is the id of nothing.
fn id(context: &Context, text: &str) -> Result<SessionId, Problem> {
    text.parse().map_err(|_| Problem::new(context, ProblemCode::NotFound))
}
