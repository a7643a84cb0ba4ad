//! The answer that goes on: lines of JSON, made when the client has read those before.
//!
//! Nothing is kept for a client but one page and how far it is, so that one that reads slowly costs no more than one that
//! reads fast, and delays nobody. An answer ends in time for its connection's own bounds, at a whole line, and when the
//! process is told to stop.

use std::{io, time::Duration};

use flows::{Context, Failure, admin::audit::Follower};
use futures_util::stream;
use poem::{Body, IntoResponse, Request, Response};
use poem_openapi::{
    ApiResponse,
    registry::{MetaMediaType, MetaResponse, MetaResponses, Registry},
    types::{ToJSON, Type},
};
use protocol::Token;
use tokio::time::{Instant, sleep_until};

use super::view::FollowedView;
use crate::{
    failure,
    listener::{Arrival, Stopping},
};

/// The media type of lines of JSON.
const CONTENT_TYPE: &str = "application/x-ndjson";

/// How often it looks whether something happened.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// After so long without an entry there is an empty line, so that whoever stands between does not think that it is over.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// How long one answer lasts where nothing says how long a request may.
const LASTS: Duration = Duration::from_secs(30);

/// Lines of JSON.
pub(super) struct Lines(Body);

/// When a stream ends by itself.
pub(super) struct Until {
    /// Whether it waits for what happens.
    follow: bool,
    deadline: Instant,
    stopping: Option<Stopping>,
}

impl Until {
    /// What `request` allows.
    pub(super) fn read(request: &Request, follow: bool) -> Self {
        let deadline = Arrival::of(request).map(|arrival| arrival.deadline);
        let deadline = deadline.unwrap_or_else(|| Instant::now() + LASTS);
        Self { follow, deadline, stopping: Stopping::of(request).cloned() }
    }

    fn is_over(&self) -> bool {
        self.deadline <= Instant::now() || self.stopping.as_ref().is_some_and(Stopping::is_told)
    }

    /// Waits until it is time to look again.
    async fn pass(&mut self) {
        let next = (Instant::now() + LOOK_EVERY).min(self.deadline);
        match &mut self.stopping {
            Some(stopping) => tokio::select! {
                () = sleep_until(next) => {}
                () = stopping.told() => {}
            },
            None => sleep_until(next).await,
        }
    }
}

struct Following {
    follower: Follower,
    until: Until,
    context: Context,
    /// What who follows was let in by, and must be for each page.
    token: Token,
    told_at: Instant,
}

impl Lines {
    pub(super) fn of(follower: Follower, until: Until, (context, token): (Context, Token)) -> Self {
        let following = Following { follower, until, context, token, told_at: Instant::now() };
        let lines = stream::try_unfold(following, |mut following| async move {
            match following.next().await {
                Ok(lines) => Ok(lines.map(|lines| (lines, following))),
                Err(failure) => {
                    // Who reads finds the answer cut, and goes on from the last whole line.
                    failure::tell(&following.context, &failure);
                    Err(io::Error::other("the audit log cannot be read on"))
                }
            }
        });
        Self(Body::from_bytes_stream(lines))
    }
}

impl Following {
    /// The next lines; nothing at the end.
    async fn next(&mut self) -> Result<Option<String>, Failure> {
        while !self.until.is_over() {
            if !self.follower.is_admitted(&self.context, &self.token).await? {
                return Ok(None);
            }
            let page = self.follower.next().await?;
            if !page.is_empty() {
                self.told_at = Instant::now();
                let line = |followed| FollowedView::from(followed).to_json_string() + "\n";
                return Ok(Some(page.into_iter().map(line).collect()));
            }
            if !self.until.follow {
                return Ok(None);
            }
            if self.told_at.elapsed() >= HEARTBEAT {
                self.told_at = Instant::now();
                return Ok(Some("\n".to_owned()));
            }
            self.until.pass().await;
            self.follower.seal().await;
        }
        Ok(None)
    }
}

impl IntoResponse for Lines {
    fn into_response(self) -> Response {
        Response::builder().content_type(CONTENT_TYPE).body(self.0)
    }
}

impl ApiResponse for Lines {
    fn meta() -> MetaResponses {
        let content =
            MetaMediaType { content_type: CONTENT_TYPE, schema: FollowedView::schema_ref() };
        MetaResponses {
            responses: vec![MetaResponse {
                description: "An object in each line.",
                status: Some(200),
                status_range: None,
                content: vec![content],
                headers: Vec::new(),
            }],
        }
    }

    fn register(registry: &mut Registry) {
        FollowedView::register(registry);
    }
}
