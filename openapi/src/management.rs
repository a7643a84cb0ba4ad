//! The management listener: `GET /metrics`, `GET /health/live` and `GET /health/ready`, and nothing else.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use poem::{
    EndpointExt, IntoResponse, Request, Response, Route,
    endpoint::{ToDynEndpoint, make, make_sync},
    get,
    http::{StatusCode, header},
};
use serde::Serialize;

use crate::listener::SharedEndpoint;

/// What the listener answers from. It knows neither a recorder nor the parts that it asks about.
pub struct Management {
    /// Every number, in the text format of Prometheus.
    pub metrics: Box<dyn Fn() -> String + Send + Sync>,
    /// Every part that must work before requests should come here. Asked for each request: keep it cheap.
    pub readiness: Box<dyn Fn() -> BoxFuture<'static, Vec<Part>> + Send + Sync>,
}

/// A part of the program, and whether it works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Part {
    /// Its name.
    pub name: &'static str,
    /// `ok` or `failing`.
    pub status: Status,
    /// Why it does not work, for the operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Whether a part works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It does.
    Ok,
    /// It does not.
    Failing,
}

impl Part {
    /// A part that works, or the reason why it does not.
    pub fn new(name: &'static str, works: Result<(), String>) -> Self {
        match works {
            Ok(()) => Self { name, status: Status::Ok, reason: None },
            Err(reason) => Self { name, status: Status::Failing, reason: Some(reason) },
        }
    }
}

/// What `/health/live` and `/health/ready` say.
#[derive(Serialize)]
struct Health {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    parts: Option<Vec<Part>>,
}

/// The endpoint of the management listener.
pub fn endpoint(management: Management) -> SharedEndpoint {
    let Management { metrics, readiness } = management;
    let readiness = Arc::new(readiness);
    let ready = make(move |_: Request| {
        let readiness = Arc::clone(&readiness);
        async move { ready(readiness().await) }
    });
    let route = Route::new()
        .at("/metrics", get(make_sync(move |_: Request| numbers(metrics()))))
        .at("/health/live", get(make_sync(|_: Request| json(StatusCode::OK, "live", None))))
        .at("/health/ready", get(ready));
    Arc::new(ToDynEndpoint(route.map_to_response()))
}

fn numbers(text: String) -> Response {
    let response = Response::builder().content_type("text/plain; version=0.0.4; charset=utf-8");
    response.header(header::CACHE_CONTROL, "no-store").body(text)
}

fn ready(parts: Vec<Part>) -> Response {
    if parts.iter().all(|part| part.status == Status::Ok) {
        json(StatusCode::OK, "ready", Some(parts))
    } else {
        json(StatusCode::SERVICE_UNAVAILABLE, "not_ready", Some(parts))
    }
}

fn json(code: StatusCode, status: &'static str, parts: Option<Vec<Part>>) -> Response {
    match serde_json::to_string(&Health { status, parts }) {
        Ok(text) => Response::builder()
            .status(code)
            .content_type("application/json")
            .header(header::CACHE_CONTROL, "no-store")
            .body(text),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use poem::http::Uri;

    use super::*;

    fn management(parts: Vec<Part>) -> SharedEndpoint {
        endpoint(Management {
            metrics: Box::new(|| "doorward_http_panics_total 0\n".into()),
            readiness: Box::new(move || {
                let parts = parts.clone();
                async move { parts }.boxed()
            }),
        })
    }

    async fn ask(endpoint: &SharedEndpoint, path: &'static str) -> (StatusCode, String) {
        let request = Request::builder().uri(Uri::from_static(path)).finish();
        match endpoint.call(request).await {
            Ok(response) => (response.status(), response.into_body().into_string().await.unwrap()),
            Err(error) => (error.status(), String::new()),
        }
    }

    #[tokio::test]
    async fn readiness_is_green_when_every_part_works() {
        let endpoint = management(vec![Part::new("store", Ok(()))]);
        let (status, text) = ask(&endpoint, "/health/ready").await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(text, r#"{"status":"ready","parts":[{"name":"store","status":"ok"}]}"#);
    }

    #[tokio::test]
    async fn readiness_says_which_part_is_red_and_why() {
        let parts =
            vec![Part::new("store", Err("the disk is full".into())), Part::new("keys", Ok(()))];
        let (status, text) = ask(&management(parts), "/health/ready").await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(
            text.contains(r#"{"name":"store","status":"failing","reason":"the disk is full"}"#)
        );
    }

    #[tokio::test]
    async fn a_process_that_is_not_ready_is_alive_all_the_same() {
        let endpoint = management(vec![Part::new("store", Err("gone".into()))]);
        assert_eq!(
            ask(&endpoint, "/health/live").await,
            (StatusCode::OK, r#"{"status":"live"}"#.into())
        );
    }

    #[tokio::test]
    async fn metrics_are_text_and_nothing_else_is_served() {
        let endpoint = management(Vec::new());
        let (status, text) = ask(&endpoint, "/metrics").await;
        assert_eq!((status, text.as_str()), (StatusCode::OK, "doorward_http_panics_total 0\n"));
        assert_eq!(ask(&endpoint, "/login").await.0, StatusCode::NOT_FOUND);
    }
}
