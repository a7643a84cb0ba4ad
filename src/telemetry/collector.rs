//! How a collector is reached: a connection of its own for each parcel, by http or https, bounded in time and size.
//!
//! The library sends from a thread of its own, which may block; so this waits on a runtime that lives for one parcel, and
//! no request shares a thread with it.

use std::time::Duration;

use async_trait::async_trait;
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use rustls::ClientConfig;
use tokio::{runtime::Builder, time::timeout};

/// The longest answer that is read: it says at most what was wrong.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// One collector.
#[derive(Debug)]
pub(super) struct Collector {
    tls: ClientConfig,
    timeout: Duration,
}

impl Collector {
    pub(super) fn new(tls: ClientConfig, timeout: Duration) -> Self {
        Self { tls, timeout }
    }

    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(self.tls.clone())
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        let client = Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(0)
            .build::<_, Full<Bytes>>(connector);
        let (head, body) = client.request(request.map(Full::new)).await?.into_parts();
        let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await?.to_bytes();
        Ok(Response::from_parts(head, body))
    }
}

#[async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async { timeout(self.timeout, self.exchange(request)).await? })
    }
}
