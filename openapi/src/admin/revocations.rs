//! `/admin/v1/revocations`: what was taken back, and taking it back.

mod asked;
mod view;

use flows::{
    Context, Error,
    admin::{
        Administrator, Creation, Cursor, Why,
        revocations::{Everything, NotEverything, OfWhom, Revocable},
    },
};
use poem_openapi::{OpenApi, param::Query};
use protocol::{AccountId, ClientId, Timestamp};

use self::{
    asked::{Meant, RevocationBody},
    view::{GrantView, OutcomeView, RevokedView, StatisticsView},
};
use super::{
    admitted::{Admitted, RevocationsRead, RevocationsWrite},
    answer::{Changed, Listed, Looked, Told, refused_cursor},
    body::JsonOf,
    conditional::Once,
    written::Written,
};
use crate::{
    Provider,
    problem::{Problem, ProblemCode},
    responses::Tag,
};

pub(in crate::admin) use self::view::actor;

/// The operations on revocations.
pub(crate) struct RevocationsApi(pub(crate) Provider);

#[OpenApi(prefix_path = "/admin/v1/revocations", tag = "Tag::Revocations")]
impl RevocationsApi {
    /// List revoked grants
    ///
    /// What applications were given and was taken back grant by grant, by whomever, the latest first, while anything of it
    /// could still hold. What ended because all of its client or account was taken back, or with a session, an account or a
    /// client, is not in it one by one: `tokens_revoked_at` of the client or the account says when, and the audit log who
    /// and why (`client_tokens_revoked`, `account_tokens_revoked`). A page has at most 100; with both filters it may have
    /// fewer although there is `next`.
    #[oai(path = "/", method = "get", operation_id = "list_revocations")]
    async fn list(
        &self,
        admitted: Admitted<RevocationsRead>,
        /// What this client was given.
        client_id: Query<Option<Written<ClientId>>>,
        /// What was given for this account.
        account_id: Query<Option<Written<AccountId>>>,
        /// Where the list goes on: `next` of the page before.
        after: Query<Option<String>>,
    ) -> Looked<Told<Listed<GrantView>>> {
        let Admitted { by, context, .. } = admitted;
        let of = OfWhom {
            client_id: client_id.0.map(|id| id.0),
            account_id: account_id.0.map(|id| id.0),
        };
        let after = after.0.map(Cursor::presented);
        let list = self.0.flows.revoked_grants(&by, of, after.as_ref()).await;
        let list = list.map_err(|error| refused_cursor(&context, &error));
        Looked(list.map(|list| Told(Listed::of(list, GrantView::from))))
    }

    /// Revoke
    ///
    /// Either up to 100 grants and tokens, each with its own outcome in `results`, in order; or all that a client was given,
    /// that clients were given for an account, that one client was given for one account, that was given in a session, or
    /// that any client was given. What is revoked is refused at once, on every node, offline access included; sessions in the
    /// browser go on. Where there is `next` the rest is asked for with that as `after`, until there is none.
    ///
    /// Sent again, `items` are not revoked twice. All of something is, and with it what was given since, unless both
    /// requests have the same `Idempotency-Key`: then the second has the answer of the first, and no effect.
    #[oai(path = "/", method = "post", operation_id = "revoke")]
    async fn revoke(
        &self,
        admitted: Admitted<RevocationsWrite>,
        /// Chosen by the caller, another for each `after`: however often it is sent with all of something, that is revoked
        /// once, and the answer is the same for a day.
        #[oai(name = "Idempotency-Key")]
        once: Once,
        body: JsonOf<RevocationBody>,
    ) -> Changed<Told<RevokedView>> {
        let Admitted { by, context, .. } = admitted;
        let creation = once.creation("revoke", &body.bytes);
        Changed(
            async {
                let (why, meant) = body.value.read().map_err(|why| {
                    Problem::because(
                        &context,
                        ProblemCode::Malformed,
                        format_args!("the body: {why}"),
                    )
                })?;
                match meant {
                    Meant::Each(items) => self.each((&by, &context), items, &why).await,
                    Meant::All(of, after) => {
                        let after = after.map(Cursor::presented);
                        let by = (&by, &creation);
                        self.all((by, &context), of, &why, after.as_ref()).await
                    }
                }
                .map(Told)
            }
            .await,
        )
    }

    /// Count revocations
    ///
    /// How often what was revoked and why, in a window of at most 31 days, to whole hours. What another node has done within
    /// the last second may be missing.
    #[oai(path = "/statistics", method = "get", operation_id = "count_revocations")]
    async fn statistics(
        &self,
        admitted: Admitted<RevocationsRead>,
        /// From the hour of this instant on; a day before `to` where it is left out.
        from: Query<Option<Written<Timestamp>>>,
        /// To the hour of this instant; now, where it is left out.
        to: Query<Option<Written<Timestamp>>>,
    ) -> Looked<Told<StatisticsView>> {
        let Admitted { by, context, .. } = admitted;
        let window = (from.0.map(|at| at.0), to.0.map(|at| at.0));
        let counted = self.0.flows.revocation_statistics(&by, window).await;
        Looked(match counted {
            Ok(statistics) => Ok(Told(statistics.into())),
            Err(Error::Refused(why)) => {
                Err(Problem::because(&context, ProblemCode::Malformed, why))
            }
            Err(Error::Failed(failure)) => Err(Problem::failed(&context, &failure)),
        })
    }
}

impl RevocationsApi {
    async fn each(
        &self,
        (by, context): (&Administrator, &Context),
        items: Vec<Revocable>,
        why: &Why,
    ) -> Result<RevokedView, Problem> {
        let outcomes = self.0.flows.revoke_each((by, context), items, why).await;
        let outcomes = outcomes.map_err(|failure| Problem::failed(context, &failure))?;
        Ok(RevokedView::of(outcomes.into_iter().map(OutcomeView::from).collect()))
    }

    async fn all(
        &self,
        (by, context): ((&Administrator, &Creation), &Context),
        of: Everything,
        why: &Why,
        after: Option<&Cursor>,
    ) -> Result<RevokedView, Problem> {
        match self.0.flows.revoke_everything(by, of, why, after).await {
            Ok(progress) => Ok(progress.into()),
            Err(Error::Refused(NotEverything::Unknown)) => {
                Err(Problem::new(context, ProblemCode::NotFound))
            }
            Err(Error::Refused(NotEverything::Cursor(why))) => {
                Err(Problem::because(context, ProblemCode::Malformed, why))
            }
            Err(Error::Refused(NotEverything::KeyReused(_))) => {
                Err(Problem::new(context, ProblemCode::IdempotencyKeyReused))
            }
            Err(Error::Failed(failure)) => Err(Problem::failed(context, &failure)),
        }
    }
}
