//! `/admin/v1/audit`: what happened, looked through or followed.

mod selected;
mod stream;
mod view;

use flows::{
    Error,
    admin::{
        Cursor,
        audit::{Begin, FollowRefused, PlaceInLog},
    },
};
use poem::Request;
use poem_openapi::{OpenApi, param::Query};
use protocol::{AccountId, ClientId, Timestamp};

pub(in crate::admin) use self::view::ActorView;
use self::{
    selected::Selected,
    stream::{Lines, Until},
    view::EntryView,
};
use super::{
    admitted::{Admitted, AuditRead},
    answer::{Listed, Looked, Told, refused_cursor},
    written::Written,
};
use crate::{
    Provider,
    problem::{Problem, ProblemCode},
    responses::Tag,
};

/// The operations on the audit log.
pub(crate) struct AuditApi(pub(crate) Provider);

#[OpenApi(prefix_path = "/admin/v1/audit", tag = "Tag::Audit")]
impl AuditApi {
    /// Look through the audit log
    ///
    /// What happened on all nodes, the latest first, as far as it fits everything that is asked for. What was answered
    /// before this request is in it, on whichever node. A page has at most 100 entries; where several things are asked for
    /// it may have few or none although the list goes on: as long as there is `next` there may be more.
    #[oai(path = "/", method = "get", operation_id = "list_audit_entries")]
    #[expect(clippy::too_many_arguments, reason = "one for each thing that can be looked for")]
    async fn list(
        &self,
        admitted: Admitted<AuditRead>,
        /// What happened: the name of an act, such as `signed_in`.
        act: Query<Option<String>>,
        /// The account that it concerns.
        account_id: Query<Option<Written<AccountId>>>,
        /// The client that took part.
        client_id: Query<Option<Written<ClientId>>>,
        /// Who did it: the id of an operator, an account or a client, `node`, or `stranger` for who has not proved who they are.
        actor: Query<Option<String>>,
        /// The request that did it.
        request_id: Query<Option<String>>,
        /// At this instant or later.
        from: Query<Option<Written<Timestamp>>>,
        /// Before this instant.
        to: Query<Option<Written<Timestamp>>>,
        /// Where the list goes on: `next` of the page before.
        after: Query<Option<String>>,
    ) -> Looked<Told<Listed<EntryView>>> {
        let Admitted { by, context, .. } = admitted;
        let selected = Selected {
            act: act.0,
            account_id: account_id.0.map(|id| id.0),
            client_id: client_id.0.map(|id| id.0),
            actor: actor.0,
            request_id: request_id.0,
            from: from.0.map(|at| at.0),
            to: to.0.map(|at| at.0),
        };
        Looked(
            async {
                let selection = selected.read();
                let selection = selection
                    .map_err(|why| Problem::because(&context, ProblemCode::Malformed, why))?;
                let after = after.0.map(Cursor::presented);
                let list = self.0.flows.audit_log(&by, &selection, after.as_ref()).await;
                let list = list.map_err(|error| refused_cursor(&context, &error))?;
                Ok(Told(Listed::of(list, EntryView::from)))
            }
            .await,
        )
    }

    /// Follow the audit log
    ///
    /// A line of JSON for each entry, in the order of each node's chain, with the `cursor` after it. Who asks again with the
    /// cursor of the last line that they have kept misses nothing and is told nothing twice, however many nodes write and in
    /// whatever order they do. It ends where the log ends now: an answer without lines says that all was read. With
    /// `follow=true` it waits for what happens, as long as a request may last (30 seconds, where nothing else is
    /// configured), and then ends after a whole line; an empty line only says that nothing happened for ten seconds. What
    /// another node has done appears when that has sealed it, within about a second.
    #[oai(path = "/stream", method = "get", operation_id = "stream_audit_entries")]
    #[expect(clippy::too_many_arguments, reason = "the request tells how long it may last")]
    async fn stream(
        &self,
        request: &Request,
        admitted: Admitted<AuditRead>,
        /// Where to go on: `cursor` of the last line that was kept. Without it, from the first entry on.
        after: Query<Option<String>>,
        /// Whether to begin with what happens from now on. Not with `after`.
        #[oai(default)]
        from_now: Query<bool>,
        /// Whether to wait for what happens.
        #[oai(default)]
        follow: Query<bool>,
        /// Only what happened on this node. A cursor goes on only for the same node, or for all.
        node: Query<Option<String>>,
    ) -> Looked<Lines> {
        let Admitted { by, context, token, .. } = admitted;
        let malformed =
            |why: &dyn std::fmt::Display| Problem::because(&context, ProblemCode::Malformed, why);
        Looked(
            async {
                let begin = match (after.0, from_now.0) {
                    (Some(_), true) => {
                        return Err(malformed(&"`after` and `from_now` contradict each other"));
                    }
                    (Some(cursor), false) => Begin::After(PlaceInLog::presented(cursor)),
                    (None, true) => Begin::AtTheEnd,
                    (None, false) => Begin::AtTheBeginning,
                };
                let node = node.0.map(|node| selected::node(&node)).transpose();
                let node = node.map_err(|why| malformed(&why))?;
                let follower = self.0.flows.follow_audit_log(&by, node, begin).await;
                let follower = follower.map_err(|error| match error {
                    Error::Refused(FollowRefused::Cursor(why)) => malformed(&why),
                    Error::Refused(why) => malformed(&why),
                    Error::Failed(failure) => Problem::failed(&context, &failure),
                })?;
                Ok(Lines::of(follower, Until::read(request, follow.0), (context.clone(), token)))
            }
            .await,
        )
    }
}
