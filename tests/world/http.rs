//! Requests and answers, without a socket: the endpoint is called as the border calls it.

use std::{net::IpAddr, time::Duration};

use openapi::listener::{Arrival, forwarded::RemotePeer};
use poem::{
    Body, Request,
    http::{HeaderMap, HeaderName, HeaderValue, Method, Uri},
};
use serde_json::Value;
use tokio::time::Instant;
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

    fn into_request(self, number: u64) -> Request {
        let uri: Uri = self.uri.parse().expect("a URI");
        let mut request =
            Request::builder().method(self.method).uri(uri).body(Body::from(self.body));
        for (name, value) in self.headers {
            request.headers_mut().append(name, value);
        }
        let peer = RemotePeer { address: self.address, scheme_https: true };
        let deadline = Instant::now() + Duration::from_secs(60);
        request.extensions_mut().insert(Arrival { request_id: number.into(), peer, deadline });
        request
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

impl World {
    /// Sends a request and waits for what comes back.
    pub(crate) async fn send(&self, sent: Sent) -> Answer {
        let number = self.0.requests.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let answered = self.0.endpoint.call(sent.into_request(number)).await;
        let response = answered.unwrap_or_else(poem::Error::into_response);
        let (parts, body) = response.into_parts();
        let body = body.into_string().await.expect("a body of UTF-8");
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    pub(crate) async fn get(&self, uri: impl Into<String>) -> Answer {
        self.send(Sent::get(uri)).await
    }
}
