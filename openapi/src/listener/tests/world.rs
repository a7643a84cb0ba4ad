//! A border on a port of its own, an endpoint for each behaviour, and a client that speaks bytes.

use std::{
    collections::BTreeMap,
    future::Future,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use poem::{
    Body, EndpointExt, IntoResponse, Request, Response, Result,
    endpoint::{ToDynEndpoint, make},
    error::{InternalServerError, NotFoundError, ResponseError},
};
use protocol::Randomness;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{mpsc, oneshot},
    task::JoinSet,
    time::timeout,
};

use crate::listener::{
    Arrival, BorderConfig, BorderName, Drained, Limits, Listener, SharedEndpoint, TlsFiles,
    bounded_body, forwarded::Proxies, serve,
};

/// Longer than anything here takes; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(20);
/// Short enough to wait for, in tests in which nothing else has to be faster.
pub(super) const SOON: Duration = Duration::from_millis(50);

/// What `outcome` gives, unless it hangs.
pub(super) async fn patiently<T>(outcome: impl Future<Output = T>) -> T {
    timeout(PATIENCE, outcome).await.expect("it hangs")
}

/// A border that serves until it is stopped.
pub(super) struct World {
    pub(super) address: SocketAddr,
    pub(super) counted: Arc<Counted>,
    /// Told by `/stall` when a request has come in, and by `/endless` and `/stall` when one was given up.
    pub(super) told: mpsc::Receiver<&'static str>,
    stop: oneshot::Sender<()>,
    serving: JoinSet<Drained>,
}

impl World {
    pub(super) async fn with(limits: Limits) -> Self {
        Self::start(limits, Proxies::default(), None).await
    }

    pub(super) async fn start(
        limits: Limits,
        proxies: Proxies,
        tls: Option<Arc<TlsFiles>>,
    ) -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let (tell, told) = mpsc::channel(100);
        let (stop, stopped) = oneshot::channel::<()>();
        let counted = Arc::new(Counted::default());
        let config = BorderConfig { name: BorderName::Public, limits, proxies };
        let serving = metrics::with_local_recorder(&*counted, || {
            let shutdown = async { stopped.await.unwrap_or(()) };
            serve(vec![Listener { socket, tls }], endpoint(tell), config, &Seven, shutdown)
        });
        Self { address, counted, told, stop, serving: JoinSet::from_iter([serving]) }
    }

    pub(super) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends `request` on a connection of its own and reads until the border closes it.
    pub(super) async fn exchange(&self, request: impl AsRef<[u8]>) -> String {
        let mut tcp = self.connect().await;
        tcp.write_all(request.as_ref()).await.unwrap();
        read_all(&mut tcp).await
    }

    /// As [`exchange`](Self::exchange) of a GET, or None where the border closes the connection first.
    pub(super) async fn connect_and_get(&self) -> Option<String> {
        let mut tcp = self.connect().await;
        let request = b"GET /hello HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
        tcp.write_all(request).await.ok()?;
        Some(read_all(&mut tcp).await).filter(|answer| !answer.is_empty())
    }

    pub(super) async fn hears(&mut self, word: &str) {
        assert_eq!(patiently(self.told.recv()).await, Some(word));
    }

    pub(super) fn begin_stop(self) -> Stopping {
        self.stop.send(()).unwrap();
        Stopping { serving: self.serving, told: self.told }
    }
}

/// A border that has been told to stop.
pub(super) struct Stopping {
    serving: JoinSet<Drained>,
    pub(super) told: mpsc::Receiver<&'static str>,
}

impl Stopping {
    pub(super) async fn drained(&mut self) -> Drained {
        patiently(self.serving.join_next()).await.unwrap().unwrap()
    }
}

/// All that comes until the connection closes, however it does.
pub(super) async fn read_all(tcp: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let _ = patiently(tcp.read_to_end(&mut answer)).await;
    String::from_utf8(answer).unwrap()
}

/// One answer with a `Content-Length`, on a connection that stays open.
pub(super) async fn read_answer(tcp: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&answer);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() == length.unwrap_or("0").parse::<usize>().unwrap() {
                return text.into_owned();
            }
        }
        assert_ne!(
            patiently(tcp.read_buf(&mut answer)).await.unwrap(),
            0,
            "closed within an answer"
        );
    }
}

/// Says `word` when dropped.
struct Parting(mpsc::Sender<&'static str>, &'static str);

impl Drop for Parting {
    fn drop(&mut self) {
        let _ = self.0.try_send(self.1);
    }
}

fn endpoint(tell: mpsc::Sender<&'static str>) -> SharedEndpoint {
    let endpoint = make(move |request: Request| answer(request, tell.clone()));
    Arc::new(ToDynEndpoint(endpoint.map_to_response()))
}

async fn answer(mut request: Request, tell: mpsc::Sender<&'static str>) -> Result<Response> {
    match request.uri().path() {
        "/hello" => Ok("hello".into()),
        "/length" => Ok(bounded_body(&mut request, usize::MAX).await?.len().to_string().into()),
        "/polite" => Ok(match bounded_body(&mut request, 10).await {
            Ok(body) => body.len().to_string().into(),
            Err(refused) => Response::builder().status(refused.status()).body(refused.to_string()),
        }),
        "/kept" => Ok(Response::builder().header("cache-control", "max-age=1").body("kept")),
        "/ten" => Ok(bounded_body(&mut request, 10).await?.len().to_string().into()),
        "/careless" => Ok(request
            .take_body()
            .into_bytes()
            .await
            .map_or(0, |body| body.len())
            .to_string()
            .into()),
        "/peer" => Ok(Arrival::of(&request).unwrap().peer.address.to_string().into()),
        "/panic" => panic!("a secret cause"),
        "/fail" => Err(InternalServerError(std::io::Error::other("a secret cause"))),
        "/stall" => {
            tell.send("begun").await.unwrap();
            let _parting = Parting(tell.clone(), "given up");
            Ok(std::future::pending::<Response>().await)
        }
        "/wait" => {
            tell.send("begun").await.unwrap();
            tell.closed().await;
            Ok("waited".into_response())
        }
        "/endless" => {
            let parting = Parting(tell, "given up");
            let bytes = futures_util::stream::repeat_with(move || {
                let _held = &parting;
                Ok::<_, std::io::Error>(vec![0; 65_536])
            });
            Ok(Body::from_bytes_stream(bytes).into())
        }
        _ => Err(NotFoundError.into()),
    }
}

struct Seven;

impl Randomness for Seven {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

/// A recorder that remembers what was counted, by name and labels.
#[derive(Default)]
pub(super) struct Counted(Mutex<BTreeMap<String, Arc<AtomicU64>>>);

impl Counted {
    /// The value of `metric`, written as `name` or `name{label=value}` without the common prefix.
    pub(super) fn value(&self, metric: &str) -> u64 {
        let counted = self.0.lock().unwrap();
        counted.get(&format!("doorward_http_{metric}")).unwrap().load(Ordering::Relaxed)
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.0.lock().unwrap().keys().cloned().collect()
    }

    fn register(&self, key: &Key) -> Arc<AtomicU64> {
        let labels: Vec<_> =
            key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
        let labels =
            if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        Arc::clone(self.0.lock().unwrap().entry(format!("{}{labels}", key.name())).or_default())
    }
}

impl Recorder for Counted {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.register(key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.register(key))
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}
