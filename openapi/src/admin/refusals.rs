//! `/admin/v1/refusals`: why requests were refused, with what was received and what was expected.

mod view;

use flows::admin::{Cursor, refusals::RefusalFilter};
use poem_openapi::{
    OpenApi,
    param::{Path, Query},
};
use protocol::{ClientId, Timestamp};

use self::view::RefusalView;
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

/// Bytes of the name of an endpoint or a reason.
const NAME_BYTES_MAX: usize = 64;

/// The operations on refusals.
pub(crate) struct RefusalsApi(pub(crate) Provider);

#[OpenApi(prefix_path = "/admin/v1/refusals", tag = "Tag::Refusals")]
impl RefusalsApi {
    /// List refusals
    ///
    /// The newest first, for seven days. A page has at most 100; where something is asked for it may have few or none
    /// although the list goes on: as long as there is `next` there may be more. Of another node the last moment may be
    /// missing.
    #[oai(path = "/", method = "get", operation_id = "list_refusals")]
    #[expect(clippy::too_many_arguments, reason = "one for each thing that can be looked for")]
    async fn list(
        &self,
        admitted: Admitted<AuditRead>,
        /// Of requests that named this client.
        client_id: Query<Option<Written<ClientId>>>,
        /// Where: `authorize`, `sign_in`, `logout`, `token`, `introspect`, `revoke`, `userinfo` or `admin`.
        endpoint: Query<Option<String>>,
        /// Why: the name of a reason.
        reason: Query<Option<String>>,
        /// At this instant or later.
        from: Query<Option<Written<Timestamp>>>,
        /// Before this instant.
        to: Query<Option<Written<Timestamp>>>,
        /// Where the list goes on: `next` of the page before.
        after: Query<Option<String>>,
    ) -> Looked<Told<Listed<RefusalView>>> {
        let Admitted { by, context, .. } = admitted;
        let names = [("endpoint", &endpoint.0), ("reason", &reason.0)];
        if let Some((name, _)) = names.iter().find(|(_, text)| !is_name(text.as_deref())) {
            let why = format_args!(
                "`{name}` has 1 to {NAME_BYTES_MAX} characters of a to z, 0 to 9 and _"
            );
            return Problem::because(&context, ProblemCode::Malformed, why).into();
        }
        let (since, until) = (from.0.map(|at| at.0), to.0.map(|at| at.0));
        if since.zip(until).is_some_and(|(since, until)| since >= until) {
            let why = "`from` must be before `to`";
            return Problem::because(&context, ProblemCode::Malformed, why).into();
        }
        let client_id = client_id.0.map(|id| id.0);
        let filter =
            RefusalFilter { client_id, endpoint: endpoint.0, reason: reason.0, since, until };
        let after = after.0.map(Cursor::presented);
        let list = self.0.flows.refusals(&by, &filter, after.as_ref()).await;
        let list = list.map_err(|error| refused_cursor(&context, &error));
        Looked(list.map(|list| Told(Listed::of(list, RefusalView::from))))
    }

    /// Look up a refusal
    ///
    /// By the id that the refused request was answered with: `refusal_id` of an OAuth error, `request_id` of a problem, the
    /// header `X-Request-Id`, or the number on a page. It tells what was received, what was expected, and for values that
    /// were compared the nearest of those, with the difference character by character. Secrets are never among it.
    #[oai(path = "/:request_id", method = "get", operation_id = "find_refusal")]
    async fn find(
        &self,
        admitted: Admitted<AuditRead>,
        /// The id of the request that was refused.
        request_id: Path<String>,
    ) -> Looked<Told<RefusalView>> {
        let Admitted { by, context, .. } = admitted;
        let not_found = || Problem::new(&context, ProblemCode::NotFound);
        let Ok(id) = request_id.0.parse() else { return not_found().into() };
        Looked(match self.0.flows.refusal(&by, id).await {
            Ok(Some(refusal)) => Ok(Told(refusal.into())),
            Ok(None) => Err(not_found()),
            Err(failure) => Err(Problem::failed(&context, &failure)),
        })
    }
}

fn is_name(text: Option<&str>) -> bool {
    let is_of_it = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_');
    text.is_none_or(|text| (1..=NAME_BYTES_MAX).contains(&text.len()) && text.bytes().all(is_of_it))
}
