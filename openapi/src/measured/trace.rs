//! The first span of a request's trace: what it is called, what is said of it, and whose trace it goes on with.

use std::sync::OnceLock;

use poem::{Request, http::StatusCode};
use tracing::{Span, debug_span, field::Empty};

use super::{meters::Verb, routes::Route};
use crate::listener::Arrival;

/// What the first span of every trace is called within the process; its trace calls it by its path.
pub const ROOT: &str = "openapi";

/// The header in which the trace of a proxy comes (W3C Trace Context §3.2).
const TRACEPARENT: &str = "traceparent";

/// How a span goes on with the trace that a `traceparent` names.
type Continue = fn(&Span, &str);

static CONTINUE: OnceLock<Continue> = OnceLock::new();

/// From now on a trace that a configured proxy began is gone on with by `with`. Once a process, as the receiver of spans
/// is one a process too.
pub fn continue_traces(with: Continue) {
    // A second one would be the same.
    let _ = CONTINUE.set(with);
}

/// Begins the span of a request. It says nothing that the request says, but for its method.
pub(super) fn begin(route: &Route, verb: Verb, request: &Request) -> Span {
    let arrival = Arrival::of(request);
    let span = debug_span!(
        ROOT,
        otel.name = route.span.as_str(),
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = verb.name(),
        http.route = route.template.as_str(),
        http.response.status_code = Empty,
        request.id = arrival.map(|arrival| tracing::field::display(arrival.request_id)),
    );
    let is_trusted = arrival.is_some_and(|arrival| arrival.is_from_proxy);
    if is_trusted
        && !span.is_disabled()
        && let Some(go_on) = CONTINUE.get()
        && let Some(parent) = request.header(TRACEPARENT)
    {
        go_on(&span, parent);
    }
    span
}

/// Says how the request was answered.
pub(super) fn end(span: &Span, status: StatusCode) {
    span.record("http.response.status_code", status.as_u16());
    if status.is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
}
