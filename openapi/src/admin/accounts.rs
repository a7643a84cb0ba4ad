//! `/admin/v1/accounts`: the end-users.

mod bodies;
mod claims;
mod view;

use flows::{
    Context, Error,
    admin::{
        Administrator, Cursor,
        accounts::{AccountFilter, AccountRefused, AccountState},
    },
};
use poem_openapi::{
    OpenApi,
    param::{Path, Query},
};
use protocol::{AccountId, identifier::Identifier};

pub(super) use self::view::{EXAMPLE_ID, example_instant};
use self::{
    bodies::{
        AccountBody, EndSessionsBody, IdentifiersBody, NewAccountBody, PasswordBody, identifiers,
    },
    view::{AccountView, CreatedAccount, ListedAccount},
};
use super::{
    admitted::{AccountsRead, AccountsWrite, Admitted, SessionsWrite},
    answer::{Changed, Created, Done, Found, Listed, Looked, Told, refused_cursor},
    body::JsonOf,
    conditional::{ETag, IfMatch, Once},
    why::WhyBody,
    written::Written,
};
use crate::{
    Provider,
    problem::{Problem, ProblemCode},
    responses::Tag,
};

/// The operations on accounts.
pub(crate) struct AccountsApi(pub(crate) Provider);

#[OpenApi(prefix_path = "/admin/v1/accounts", tag = "Tag::Accounts")]
impl AccountsApi {
    /// List accounts
    ///
    /// In the order of their ids, at most 100 a page; where a filter leaves few of a page it is short, and still says where
    /// the list goes on.
    #[oai(path = "/", method = "get", operation_id = "list_accounts")]
    async fn list(
        &self,
        admitted: Admitted<AccountsRead>,
        /// Only the account that signs in with this name, in whichever spelling.
        identifier: Query<Option<String>>,
        /// Only those in this state.
        state: Query<Option<Written<AccountState>>>,
        /// Where the list goes on: `next` of the page before.
        after: Query<Option<String>>,
    ) -> Looked<Told<Listed<ListedAccount>>> {
        let Admitted { by, context, .. } = admitted;
        Looked(
            async {
                let filter = filter(&context, (identifier.0, state.0))?;
                let after = after.0.map(Cursor::presented);
                let list = self.0.flows.accounts(&by, &filter, after.as_ref()).await;
                let list = list.map_err(|error| refused_cursor(&context, &error))?;
                Ok(Told(Listed::of(list, |account| ListedAccount::of(&account))))
            }
            .await,
        )
    }

    /// Find an account
    #[oai(path = "/:account_id", method = "get", operation_id = "find_account")]
    async fn find(
        &self,
        admitted: Admitted<AccountsRead>,
        /// The account's id.
        account_id: Path<String>,
    ) -> Looked<Found<AccountView>> {
        let Admitted { by, context, .. } = admitted;
        Looked(async { self.shown(&by, &context, id(&context, &account_id)?).await }.await)
    }

    /// Create an account
    ///
    /// With 1 to 16 identifiers, which no other account has in any spelling. Without a password nobody can sign in with it
    /// until one is set.
    #[oai(path = "/", method = "post", operation_id = "create_account")]
    async fn create(
        &self,
        admitted: Admitted<AccountsWrite>,
        /// Chosen by the caller: however often it is sent, the account is created once, and the answer is the same for a day.
        #[oai(name = "Idempotency-Key")]
        once: Once,
        body: JsonOf<NewAccountBody>,
    ) -> Changed<Created<CreatedAccount>> {
        let Admitted { by, context, .. } = admitted;
        Changed(
            async {
                let new = body.value.read(&context, self.0.flows.now())?;
                let creation = once.creation("create_account", &body.bytes);
                let made = self.0.flows.make_account(&by, creation, new).await;
                let account_id = made.map_err(|error| refused(&context, &error))?.into_inner();
                let location = format!("/admin/v1/accounts/{account_id}");
                Ok(Created { body: CreatedAccount::of(account_id), location })
            }
            .await,
        )
    }

    /// Replace the claims of an account
    ///
    /// What is left out is forgotten. When they were last changed is noted. The account of an operator can only be changed
    /// by who has every permission of that operator.
    #[oai(path = "/:account_id", method = "put", operation_id = "replace_account")]
    async fn replace(
        &self,
        admitted: Admitted<AccountsWrite>,
        /// The account's id.
        account_id: Path<String>,
        /// The ETag of the state upon which the change was decided, or `*`.
        #[oai(name = "If-Match")]
        upon: IfMatch,
        body: JsonOf<AccountBody>,
    ) -> Changed<Found<AccountView>> {
        let Admitted { by, context, .. } = admitted;
        Changed(
            async {
                let account_id = id(&context, &account_id)?;
                let claims = body.value.claims.read(&context)?;
                let done = self.0.flows.replace_claims(&by, (account_id, upon.0), claims).await;
                done.map_err(|error| refused(&context, &error))?;
                self.shown(&by, &context, account_id).await
            }
            .await,
        )
    }

    /// Set the identifiers of an account
    ///
    /// The whole set, at once or not at all: 1 to 16, which no other account has in any spelling. Sessions go on. The account
    /// of an operator can only be changed by who has every permission of that operator.
    #[oai(path = "/:account_id/identifiers", method = "put", operation_id = "set_identifiers")]
    async fn set_identifiers(
        &self,
        admitted: Admitted<AccountsWrite>,
        /// The account's id.
        account_id: Path<String>,
        /// The ETag of the account upon which the change was decided, or `*`.
        #[oai(name = "If-Match")]
        upon: IfMatch,
        body: JsonOf<IdentifiersBody>,
    ) -> Changed<Found<AccountView>> {
        let Admitted { by, context, .. } = admitted;
        Changed(
            async {
                let account_id = id(&context, &account_id)?;
                let names = identifiers(&context, &body.value.identifiers)?;
                let done = self.0.flows.set_identifiers(&by, (account_id, upon.0), &names).await;
                done.map_err(|error| refused(&context, &error))?;
                self.shown(&by, &context, account_id).await
            }
            .await,
        )
    }

    /// Set a password
    ///
    /// In place of the one that was there. Sessions go on: where somebody else may have known it, end them too. The account
    /// of an operator can only be given one by who has every permission of that operator.
    #[oai(path = "/:account_id/password", method = "post", operation_id = "set_password")]
    async fn set_password(
        &self,
        admitted: Admitted<AccountsWrite>,
        /// The account's id.
        account_id: Path<String>,
        body: JsonOf<PasswordBody>,
    ) -> Changed<Done> {
        let Admitted { by, context, .. } = admitted;
        Changed(
            async {
                let account_id = id(&context, &account_id)?;
                let done = self.0.flows.set_password(&by, account_id, body.value.read()).await;
                done.map(|()| Done).map_err(|error| refused(&context, &error))
            }
            .await,
        )
    }

    /// Require a new password
    ///
    /// At the next sign-in the end-user must choose another password, once the present one was right, before anything else.
    /// Sessions go on until they end. Done again it changes nothing.
    #[oai(
        path = "/:account_id/require-new-password",
        method = "post",
        operation_id = "require_new_password"
    )]
    async fn require_new_password(
        &self,
        admitted: Admitted<AccountsWrite>,
        /// The account's id.
        account_id: Path<String>,
        body: JsonOf<WhyBody>,
    ) -> Changed<Done> {
        let Admitted { by, context, .. } = admitted;
        Changed(
            async {
                let (account_id, why) = (id(&context, &account_id)?, body.value.read(&context)?);
                let done = self.0.flows.require_new_password(&by, account_id, &why).await;
                done.map(|()| Done).map_err(|error| refused(&context, &error))
            }
            .await,
        )
    }

    /// Disable an account
    ///
    /// It may not sign in, and its sessions and tokens are refused at once, on every node, until it is enabled. The account
    /// of an operator can only be disabled by who has every permission of that operator, and that of the last one who
    /// administers operators cannot. Done again it changes nothing.
    #[oai(path = "/:account_id/disable", method = "post", operation_id = "disable_account")]
    async fn disable(
        &self,
        admitted: Admitted<AccountsWrite>,
        /// The account's id.
        account_id: Path<String>,
        body: JsonOf<WhyBody>,
    ) -> Changed<Done> {
        let Admitted { by, context, .. } = admitted;
        Changed(
            async {
                let (account_id, why) = (id(&context, &account_id)?, body.value.read(&context)?);
                let done = self.0.flows.disable_account(&by, account_id, &why).await;
                done.map(|()| Done).map_err(|error| refused(&context, &error))
            }
            .await,
        )
    }

    /// Enable an account
    ///
    /// It may sign in again. Sessions and tokens that it had hold again, as long as they have not expired: end them first
    /// where they must not.
    #[oai(path = "/:account_id/enable", method = "post", operation_id = "enable_account")]
    async fn enable(
        &self,
        admitted: Admitted<AccountsWrite>,
        /// The account's id.
        account_id: Path<String>,
        body: JsonOf<WhyBody>,
    ) -> Changed<Done> {
        let Admitted { by, context, .. } = admitted;
        Changed(
            async {
                let (account_id, why) = (id(&context, &account_id)?, body.value.read(&context)?);
                let done = self.0.flows.enable_account(&by, account_id, &why).await;
                done.map(|()| Done).map_err(|error| refused(&context, &error))
            }
            .await,
        )
    }

    /// End all sessions of an account
    ///
    /// Every session that there is, and all that was given in them, is refused at once, on every node. With `tokens` also
    /// what outlives a session (`offline_access`). The end-user can sign in again.
    #[oai(path = "/:account_id/end-sessions", method = "post", operation_id = "end_sessions")]
    async fn end_sessions(
        &self,
        admitted: Admitted<SessionsWrite>,
        /// The account's id.
        account_id: Path<String>,
        body: JsonOf<EndSessionsBody>,
    ) -> Changed<Done> {
        let Admitted { by, context, .. } = admitted;
        Changed(
            async {
                let account_id = id(&context, &account_id)?;
                let (tokens, why) = body.value.read(&context)?;
                let whose = (account_id, tokens);
                let done = self.0.flows.end_sessions_of_account(&by, whose, &why).await;
                done.map(|()| Done).map_err(|error| refused(&context, &error))
            }
            .await,
        )
    }

    /// Erase an account
    ///
    /// With all that tells of it, in the audit log too. Its id is never given again; its identifiers are free. The account
    /// of an operator can only be erased by who has every permission of that operator, and that of the last one who
    /// administers operators cannot. The operator is deleted with it; one that has a token stays, without its name.
    #[oai(path = "/:account_id", method = "delete", operation_id = "delete_account")]
    async fn delete(
        &self,
        admitted: Admitted<AccountsWrite>,
        /// The account's id.
        account_id: Path<String>,
        /// The ETag of the state upon which the erasure was decided, or `*`.
        #[oai(name = "If-Match")]
        upon: IfMatch,
    ) -> Changed<Done> {
        let Admitted { by, context, .. } = admitted;
        Changed(
            async {
                let account_id = id(&context, &account_id)?;
                let done = self.0.flows.delete_account(&by, (account_id, upon.0)).await;
                done.map(|()| Done).map_err(|error| refused(&context, &error))
            }
            .await,
        )
    }
}

impl AccountsApi {
    /// An account as it is now.
    async fn shown(
        &self,
        by: &Administrator,
        context: &Context,
        account_id: AccountId,
    ) -> Result<Found<AccountView>, Problem> {
        let found = self.0.flows.account(by, account_id).await;
        let found = found.map_err(|failure| Problem::failed(context, &failure))?;
        let found = found.ok_or_else(|| Problem::new(context, ProblemCode::NotFound))?;
        Ok(Found { etag: ETag::of(&found.account.version), body: AccountView::of(found) })
    }
}

/// Which accounts are asked for.
fn filter(
    context: &Context,
    asked: (Option<String>, Option<Written<AccountState>>),
) -> Result<AccountFilter, Problem> {
    match asked {
        (None, None) => Ok(AccountFilter::All),
        (None, Some(state)) => Ok(AccountFilter::In(state.0)),
        (Some(text), None) => match Identifier::canonical(&text) {
            Ok(identifier) => Ok(AccountFilter::Named(identifier)),
            Err(why) => Err(Problem::because(
                context,
                ProblemCode::Malformed,
                format_args!("identifier: {why}"),
            )),
        },
        (Some(_), Some(_)) => {
            let why = "identifier and state cannot be asked for together";
            Err(Problem::because(context, ProblemCode::Malformed, why))
        }
    }
}

/// The account's id in a path. What is none is the id of nobody.
fn id(context: &Context, text: &str) -> Result<AccountId, Problem> {
    text.parse().map_err(|_| Problem::new(context, ProblemCode::NotFound))
}

/// Why nothing was done.
pub(super) fn refused(context: &Context, error: &Error<AccountRefused>) -> Problem {
    let why = match error {
        Error::Failed(failure) => return Problem::failed(context, failure),
        Error::Refused(why) => why,
    };
    let code = match why {
        AccountRefused::Unknown => return Problem::new(context, ProblemCode::NotFound),
        AccountRefused::Identifiers | AccountRefused::Password(_) => ProblemCode::Unprocessable,
        AccountRefused::IdentifierTaken | AccountRefused::Last => ProblemCode::Conflict,
        AccountRefused::Changed => ProblemCode::PreconditionFailed,
        AccountRefused::Escalation(_) => ProblemCode::InsufficientPermission,
        AccountRefused::KeyReused(_) => ProblemCode::IdempotencyKeyReused,
    };
    Problem::because(context, code, why)
}
