//! Stands in for a collector of OpenTelemetry: takes what is sent to it as OTLP over HTTP, and keeps it.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener},
    sync::{Arc, Mutex},
    thread,
};

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest, common::v1::any_value::Value, trace::v1::Span,
};
use prost::Message;
use rustls::{ServerConfig, ServerConnection, StreamOwned, pki_types::PrivateKeyDer};

/// A collector on a free port of this machine, until the process ends.
pub(crate) struct Collector {
    pub(crate) address: SocketAddr,
    taken: Arc<Mutex<Vec<Taken>>>,
}

/// One parcel.
#[derive(Clone)]
struct Taken {
    head: String,
    body: Vec<u8>,
}

/// One step, as it was told.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) trace_id: String,
    pub(crate) id: String,
    /// Empty for the first of a trace.
    pub(crate) parent: String,
    pub(crate) name: String,
    pub(crate) began_at_nanos: u64,
    pub(crate) ended_at_nanos: u64,
    /// What is said of it.
    pub(crate) attributes: Vec<(String, String)>,
}

impl Collector {
    pub(crate) fn start() -> Self {
        Self::serve(None)
    }

    /// As [`Self::start`], by https under the name `localhost`; and the authority of its certificate, in PEM.
    pub(crate) fn start_with_tls() -> (Self, String) {
        let made = rcgen::generate_simple_self_signed(["localhost".into()]).expect("a certificate");
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).expect("a key");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .expect("they belong together");
        (Self::serve(Some(Arc::new(config))), made.cert.pem())
    }

    fn serve(tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let taken = Arc::<Mutex<Vec<Taken>>>::default();
        let kept = Arc::clone(&taken);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let parcel = match tls.clone().map(ServerConnection::new) {
                    None => take(stream),
                    Some(connection) => {
                        take(StreamOwned::new(connection.expect("it is configured"), stream))
                    }
                };
                if let Some(parcel) = parcel {
                    kept.lock().expect("nobody has panicked").push(parcel);
                }
            }
        });
        Self { address, taken }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The heads of the requests that came.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.all().into_iter().map(|parcel| parcel.head).collect()
    }

    /// Everything that came, to the letter.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.all().into_iter().flat_map(|parcel| parcel.body).collect()
    }

    /// Every step, in the order in which they began.
    pub(crate) fn steps(&self) -> Vec<Step> {
        let mut steps: Vec<_> = self.all().iter().flat_map(|parcel| parcel.steps()).collect();
        steps.sort_by_key(|step| step.began_at_nanos);
        steps
    }

    fn all(&self) -> Vec<Taken> {
        self.taken.lock().expect("nobody has panicked").clone()
    }
}

impl Taken {
    fn steps(&self) -> Vec<Step> {
        let parcel = ExportTraceServiceRequest::decode(&*self.body).expect("it is OTLP");
        let scopes = parcel.resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
        scopes.flat_map(|scope| scope.spans).map(Step::from).collect()
    }
}

impl From<Span> for Step {
    fn from(span: Span) -> Self {
        let attributes = span.attributes.into_iter().map(|said| {
            let value = match said.value.and_then(|value| value.value) {
                Some(Value::StringValue(text)) => text,
                other => format!("{other:?}"),
            };
            (said.key, value)
        });
        Self {
            trace_id: hexadecimal(&span.trace_id),
            id: hexadecimal(&span.span_id),
            parent: hexadecimal(&span.parent_span_id),
            name: span.name,
            began_at_nanos: span.start_time_unix_nano,
            ended_at_nanos: span.end_time_unix_nano,
            attributes: attributes.collect(),
        }
    }
}

impl Step {
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(found, _)| found == name);
        found.map(|(_, value)| value.as_str())
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads one request and says that it was taken.
fn take(mut stream: impl Read + Write) -> Option<Taken> {
    let mut read = Vec::new();
    let head_ends_at = loop {
        let mut part = [0; 4096];
        let count = stream.read(&mut part).ok().filter(|count| *count > 0)?;
        read.extend_from_slice(part.get(..count)?);
        if let Some(at) = read.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            break at + 4;
        }
    };
    let body = read.split_off(head_ends_at);
    let head = String::from_utf8(read).ok()?.to_ascii_lowercase();
    let length =
        head.lines().find_map(|line| line.strip_prefix("content-length: "))?.parse().ok()?;
    let mut body = body;
    let have = body.len();
    body.resize(length, 0);
    stream.read_exact(body.get_mut(have..)?).ok()?;
    let answer = "HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\
                  connection: close\r\n\r\n";
    stream.write_all(answer.as_bytes()).ok()?;
    Some(Taken { head, body })
}
