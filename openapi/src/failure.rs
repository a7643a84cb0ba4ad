//! What is nobody's mistake outside: logged once, here, and told as a status and a request id.

use std::time::Duration;

use flows::{Context, Failure};
use poem::http::StatusCode;

/// A failure as it is told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Told {
    /// 503 or 500.
    pub(crate) status: StatusCode,
    /// When to come again (RFC 9110 §10.2.3); for 503.
    pub(crate) retry_after: Option<Duration>,
}

/// Logs `failure`, and says what a client is told of it.
pub(crate) fn tell(context: &Context, failure: &Failure) -> Told {
    let request_id = &context.request_id;
    match failure {
        Failure::Unavailable { retry_after, cause } => {
            // Whoever asks too much would fill the log, too.
            match context.tally.refused() {
                Some(_) => tracing::debug!(%request_id, %cause, "a limit refused a request"),
                None => tracing::warn!(%request_id, %cause, "a request was answered 503"),
            }
            Told { status: StatusCode::SERVICE_UNAVAILABLE, retry_after: Some(*retry_after) }
        }
        Failure::Fault { cause } => {
            tracing::error!(%request_id, %cause, "a request was answered 500");
            Told { status: StatusCode::INTERNAL_SERVER_ERROR, retry_after: None }
        }
    }
}

impl Told {
    /// The value of `Retry-After`, in whole seconds.
    pub(crate) fn retry_after_seconds(&self) -> u64 {
        self.retry_after.map_or(1, |wait| wait.as_secs().max(1))
    }
}
