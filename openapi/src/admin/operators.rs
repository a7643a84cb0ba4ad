//! `/admin/v1/operators`: who administers.

mod view;

use flows::{
    Context, Error,
    admin::{Cursor, operators::OperatorRefused},
};
use poem_openapi::{
    OpenApi,
    param::{Path, Query},
};
use protocol::OperatorId;

use self::view::{MadeOperatorView, NewOperatorBody, OperatorBody, OperatorView};
use super::{
    admitted::{Admitted, OperatorsRead, OperatorsWrite},
    answer::{Changed, Created, Done, Found, Listed, Looked, Told, refused_cursor},
    body::JsonOf,
    conditional::{ETag, IfMatch, Once},
};
use crate::{
    Provider,
    problem::{Problem, ProblemCode},
    responses::Tag,
};

/// The operations on operators.
pub(crate) struct OperatorsApi(pub(crate) Provider);

#[OpenApi(prefix_path = "/admin/v1/operators", tag = "Tag::Operators")]
impl OperatorsApi {
    /// List operators
    ///
    /// In the order of their ids, at most 100 a page. Tokens are never listed.
    #[oai(path = "/", method = "get", operation_id = "list_operators")]
    async fn list(
        &self,
        admitted: Admitted<OperatorsRead>,
        /// Where the list goes on: `next` of the page before.
        after: Query<Option<String>>,
    ) -> Looked<Told<Listed<OperatorView>>> {
        let Admitted { by, context, .. } = admitted;
        let after = after.0.map(Cursor::presented);
        Looked(match self.0.flows.operators(&by, after.as_ref()).await {
            Ok(list) => Ok(Told(Listed::of(list, |operator| (&operator).into()))),
            Err(error) => Err(refused_cursor(&context, &error)),
        })
    }

    /// Find an operator
    #[oai(path = "/:operator_id", method = "get", operation_id = "find_operator")]
    async fn find(
        &self,
        admitted: Admitted<OperatorsRead>,
        /// The operator's id.
        operator_id: Path<String>,
    ) -> Looked<Found<OperatorView>> {
        let Admitted { by, context, .. } = admitted;
        Looked(
            async {
                let operator = self.0.flows.operator(&by, id(&context, &operator_id)?).await;
                let operator = operator.map_err(|failure| Problem::failed(&context, &failure))?;
                let (operator, version) =
                    operator.ok_or_else(|| Problem::new(&context, ProblemCode::NotFound))?;
                Ok(Found { body: (&operator).into(), etag: ETag::of(&version) })
            }
            .await,
        )
    }

    /// Create an operator
    ///
    /// It is let in by a token, which the answer shows and nobody can be shown again, by an account that it signs in with,
    /// or by either. Nobody can give a permission that they do not have. From then on nothing holds that the account had
    /// before: its sessions are over, its tokens are taken back, and another password must be chosen at the next sign-in.
    #[oai(path = "/", method = "post", operation_id = "create_operator")]
    async fn create(
        &self,
        admitted: Admitted<OperatorsWrite>,
        /// Chosen by the caller: however often it is sent, the operator is created once, and the answer is the same for a
        /// day.
        #[oai(name = "Idempotency-Key")]
        once: Once,
        body: JsonOf<NewOperatorBody>,
    ) -> Changed<Created<MadeOperatorView>> {
        let Admitted { by, context, .. } = admitted;
        Changed(
            async {
                let creation = once.creation("create_operator", &body.bytes);
                let made = self.0.flows.create_operator(&by, &creation, body.value.into()).await;
                let made = made.map_err(|error| refused(&context, &error))?.into_inner();
                let location = format!("/admin/v1/operators/{}", made.operator.operator_id);
                Ok(Created { body: made.into(), location })
            }
            .await,
        )
    }

    /// Change an operator
    ///
    /// Everything that can be chosen is replaced, at once. Whoever changes an operator must have every permission that it
    /// has, before and after; and one must stay who has `operators:write`. Where it signs in with another account from now
    /// on, nothing holds that this had before, as when an operator is created.
    #[oai(path = "/:operator_id", method = "put", operation_id = "replace_operator")]
    async fn replace(
        &self,
        admitted: Admitted<OperatorsWrite>,
        /// The operator's id.
        operator_id: Path<String>,
        /// The ETag of the state upon which the change was decided, or `*`.
        #[oai(name = "If-Match")]
        upon: IfMatch,
        body: JsonOf<OperatorBody>,
    ) -> Changed<Found<OperatorView>> {
        let Admitted { by, context, .. } = admitted;
        Changed(
            async {
                let operator = (id(&context, &operator_id)?, upon.0);
                let changed = self.0.flows.replace_operator(&by, operator, body.value.into()).await;
                let (operator, version) = changed.map_err(|error| refused(&context, &error))?;
                Ok(Found { body: (&operator).into(), etag: ETag::of(&version) })
            }
            .await,
        )
    }

    /// Replace the token of an operator
    ///
    /// The answer shows the new one, and nobody can be shown it again. The one before is good for nothing from now on, also
    /// where it is the caller's own.
    #[oai(path = "/:operator_id/token", method = "post", operation_id = "rotate_operator_token")]
    async fn rotate(
        &self,
        admitted: Admitted<OperatorsWrite>,
        /// The operator's id.
        operator_id: Path<String>,
    ) -> Changed<Told<MadeOperatorView>> {
        let Admitted { by, context, .. } = admitted;
        Changed(
            async {
                let made =
                    self.0.flows.rotate_operator_token(&by, id(&context, &operator_id)?).await;
                let made = made.map_err(|error| refused(&context, &error))?;
                Ok(Told(made.into()))
            }
            .await,
        )
    }

    /// Delete an operator
    ///
    /// It is let in nowhere from now on. Whoever deletes an operator must have every permission that it has, and the last
    /// one that has `operators:write` cannot be deleted.
    #[oai(path = "/:operator_id", method = "delete", operation_id = "delete_operator")]
    async fn delete(
        &self,
        admitted: Admitted<OperatorsWrite>,
        /// The operator's id.
        operator_id: Path<String>,
        /// The ETag of the state upon which the deletion was decided, or `*`.
        #[oai(name = "If-Match")]
        upon: IfMatch,
    ) -> Changed<Done> {
        let Admitted { by, context, .. } = admitted;
        Changed(
            async {
                let operator = (id(&context, &operator_id)?, upon.0);
                let done = self.0.flows.delete_operator(&by, operator).await;
                done.map(|()| Done).map_err(|error| refused(&context, &error))
            }
            .await,
        )
    }
}

/// The operator's id in a path. What is none is the id of nobody.
fn id(context: &Context, text: &str) -> Result<OperatorId, Problem> {
    text.parse().map_err(|_| Problem::new(context, ProblemCode::NotFound))
}

/// Why nothing was done.
fn refused(context: &Context, error: &Error<OperatorRefused>) -> Problem {
    let why = match error {
        Error::Failed(failure) => return Problem::failed(context, failure),
        Error::Refused(why) => why,
    };
    let code = match why {
        OperatorRefused::Unknown => return Problem::new(context, ProblemCode::NotFound),
        OperatorRefused::Name | OperatorRefused::NoWayIn | OperatorRefused::UnknownAccount => {
            ProblemCode::Unprocessable
        }
        OperatorRefused::Changed => ProblemCode::PreconditionFailed,
        OperatorRefused::Escalation(_) => ProblemCode::InsufficientPermission,
        OperatorRefused::AccountTaken
        | OperatorRefused::Last
        | OperatorRefused::Exists
        | OperatorRefused::Elsewhere => ProblemCode::Conflict,
        OperatorRefused::KeyReused(_) => ProblemCode::IdempotencyKeyReused,
    };
    Problem::because(context, code, why)
}
