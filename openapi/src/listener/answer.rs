//! One request through the border: named, bounded in size and time, given to the endpoint, answered whatever happens.

use std::{
    convert::Infallible,
    future::Future,
    io,
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::{Arc, atomic::Ordering},
    task::{Context, Poll},
    thread,
};

use futures_util::FutureExt;
use http_body_util::combinators::BoxBody;
use hyper::{
    Method, Request, Response, StatusCode, Version,
    body::{Body, Bytes, Frame, Incoming, SizeHint},
    header::{CACHE_CONTROL, CONNECTION, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER},
};
use poem::RequestParts;
use tokio::time::{Instant, error::Elapsed, timeout_at};
use tracing::{Instrument, error, error_span};

use super::{
    arrival::{Arrival, RequestId},
    body::Limited,
    connection::Connection,
    host,
    metrics::Meters,
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Answers `request`. The request counts as under way from this call, not from the future's first poll.
pub(super) fn answer(
    connection: Arc<Connection>,
    request: Request<Incoming>,
) -> impl Future<Output = Result<Response<AnswerBody>, Infallible>> + Send + 'static {
    let version = request.version();
    let (under_way, began_at) = UnderWay::new(connection, version);
    async move {
        let connection = &under_way.connection;
        let request_id = connection.border.request_ids.next();
        let span = error_span!("request", id = %request_id);
        let Called { outcome, must_close } =
            call(connection, request, request_id, began_at).instrument(span).await;
        let mut response: Response<_> =
            outcome.unwrap_or_else(|failure| failure.response(request_id)).into();
        let headers = response.headers_mut();
        if let Ok(value) = HeaderValue::try_from(request_id.to_string()) {
            headers.insert(REQUEST_ID, value);
        }
        // Whoever stands between may keep what does not say that it must not be kept (RFC 9111 §4.2.2).
        headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        if must_close && version < Version::HTTP_2 {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        Ok(response.map(|inner| AnswerBody { inner, _under_way: under_way }))
    }
}

/// What became of a request.
struct Called {
    outcome: Result<poem::Response, Failure>,
    /// What else is on the connection cannot be told from this request.
    must_close: bool,
}

/// What the border answers where the endpoint has no answer: a status, the request's id, and nothing else.
struct Failure {
    status: StatusCode,
    is_head: bool,
}

impl Failure {
    fn response(self, request_id: RequestId) -> poem::Response {
        let response =
            poem::Response::builder().status(self.status).header(CONTENT_TYPE, "application/json");
        let response = match self.status {
            StatusCode::SERVICE_UNAVAILABLE => response.header(RETRY_AFTER, "1"),
            _ => response,
        };
        if self.is_head {
            response.finish()
        } else {
            response.body(format!("{{\"request_id\":\"{request_id}\"}}"))
        }
    }
}

async fn call(
    connection: &Connection,
    request: Request<Incoming>,
    request_id: RequestId,
    began_at: Instant,
) -> Called {
    let border = &connection.border;
    let is_head = request.method() == Method::HEAD;
    let names_one_host = host::is_one(&request);
    let (parts, body) = request.into_parts();
    let (body, progress) = Limited::over(body, border.limits.body_size_max, &connection.activity);
    if !names_one_host {
        let outcome = Err(Failure { status: StatusCode::BAD_REQUEST, is_head });
        return Called { outcome, must_close: true };
    }
    let origin =
        (parts, connection.local.clone(), connection.remote.clone(), connection.scheme.clone());
    let mut request = poem::Request::from_parts(RequestParts::from(origin), body);
    let deadline = began_at + border.limits.request_timeout;
    let proxies = border.live.proxies.load();
    let (peer, is_from_proxy) = (proxies.peer(&request), proxies.sent(&request));
    request.extensions_mut().insert(border.stopping.clone());
    request.extensions_mut().insert(Arrival { request_id, peer, is_from_proxy, deadline });

    let endpoint = AssertUnwindSafe(async { border.endpoint.call(request).await }).catch_unwind();
    let outcome = timeout_at(deadline, endpoint).await;
    let reading = Reading {
        is_too_large: progress.as_ref().is_some_and(|progress| progress.is_too_large()),
        is_late: progress.is_some_and(|progress| !progress.is_whole())
            && deadline <= Instant::now(),
    };
    let outcome = judge(outcome, &reading, &border.meters);
    let must_close = reading.is_too_large || (reading.is_late && outcome.is_err());
    Called { outcome: outcome.map_err(|status| Failure { status, is_head }), must_close }
}

/// What there is to say of the request's body once the endpoint is done.
struct Reading {
    is_too_large: bool,
    is_late: bool,
}

/// The endpoint's answer, or the status of the border's own. A fault is logged and counted here, once.
///
/// A body over the limit is always 413: as the endpoint says it, if it does.
fn judge(
    outcome: Result<thread::Result<poem::Result<poem::Response>>, Elapsed>,
    body: &Reading,
    meters: &Meters,
) -> Result<poem::Response, StatusCode> {
    if body.is_too_large {
        meters.bodies_too_large.increment(1);
        return match outcome {
            Ok(Ok(Ok(response))) if response.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                Ok(response)
            }
            _ => Err(StatusCode::PAYLOAD_TOO_LARGE),
        };
    }
    if body.is_late {
        meters.bodies_late.increment(1);
    }
    match outcome {
        Ok(Ok(Ok(response))) => Ok(response),
        Ok(Ok(Err(error))) if error.is_from_response() || !error.status().is_server_error() => {
            Ok(error.into_response())
        }
        Ok(Ok(Err(error))) => {
            error!(%error, "the endpoint failed");
            Err(error.status())
        }
        Ok(Err(panic)) => {
            meters.panics.increment(1);
            error!(panic = said(&*panic), "the endpoint panicked");
            Err(StatusCode::INTERNAL_SERVER_ERROR)
        }
        Err(_) if body.is_late => Err(StatusCode::REQUEST_TIMEOUT),
        Err(_) => {
            meters.endpoints_late.increment(1);
            error!("the endpoint took too long");
            Err(StatusCode::SERVICE_UNAVAILABLE)
        }
    }
}

/// What a panic said.
fn said(panic: &(dyn std::any::Any + Send)) -> &str {
    let literal = panic.downcast_ref::<&str>().copied();
    literal
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("something that is no text")
}

/// A request under way, until its answer has been handed over or given up.
struct UnderWay {
    connection: Arc<Connection>,
}

impl UnderWay {
    fn new(connection: Arc<Connection>, version: Version) -> (Self, Instant) {
        let began_at = connection.activity.began(version);
        connection.border.requests_under_way.fetch_add(1, Ordering::Relaxed);
        (Self { connection }, began_at)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.connection.activity.ended();
        self.connection.border.requests_ended.fetch_add(1, Ordering::Relaxed);
        self.connection.border.requests_under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The body of an answer, which keeps its request under way.
pub(super) struct AnswerBody {
    inner: BoxBody<Bytes, io::Error>,
    _under_way: UnderWay,
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        Pin::new(&mut self.inner).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
