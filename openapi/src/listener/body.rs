//! The one limiter of request bodies: by announced length at once, by count while they stream, and by time.

use std::{
    future::poll_fn,
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use http_body_util::combinators::BoxBody;
use hyper::body::{Body as _, Bytes, Frame, Incoming, SizeHint};
use poem::{Body, Request, RequestBody, error::ResponseError, http::StatusCode};
use tokio::time::{Instant, timeout_at};

use super::{activity::Activity, arrival::Arrival};

/// How long a body may take where no border set a deadline.
const READING_MAX: Duration = Duration::from_secs(30);

/// Why a body was not read.
#[derive(Debug, thiserror::Error)]
pub enum BodyRefused {
    /// It is longer than the endpoint or the listener allows (413).
    #[error("the request body is too large")]
    TooLarge,
    /// The request's deadline came first (408).
    #[error("the request body took too long")]
    TimedOut,
    /// The client stopped sending, or sent what is no body (400).
    #[error("the request body could not be read")]
    Broken(#[source] io::Error),
    /// Something has read it before: a fault of ours (500).
    #[error("the request body was read twice")]
    Taken,
}

impl ResponseError for BodyRefused {
    fn status(&self) -> StatusCode {
        match self {
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TimedOut => StatusCode::REQUEST_TIMEOUT,
            Self::Broken(_) => StatusCode::BAD_REQUEST,
            Self::Taken => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// Reads the whole body of `request`, at most `size_max` bytes, before the request's deadline.
pub async fn bounded_body(request: &mut Request, size_max: usize) -> Result<Bytes, BodyRefused> {
    let deadline = deadline(request);
    read(request.take_body(), size_max, deadline).await
}

/// Reads the whole body of `request` as [`bounded_body`] does, and puts it back, so that whoever reads it waits for nobody.
/// What could not be read is told to them.
pub(crate) async fn buffer_body(request: &mut Request, size_max: usize) {
    let body = match bounded_body(request, size_max).await {
        Ok(bytes) => Body::from(bytes),
        Err(refused) => {
            let refused = Err::<Bytes, _>(io::Error::other(refused));
            Body::from_bytes_stream(futures_util::stream::iter([refused]))
        }
    };
    request.set_body(body);
}

/// As [`bounded_body`], for an extractor, which poem gives the body apart from its request.
pub async fn bounded_payload(
    request: &Request,
    body: &mut RequestBody,
    size_max: usize,
) -> Result<Bytes, BodyRefused> {
    let deadline = deadline(request);
    let body = body.take().map_err(|_| BodyRefused::Taken)?;
    read(body, size_max, deadline).await
}

fn deadline(request: &Request) -> Instant {
    Arrival::of(request).map_or_else(|| Instant::now() + READING_MAX, |arrival| arrival.deadline)
}

async fn read(body: Body, size_max: usize, deadline: Instant) -> Result<Bytes, BodyRefused> {
    let body = BoxBody::from(body);
    if body.size_hint().lower() > size_max as u64 {
        return Err(BodyRefused::TooLarge);
    }
    timeout_at(deadline, collect(body, size_max)).await.unwrap_or(Err(BodyRefused::TimedOut))
}

/// A body of one frame, as nearly all are, is not copied. One of many is, so that a body of one-byte chunks does not
/// hold a read buffer for each.
async fn collect(
    mut body: BoxBody<Bytes, io::Error>,
    size_max: usize,
) -> Result<Bytes, BodyRefused> {
    let mut whole = Bytes::new();
    let mut parts = Vec::new();
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let Ok(bytes) = frame.map_err(refused)?.into_data() else { continue };
        if whole.len() + parts.len() + bytes.len() > size_max {
            return Err(BodyRefused::TooLarge);
        }
        if whole.is_empty() && parts.is_empty() {
            whole = bytes;
        } else {
            parts.extend_from_slice(&std::mem::take(&mut whole));
            parts.extend_from_slice(&bytes);
        }
    }
    Ok(if parts.is_empty() { whole } else { parts.into() })
}

fn refused(error: io::Error) -> BodyRefused {
    match error.downcast::<BodyRefused>() {
        Ok(refused) => refused,
        Err(error) if error.get_ref().is_some_and(|inner| inner.is::<Overflow>()) => {
            BodyRefused::TooLarge
        }
        Err(error) => BodyRefused::Broken(error),
    }
}

/// What the listener's limiter says inside the `io::Error` that a body may fail with.
#[derive(Debug, thiserror::Error)]
#[error("the request body is larger than the listener allows")]
struct Overflow;

/// How far a body has been read, for whoever must say why its request failed.
#[derive(Debug, Default)]
pub(super) struct Progress(AtomicU8);

const WHOLE: u8 = 1;
const TOO_LARGE: u8 = 2;

impl Progress {
    pub(super) fn is_whole(&self) -> bool {
        self.0.load(Ordering::Relaxed) == WHOLE
    }

    pub(super) fn is_too_large(&self) -> bool {
        self.0.load(Ordering::Relaxed) == TOO_LARGE
    }
}

/// A body under the listener's limit: whatever reads it, poem's own extractors too, gets no more than that. One that was
/// announced to be larger gives nothing, so that it is refused before it is sent.
pub(super) struct Limited {
    inner: Incoming,
    is_announced_too_large: bool,
    bytes_left: usize,
    progress: Arc<Progress>,
    activity: Arc<Activity>,
}

impl Limited {
    /// A body for the endpoint and how far it has read it; no progress where there is nothing to read.
    pub(super) fn over(
        inner: Incoming,
        size_max: usize,
        activity: &Arc<Activity>,
    ) -> (Body, Option<Arc<Progress>>) {
        if inner.is_end_stream() {
            return (Body::empty(), None);
        }
        let progress = Arc::new(Progress::default());
        let limited = Self {
            is_announced_too_large: inner.size_hint().lower() > size_max as u64,
            inner,
            bytes_left: size_max,
            progress: Arc::clone(&progress),
            activity: Arc::clone(activity),
        };
        (BoxBody::new(limited).into(), Some(progress))
    }

    fn overflow(&self) -> io::Error {
        self.progress.0.store(TOO_LARGE, Ordering::Relaxed);
        io::Error::other(Overflow)
    }
}

impl hyper::body::Body for Limited {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if self.is_announced_too_large || self.progress.is_too_large() {
            return Poll::Ready(Some(Err(self.overflow())));
        }
        let frame = std::task::ready!(Pin::new(&mut self.inner).poll_frame(context));
        if let Some(Ok(frame)) = &frame
            && let Some(bytes) = frame.data_ref()
        {
            let Some(bytes_left) = self.bytes_left.checked_sub(bytes.len()) else {
                return Poll::Ready(Some(Err(self.overflow())));
            };
            self.bytes_left = bytes_left;
        }
        if frame.is_none() || self.inner.is_end_stream() {
            self.progress.0.store(WHOLE, Ordering::Relaxed);
        }
        Poll::Ready(frame.map(|frame| frame.map_err(io::Error::other)))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    /// None for one that is refused: whoever reads it learns by reading that the listener's limit was met.
    fn size_hint(&self) -> SizeHint {
        if self.is_announced_too_large { SizeHint::default() } else { self.inner.size_hint() }
    }
}

impl Drop for Limited {
    fn drop(&mut self) {
        if !self.progress.is_whole() {
            self.activity.left_unread();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(body: impl Into<Body>) -> Request {
        Request::builder().body(body.into())
    }

    fn chunks(chunks: &'static [&'static str]) -> Body {
        Body::from_bytes_stream(futures_util::stream::iter(
            chunks.iter().map(|chunk| Ok::<_, io::Error>(*chunk)),
        ))
    }

    #[tokio::test]
    async fn a_body_of_the_allowed_size_is_read() {
        assert_eq!(bounded_body(&mut request("12345"), 5).await.unwrap(), "12345");
        assert_eq!(
            bounded_body(&mut request(chunks(&["12", "3", "45"])), 5).await.unwrap(),
            "12345"
        );
        assert_eq!(bounded_body(&mut request(()), 0).await.unwrap(), "");
    }

    #[tokio::test]
    async fn one_byte_more_is_refused_whether_announced_or_not() {
        for body in [Body::from("123456"), chunks(&["123", "456"])] {
            let refused = bounded_body(&mut request(body), 5).await.unwrap_err();
            assert_eq!(refused.status(), StatusCode::PAYLOAD_TOO_LARGE);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_never_ends_is_refused_at_the_deadline() {
        let endless = Body::from_bytes_stream(futures_util::stream::pending::<io::Result<Bytes>>());
        let refused = bounded_body(&mut request(endless), 5).await.unwrap_err();
        assert_eq!(refused.status(), StatusCode::REQUEST_TIMEOUT);
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_put_back_is_read_as_it_came_or_refused_as_it_was() {
        let mut whole = request(chunks(&["12", "345"]));
        buffer_body(&mut whole, 5).await;
        assert_eq!(bounded_body(&mut whole, 5).await.unwrap(), "12345");
        let pending = futures_util::stream::pending::<io::Result<Bytes>>();
        for (body, status) in [
            (Body::from("123456"), StatusCode::PAYLOAD_TOO_LARGE),
            (Body::from_bytes_stream(pending), StatusCode::REQUEST_TIMEOUT),
        ] {
            let mut request = request(body);
            buffer_body(&mut request, 5).await;
            assert_eq!(bounded_body(&mut request, 5).await.unwrap_err().status(), status);
        }
    }

    #[tokio::test]
    async fn a_body_that_breaks_off_is_a_bad_request() {
        let broken = Body::from_bytes_stream(futures_util::stream::iter([Err::<Bytes, _>(
            io::Error::other("cut"),
        )]));
        let refused = bounded_body(&mut request(broken), 5).await.unwrap_err();
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    }
}
