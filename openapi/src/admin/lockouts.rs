//! `/admin/v1/lockouts`: what is locked, or has failed lately.

mod view;

use flows::{
    Context, Error,
    admin::{
        Cursor,
        lockouts::{LockoutId, NoSuchLockout},
    },
};
use poem_openapi::{
    OpenApi,
    param::{Path, Query},
};
use protocol::AccountId;

use self::view::LockoutView;
use super::{
    admitted::{Admitted, LockoutsRead, LockoutsWrite},
    answer::{Changed, Done, Listed, Looked, Told, refused_cursor},
    body::JsonOf,
    why::WhyBody,
    written::Written,
};
use crate::{
    Provider,
    problem::{Problem, ProblemCode},
    responses::Tag,
};

/// The operations on lockouts.
pub(crate) struct LockoutsApi(pub(crate) Provider);

#[OpenApi(prefix_path = "/admin/v1/lockouts", tag = "Tag::Lockouts")]
impl LockoutsApi {
    /// List lockouts
    ///
    /// What is locked now, and what has failed and still counts, at most 100 a page. Failures at identifiers that nobody has
    /// are counted without the identifier.
    #[oai(path = "/", method = "get", operation_id = "list_lockouts")]
    async fn list(
        &self,
        admitted: Admitted<LockoutsRead>,
        /// Only those of this account.
        account_id: Query<Option<Written<AccountId>>>,
        /// Where the list goes on: `next` of the page before.
        after: Query<Option<String>>,
    ) -> Looked<Told<Listed<LockoutView>>> {
        let Admitted { by, context, .. } = admitted;
        let (account_id, after) = (account_id.0.map(|one| one.0), after.0.map(Cursor::presented));
        Looked(match self.0.flows.lockouts(&by, account_id, after.as_ref()).await {
            Ok(list) => Ok(Told(Listed::of(list, LockoutView::of))),
            Err(error) => Err(refused_cursor(&context, &error)),
        })
    }

    /// Find a lockout
    #[oai(path = "/:lockout_id", method = "get", operation_id = "find_lockout")]
    async fn find(
        &self,
        admitted: Admitted<LockoutsRead>,
        /// The lockout's id.
        lockout_id: Path<String>,
    ) -> Looked<Told<LockoutView>> {
        let Admitted { by, context, .. } = admitted;
        Looked(
            async {
                let found = self.0.flows.lockout(&by, &id(&context, &lockout_id)?).await;
                let found = found.map_err(|failure| Problem::failed(&context, &failure))?;
                let found = found.ok_or_else(|| Problem::new(&context, ProblemCode::NotFound))?;
                Ok(Told(LockoutView::of(found)))
            }
            .await,
        )
    }

    /// Release a lockout
    ///
    /// Its failures are forgotten, and its lock ends: an attempt that is made after the answer is judged without them, on
    /// every node. Another lock, such as that of the address, stays.
    #[oai(path = "/:lockout_id/release", method = "post", operation_id = "release_lockout")]
    async fn release(
        &self,
        admitted: Admitted<LockoutsWrite>,
        /// The lockout's id.
        lockout_id: Path<String>,
        body: JsonOf<WhyBody>,
    ) -> Changed<Done> {
        let Admitted { by, context, .. } = admitted;
        Changed(
            async {
                let (lockout_id, why) = (id(&context, &lockout_id)?, body.value.read(&context)?);
                match self.0.flows.release_lockout(&by, &lockout_id, &why).await {
                    Ok(()) => Ok(Done),
                    Err(Error::Refused(NoSuchLockout)) => {
                        Err(Problem::new(&context, ProblemCode::NotFound))
                    }
                    Err(Error::Failed(failure)) => Err(Problem::failed(&context, &failure)),
                }
            }
            .await,
        )
    }
}

/// The lockout's id in a path. What is none is the id of nothing.
fn id(context: &Context, text: &str) -> Result<LockoutId, Problem> {
    text.parse().map_err(|_| Problem::new(context, ProblemCode::NotFound))
}
