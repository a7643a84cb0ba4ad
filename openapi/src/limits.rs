//! What limits say to whoever asks: the fields that tell how they stand, and the refusal in the dialect of the endpoint.
//!
//! The fields are those of draft-ietf-httpapi-ratelimit-headers-11, `RateLimit-Policy` and `RateLimit`, and beside them the
//! three of its early drafts (`RateLimit-Limit`, `-Remaining`, `-Reset`), which more programs read than the new ones and
//! whose names are others. Not on redirects, where browsers would wait before they follow (§6), and not of accounts.

mod credentials;
mod document;

use std::{fmt::Write, time::Duration};

use flows::{
    Context, Flows,
    limits::{Entered, Refused, Shed, Standing, Tally, in_place},
};
use poem::{
    IntoResponse, Request, Response,
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
};
use poem_openapi::types::ToJSON;
use protocol::{limits::Route, oauth_error::ErrorCode};

use crate::{
    Provider, cors,
    listener::buffer_body,
    pages::{error::Fault, text::Text},
    problem::{Problem, ProblemCode},
    responses::OAuthError,
};

pub(crate) use document::describe;

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const STANDING: HeaderName = HeaderName::from_static("ratelimit");
const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

/// The longest body that is waited for before a request has a place, in bytes. No endpoint reads more.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// Why a request is not answered.
#[derive(Debug, Clone, Copy)]
enum Why {
    /// Whoever asks has asked too much.
    TooMany(Duration),
    /// Everybody together has.
    Busy(Duration),
}

impl From<Refused> for Why {
    fn from(refused: Refused) -> Self {
        Self::TooMany(refused.wait)
    }
}

impl From<Shed> for Why {
    fn from(shed: Shed) -> Self {
        Self::Busy(shed.retry_after)
    }
}

/// Who must be told, and how.
struct Asked {
    context: Context,
    accept_language: Option<HeaderValue>,
}

/// Answers `request` by `answer`, unless a limit refuses it or there is no place for it.
pub(crate) async fn answered<F>(
    provider: &Provider,
    mut request: Request,
    answer: impl FnOnce(Request) -> F,
) -> poem::Result<Response>
where
    F: Future<Output = poem::Result<Response>>,
{
    let route = Route::of(*request.method() == Method::POST, request.uri().path());
    if route == Route::Published {
        return answer(request).await;
    }
    // In a preflight nobody proves who they are.
    let route = if cors::is_preflight(&request) { Route::Other } else { route };
    request.extensions_mut().insert(Tally::new(route));
    let accept_language = request.headers().get(header::ACCEPT_LANGUAGE).cloned();
    let asked = Asked { context: provider.context(&request), accept_language };
    let flows = &provider.flows;
    let entered = match asked.enter(flows, &mut request).await {
        Ok(entered) => entered,
        Err(why) => return Ok(asked.refuse(why)),
    };
    // The answer is the largest part of a request by far, and would be here twice.
    let answered = in_place(entered, Box::pin(answer(request))).await;
    if let Some(refused) = asked.context.tally.refused() {
        return Ok(asked.refuse(Why::TooMany(refused.wait)));
    }
    let response = match answered {
        Err(error) if error.status().is_server_error() && !error.is_from_response() => {
            return Err(error);
        }
        answered => answered.unwrap_or_else(poem::Error::into_response),
    };
    // Nobody's credentials were believed, so it counts as whoever sent it.
    let is_strangers = route.knows_callers() && !asked.context.tally.is_counted();
    if is_strangers
        && response.status().is_client_error()
        && let Err(refused) = flows.admit_address(&asked.context)
    {
        return Ok(asked.refuse(Why::TooMany(refused.wait)));
    }
    Ok(asked.with_standing(response))
}

impl Asked {
    /// What is judged before anything is looked up, and a place. Whoever sends their body slowly waits without one.
    async fn enter(&self, flows: &Flows, request: &mut Request) -> Result<Entered, Why> {
        let (context, route) = (&self.context, self.context.tally.route());
        if !route.knows_callers() {
            flows.admit_address(context)?;
        }
        let is_over = route.knows_callers() && flows.is_used_up(context);
        if is_over && !credentials::may_come(request, route) {
            flows.admit_address(context)?;
        }
        if brings_body(request) {
            flows.read(buffer_body(request, BODY_BYTES_MAX)).await?;
        }
        if is_over && !credentials::came(request).await {
            flows.admit_address(context)?;
        }
        Ok(flows.enter().await?)
    }

    fn refuse(&self, why: Why) -> Response {
        let (Why::TooMany(wait) | Why::Busy(wait)) = why;
        let seconds = seconds(wait).max(1);
        let mut response = match self.context.tally.route() {
            Route::Token | Route::Introspect | Route::Revoke | Route::Userinfo => oauth(why),
            Route::Admin => {
                let code = match why {
                    Why::TooMany(_) => ProblemCode::TooManyRequests,
                    Why::Busy(_) => ProblemCode::Unavailable,
                };
                Problem::new(&self.context, code).later(seconds).into_response()
            }
            Route::Authorize | Route::SignIn | Route::Other | Route::Published => {
                let fault = match why {
                    Why::TooMany(wait) => Fault::too_many(wait),
                    Why::Busy(wait) => Fault::busy(wait),
                };
                let languages = self.accept_language.as_ref().and_then(|value| value.to_str().ok());
                fault.answer(&self.context, Text::negotiate(None, languages))
            }
        };
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        self.with_standing(response)
    }

    /// Adds how whoever asks stands.
    fn with_standing(&self, mut response: Response) -> Response {
        let standings = self.context.tally.standings();
        let Some(tightest) = standings.iter().min_by_key(|standing| standing.left) else {
            return response;
        };
        if response.status().is_redirection() {
            return response;
        }
        let headers = response.headers_mut();
        headers.insert(LIMIT, tightest.limit.quota.into());
        headers.insert(REMAINING, tightest.left.into());
        headers.insert(RESET, seconds(tightest.reset).into());
        let (policies, stands) = fields(&standings);
        for (name, value) in [(POLICY, policies), (STANDING, stands)] {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(name, value);
            }
        }
        response
    }
}

/// Whether an endpoint may read the body of `request`.
fn brings_body(request: &Request) -> bool {
    matches!(*request.method(), Method::POST | Method::PUT | Method::PATCH | Method::DELETE)
}

/// The dialect of RFC 6749 §5.2, which has no code for this; that of the authorization endpoint says it best.
fn oauth(why: Why) -> Response {
    let (status, description) = match why {
        Why::TooMany(_) => (StatusCode::TOO_MANY_REQUESTS, "too many requests: come again later"),
        Why::Busy(_) => (StatusCode::SERVICE_UNAVAILABLE, "too much is asked at the moment"),
    };
    let error = OAuthError {
        error: ErrorCode::TemporarilyUnavailable.to_string(),
        error_description: description.to_owned(),
        refusal_id: None,
    };
    Response::builder()
        .status(status)
        .content_type("application/json; charset=utf-8")
        .header(header::CACHE_CONTROL, "no-store")
        .body(error.to_json_string())
}

/// `RateLimit-Policy` and `RateLimit`: lists of strings with parameters (RFC 9651 §3.1).
fn fields(standings: &[Standing]) -> (String, String) {
    let (mut policies, mut stands) = (String::new(), String::new());
    for Standing { policy, limit, left, reset } in standings {
        let comma = if policies.is_empty() { "" } else { ", " };
        let (quota, window, reset) = (limit.quota, limit.window_seconds, seconds(*reset));
        let _ = write!(policies, "{comma}\"{policy}\";q={quota};w={window}");
        let _ = write!(stands, "{comma}\"{policy}\";r={left};t={reset}");
    }
    (policies, stands)
}

/// Whole seconds, none too few.
fn seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use protocol::limits::{Limit, Policy};

    use super::*;

    #[test]
    fn the_fields_are_structured_lists_of_every_limit() {
        let standing = |policy, quota, left, millis| Standing {
            policy,
            limit: Limit { quota, window_seconds: 60 },
            left,
            reset: Duration::from_millis(millis),
        };
        let standings =
            [standing(Policy::Token, 600, 599, 60_000), standing(Policy::Client, 10, 0, 1_001)];
        assert_eq!(
            fields(&standings),
            (
                "\"token\";q=600;w=60, \"client\";q=10;w=60".to_owned(),
                "\"token\";r=599;t=60, \"client\";r=0;t=2".to_owned()
            )
        );
    }
}
