//! The back channel of clients: a server on a port of loopback that hears what is posted, and answers as it is told.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use actors::logouts::{BackChannel, NotPosted};
use async_trait::async_trait;
use http_body_util::{BodyExt, Full};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use protocol::{
    Secret,
    client::{Client, LogoutChannel, LogoutUri},
    jose::{Expectations, Jwks, VerifyingKeys},
    paths,
    tokens::LogoutTokenClaims,
};
use tokio::{net::TcpListener, sync::watch, task::JoinSet};
use url::Url;

use super::{RelyingParty, Sent, World, page::Fields};

/// Reaches every port of loopback, and no more.
pub(super) struct Posting;

#[async_trait]
impl BackChannel for Posting {
    async fn post(&self, to: &LogoutUri, form: Secret<String>) -> Result<u16, NotPosted> {
        let url = Url::parse(to.as_str()).map_err(|error| NotPosted(error.to_string()))?;
        let port = url.port().ok_or_else(|| NotPosted("no port".into()))?;
        let sent = Sent::post(url.path())
            .body("application/x-www-form-urlencoded", form.expose().as_bytes());
        let answer = sent.over(SocketAddr::from(([127, 0, 0, 1], port))).await;
        answer.map(|answer| answer.status).ok_or_else(|| NotPosted("cut".into()))
    }
}

/// What is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Says {
    /// This status.
    Status(u16),
    /// Nothing, and the connection stays.
    Nothing,
}

/// What was posted.
#[derive(Debug, Clone)]
pub(crate) struct Heard {
    pub(crate) path: String,
    pub(crate) content_type: String,
    pub(crate) fields: Fields,
}

/// A server that hears.
pub(crate) struct Ear {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<Heard>>>,
    says: watch::Sender<Says>,
    _serving: JoinSet<()>,
}

impl Ear {
    pub(crate) async fn open() -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = socket.local_addr().expect("an address");
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (says, told) = watch::channel(Says::Status(200));
        let serving = JoinSet::from_iter([listen(socket, Arc::clone(&heard), told)]);
        Self { address, heard, says, _serving: serving }
    }

    /// From now on this is answered.
    pub(crate) fn say(&self, says: Says) {
        self.says.send_replace(says);
    }

    /// What was heard since this was last asked.
    pub(crate) fn heard(&self) -> Vec<Heard> {
        std::mem::take(&mut *self.heard.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Where a client is told by the path `name`.
    pub(crate) fn channel(&self, name: &str) -> LogoutChannel {
        let uri = format!("http://{}/{name}", self.address);
        LogoutChannel { uri: uri.parse().expect("a logout URI"), session_required: true }
    }
}

async fn listen(socket: TcpListener, heard: Arc<Mutex<Vec<Heard>>>, says: watch::Receiver<Says>) {
    let mut connections = JoinSet::new();
    while let Ok((tcp, _)) = socket.accept().await {
        let (heard, says) = (Arc::clone(&heard), says.clone());
        let answering =
            service_fn(move |request| answer(request, Arc::clone(&heard), says.clone()));
        connections.spawn(http1::Builder::new().serve_connection(TokioIo::new(tcp), answering));
    }
}

async fn answer(
    request: Request<Incoming>,
    heard: Arc<Mutex<Vec<Heard>>>,
    says: watch::Receiver<Says>,
) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let content_type = head.headers.get("content-type").and_then(|value| value.to_str().ok());
    let said = Heard {
        path: head.uri.path().to_owned(),
        content_type: content_type.unwrap_or_default().to_owned(),
        fields: url::form_urlencoded::parse(&body).into_owned().collect(),
    };
    heard.lock().unwrap_or_else(PoisonError::into_inner).push(said);
    let says = *says.borrow();
    match says {
        Says::Nothing => std::future::pending().await,
        Says::Status(status) => {
            let answer = Response::builder().status(status).body(Full::default());
            Ok(answer.expect("a status"))
        }
    }
}

impl World {
    /// A client that is told of logouts at `ear`, by its own path.
    pub(crate) async fn told_client(&self, ear: &Ear) -> RelyingParty {
        self.told_client_but(ear, |_| {}).await
    }

    /// As [`World::told_client`], but for what `change` changes.
    pub(crate) async fn told_client_but(
        &self,
        ear: &Ear,
        change: impl FnOnce(&mut Client),
    ) -> RelyingParty {
        self.client(|client| {
            client.logout.backchannel = Some(ear.channel(&client.client_id.to_string()));
            change(client);
        })
        .await
    }
}

impl RelyingParty {
    /// What this client was told, verified as Back-Channel Logout 1.0 §2.6 says; and that it was told nothing else.
    pub(crate) async fn told(&self, heard: &[Heard]) -> Vec<LogoutTokenClaims> {
        let own = format!("/{}", self.id());
        let mut claims = Vec::new();
        for heard in heard.iter().filter(|heard| heard.path == own) {
            assert_eq!(heard.content_type, "application/x-www-form-urlencoded");
            let [(name, token)] = heard.fields.as_slice() else { panic!("{heard:?}") };
            assert_eq!(name, "logout_token");
            claims.push(self.verify_logout_token(token).await);
        }
        claims
    }

    async fn verify_logout_token(&self, token: &str) -> LogoutTokenClaims {
        let jwks: Jwks =
            serde_json::from_value(self.wire.send(Sent::get(paths::JWKS)).await.json())
                .expect("a JWKS");
        let keys = VerifyingKeys::new(&jwks.keys).expect("keys");
        let (issuer, audience) = (self.wire.issuer(), self.id());
        let expected = Expectations { issuer, audience: Some(&audience), now: self.wire.now() };
        keys.verify(token, &expected).expect("a good logout token")
    }
}
