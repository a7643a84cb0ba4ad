//! Requests and answers.

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use http_body_util::{BodyExt, Full};
use hyper::{body::Bytes, client::conn::http1};
use hyper_util::rt::TokioIo;
use openapi::listener::{Arrival, forwarded::RemotePeer};
use poem::{
    Body, Request,
    http::{HeaderMap, HeaderName, HeaderValue, Method, Uri},
};
use serde_json::Value;
use tokio::{net::TcpStream, task::JoinSet, time::Instant};
use url::form_urlencoded;

use super::World;

/// Where requests come from that say nothing else.
const NOWHERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

const FORM: &str = "application/x-www-form-urlencoded";

/// A request on its way.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    method: Method,
    uri: String,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Vec<u8>,
    address: IpAddr,
}

impl Sent {
    pub(crate) fn new(method: &str, uri: impl Into<String>) -> Self {
        let method = method.parse().expect("a method");
        let (headers, body) = (Vec::new(), Vec::new());
        Self { method, uri: uri.into(), headers, body, address: NOWHERE }
    }

    pub(crate) fn get(uri: impl Into<String>) -> Self {
        Self::new("GET", uri)
    }

    pub(crate) fn post(uri: impl Into<String>) -> Self {
        Self::new("POST", uri)
    }

    /// With another header, perhaps of the same name.
    #[must_use]
    pub(crate) fn header(mut self, name: &'static str, value: impl AsRef<[u8]>) -> Self {
        let value = HeaderValue::from_bytes(value.as_ref()).expect("the value of a header");
        self.headers.push((HeaderName::from_static(name), value));
        self
    }

    /// With a body that says of itself what it is.
    #[must_use]
    pub(crate) fn body(self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self.header("content-type", content_type) }
    }

    /// With a form.
    #[must_use]
    pub(crate) fn form<K: AsRef<str>, V: AsRef<str>>(self, fields: &[(K, V)]) -> Self {
        self.body(FORM, encode(fields))
    }

    /// From another address.
    #[must_use]
    pub(crate) fn from(self, address: IpAddr) -> Self {
        Self { address, ..self }
    }

    /// As the border hands it on.
    pub(super) fn into_request(self, number: u64) -> Request {
        let uri: Uri = self.uri.parse().expect("a URI");
        let mut request =
            Request::builder().method(self.method).uri(uri).body(Body::from(self.body));
        for (name, value) in self.headers {
            request.headers_mut().append(name, value);
        }
        let peer = RemotePeer { address: self.address, scheme_https: true };
        let deadline = Instant::now() + Duration::from_secs(60);
        request.extensions_mut().insert(Arrival {
            request_id: number.into(),
            peer,
            is_from_proxy: false,
            deadline,
        });
        request
    }
}

impl Sent {
    /// Over a connection of its own, by HTTP/1.1; nothing where that is cut.
    pub(super) async fn over(self, address: SocketAddr) -> Option<Answer> {
        let tcp = TcpStream::connect(address).await.ok()?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(tcp)).await.ok()?;
        let mut connections = JoinSet::from_iter([connection]);
        let mut request = poem::http::Request::builder()
            .method(self.method)
            .uri(self.uri)
            .header("host", "localhost");
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        let request = request.body(Full::new(Bytes::from(self.body))).ok()?;
        let response = sender.send_request(request).await.ok()?;
        let (parts, body) = response.into_parts();
        let body = String::from_utf8(body.collect().await.ok()?.to_bytes().into()).ok()?;
        connections.shutdown().await;
        Some(Answer { status: parts.status.as_u16(), headers: parts.headers, body })
    }
}

/// The fields of a form, or of a query.
pub(crate) fn encode<K: AsRef<str>, V: AsRef<str>>(fields: &[(K, V)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// What came back.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("a header of ASCII"))
    }

    /// Where the browser is sent.
    pub(crate) fn location(&self) -> Option<&str> {
        self.header("location")
    }

    /// The cookies that are set, as they are written.
    pub(crate) fn cookies(&self) -> Vec<&str> {
        let values = self.headers.get_all("set-cookie").iter();
        values.map(|value| value.to_str().expect("a cookie of ASCII")).collect()
    }

    pub(crate) fn json(&self) -> Value {
        let found = serde_json::from_str(&self.body);
        found.unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// The text of a member of a JSON object.
    pub(crate) fn text(&self, member: &str) -> Option<String> {
        self.json()[member].as_str().map(str::to_owned)
    }

    /// The `error` of an answer in OAuth's dialect.
    pub(crate) fn error(&self) -> String {
        self.text("error").unwrap_or_else(|| panic!("no error in {self:?}"))
    }
}

/// Asserts that somebody was told to come again, and when.
pub(crate) fn says_when_to_come_again(answer: &Answer) {
    assert_eq!(answer.status, 503, "{answer:?}");
    let seconds: u64 = answer.header("retry-after").expect("Retry-After").parse().expect("seconds");
    assert!((1..=60).contains(&seconds));
}

/// How many of these answers have which status.
pub(crate) fn statuses(answers: &[Answer]) -> BTreeMap<u16, usize> {
    let mut counted = BTreeMap::new();
    for answer in answers {
        *counted.entry(answer.status).or_default() += 1;
    }
    counted
}

impl World {
    /// Sends the same request `count` times at once.
    pub(crate) async fn all_at_once(&self, count: usize, sent: &Sent) -> Vec<Answer> {
        self.wire().all_at_once(count, sent).await
    }

    /// Sends a request and waits for what comes back.
    pub(crate) async fn send(&self, sent: Sent) -> Answer {
        self.wire().send(sent).await
    }

    /// Sends a request and gives the body of its answer, not yet read.
    pub(crate) async fn open(&self, sent: Sent) -> Body {
        self.wire().open(sent).await
    }

    pub(crate) async fn get(&self, uri: impl Into<String>) -> Answer {
        self.send(Sent::get(uri)).await
    }
}
