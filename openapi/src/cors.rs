//! Scripts of other origins (Fetch §3.2): they may call what applications call, and read the answers, where a registered
//! client is sent its answers at that origin. Never with cookies, so that a page learns nothing that its own script could
//! not have asked for from elsewhere. What is published for everybody every script may read: it says nothing of who asks,
//! and whose script it is would be a question to the store.
//!
//! The store is asked only for what limits admit: what they refuse no script of another origin can read.

use flows::Context;
use poem::{
    Request, Response,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
};
use protocol::paths;

use crate::{Provider, failure};

/// Where scripts may call, and by which methods. No page, no authorization request, and nothing of operators.
const CALLED: [(&str, &str); 3] =
    [(paths::TOKEN, "POST"), (paths::USERINFO, "GET, POST"), (paths::REVOKE, "POST")];

/// What every script may read.
const PUBLISHED: [&str; 3] =
    [paths::OPENID_CONFIGURATION, paths::OAUTH_AUTHORIZATION_SERVER, paths::JWKS];

/// The longest origin that is looked up, in bytes.
const ORIGIN_BYTES_MAX: usize = 512;
/// For how long a browser may remember what it was told, in seconds.
const REMEMBERED: &str = "600";
/// What a script may send beyond what every form can.
const HEADERS: &str = "authorization, content-type";
/// What a script may read beyond the body.
const EXPOSED: &str = "ratelimit, ratelimit-policy, retry-after, www-authenticate";

/// A call from a page of another origin that may be admitted.
struct Asked {
    context: Context,
    origin: HeaderValue,
}

/// A call from a page of another origin that is admitted.
struct Admitted {
    origin: HeaderValue,
    methods: &'static str,
}

/// Answers `request` by `answer`, and says who else may read it.
pub(crate) async fn answered<F>(
    provider: &Provider,
    request: Request,
    answer: impl FnOnce(Request) -> F,
) -> poem::Result<Response>
where
    F: Future<Output = poem::Result<Response>>,
{
    let path = request.uri().path();
    if PUBLISHED.contains(&path) {
        let anybody = Admitted { origin: HeaderValue::from_static("*"), methods: "GET" };
        return match is_preflight(&request) {
            true => Ok(anybody.preflight()),
            false => answer(request).await.map(|response| anybody.admit(response)),
        };
    }
    let Some((_, methods)) = CALLED.iter().find(|(called, _)| *called == path) else {
        return answer(request).await;
    };
    let asked = Asked::of(provider, &request);
    if is_preflight(&request) {
        return match judge(provider, asked, methods).await {
            Some(admitted) => Ok(vary(admitted.preflight())),
            None => answer(request).await.map(vary),
        };
    }
    let answered = answer(request).await;
    match judge(provider, asked, methods).await {
        Some(admitted) => {
            let response = answered.unwrap_or_else(poem::Error::into_response);
            Ok(vary(admitted.admit(response)))
        }
        None => answered.map(vary),
    }
}

impl Asked {
    fn of(provider: &Provider, request: &Request) -> Option<Self> {
        let mut origins = request.headers().get_all(header::ORIGIN).iter();
        let (Some(origin), None) = (origins.next(), origins.next()) else { return None };
        Some(Self { context: provider.context(request), origin: origin.clone() })
    }
}

async fn judge(
    provider: &Provider,
    asked: Option<Asked>,
    methods: &'static str,
) -> Option<Admitted> {
    let Asked { context, origin } = asked.filter(|asked| !asked.context.tally.is_over())?;
    let text = origin.to_str().ok().filter(|text| text.len() <= ORIGIN_BYTES_MAX)?;
    match provider.flows.admits_origin(&context, text).await {
        Ok(admits) => admits.then(|| Admitted { origin: origin.clone(), methods }),
        Err(failure) => {
            failure::tell(&context, &failure);
            None
        }
    }
}

/// Whether `request` only asks whether another may be sent.
pub(crate) fn is_preflight(request: &Request) -> bool {
    *request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

impl Admitted {
    /// The answer to who only asks.
    fn preflight(&self) -> Response {
        let mut response = self.admit(StatusCode::NO_CONTENT.into());
        let headers = response.headers_mut();
        headers.remove(header::ACCESS_CONTROL_EXPOSE_HEADERS);
        set(headers, header::ACCESS_CONTROL_ALLOW_METHODS, self.methods);
        set(headers, header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
        set(headers, header::ACCESS_CONTROL_MAX_AGE, REMEMBERED);
        response
    }

    /// Lets the script read `response`.
    fn admit(&self, mut response: Response) -> Response {
        let headers = response.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, self.origin.clone());
        set(headers, header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        response
    }
}

/// Says that another origin is answered otherwise.
fn vary(mut response: Response) -> Response {
    response.headers_mut().append(header::VARY, HeaderValue::from_static("Origin"));
    response
}

fn set(headers: &mut HeaderMap, name: header::HeaderName, value: &'static str) {
    headers.insert(name, HeaderValue::from_static(value));
}
