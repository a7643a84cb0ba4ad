//! One HTTP/1.1 connection that is kept alive, as a client's pool keeps it.

use std::net::{IpAddr, SocketAddr};

use http_body_util::BodyExt;
use hyper::{
    HeaderMap, Request, StatusCode,
    body::Bytes,
    client::conn::http1::{self, SendRequest},
    header::{self, HeaderName, HeaderValue},
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpSocket, task::JoinSet};

use crate::Failure;

/// An open connection.
pub(crate) struct Connection {
    sender: SendRequest<String>,
    host: HeaderValue,
    /// Moves the bytes; ends with the connection.
    _driver: JoinSet<()>,
}

/// What was answered, whole.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Connection {
    /// Connects from `from`: on loopback every address of 127.0.0.0/8 is ours, so that clients can differ in theirs.
    pub(crate) async fn open(from: IpAddr, to: SocketAddr) -> Result<Self, Failure> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::new(from, 0))?;
        let stream = socket.connect(to).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let mut driver = JoinSet::new();
        // How it ends shows in the request that it breaks.
        driver.spawn(async { drop(connection.await) });
        Ok(Self { sender, host: HeaderValue::try_from(to.to_string())?, _driver: driver })
    }

    /// Sends a request and reads all of its answer.
    pub(crate) async fn send(&mut self, mut request: Request<String>) -> Result<Answer, Failure> {
        request.headers_mut().insert(header::HOST, self.host.clone());
        self.sender.ready().await?;
        let (parts, body) = self.sender.send_request(request).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        Ok(Answer { status: parts.status, headers: parts.headers, body })
    }
}

impl Answer {
    /// The answer, if it has this status.
    pub(crate) fn expect(self, status: StatusCode) -> Result<Self, Failure> {
        if self.status == status {
            return Ok(self);
        }
        let body = String::from_utf8_lossy(&self.body);
        Err(format!("{} instead of {status}: {body:.600}", self.status).into())
    }

    /// A member of the JSON object in the body.
    pub(crate) fn member(&self, name: &str) -> Result<String, Failure> {
        let body: serde_json::Value = serde_json::from_slice(&self.body)?;
        let text = body.get(name).and_then(serde_json::Value::as_str);
        Ok(text.ok_or_else(|| format!("the answer has no {name}"))?.to_owned())
    }

    /// Where the answer leads.
    pub(crate) fn location(&self) -> Result<&str, Failure> {
        let location = self.headers.get(header::LOCATION).ok_or("the answer leads nowhere")?;
        Ok(location.to_str()?)
    }

    /// The value of a cookie that the answer sets.
    pub(crate) fn cookie(&self, name: &str) -> Result<&str, Failure> {
        let set = self.headers.get_all(header::SET_COOKIE).iter();
        let mut values = set.filter_map(|cookie| {
            cookie.to_str().ok()?.strip_prefix(name)?.strip_prefix('=')?.split(';').next()
        });
        Ok(values.next().ok_or_else(|| format!("the answer sets no cookie {name}"))?)
    }
}

/// A request without a body.
pub(crate) fn get(path: &str, headers: &[(HeaderName, &str)]) -> Result<Request<String>, Failure> {
    let request = headers
        .iter()
        .fold(Request::get(path), |request, (name, value)| request.header(name, *value));
    Ok(request.body(String::new())?)
}

/// A request with a form.
pub(crate) fn post(
    path: &str,
    headers: &[(HeaderName, &str)],
    form: String,
) -> Result<Request<String>, Failure> {
    let request = headers
        .iter()
        .fold(Request::post(path), |request, (name, value)| request.header(name, *value));
    let form_type = (header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    Ok(request.header(form_type.0, form_type.1).body(form)?)
}

/// A parameter of a query, as it stands there.
pub(crate) fn parameter<'a>(address: &'a str, name: &str) -> Result<&'a str, Failure> {
    let (_, query) = address.split_once('?').ok_or("an address without a query")?;
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let found = pairs.find(|(found, _)| *found == name).map(|(_, value)| value);
    Ok(found.ok_or_else(|| format!("no {name} in {address}"))?)
}
