//! Tells a collector the steps of requests (OpenTelemetry).
//!
//! A step is a span at the level debug; the first one of a request is made at the HTTP border. Without an endpoint there
//! is no receiver of spans, so that each costs a look at a cached answer. A span says nothing that a request says.

use std::{collections::HashMap, fs, io, path::PathBuf, sync::Arc, time::Duration};

use openapi::measured;
use opentelemetry::{
    Context, KeyValue,
    propagation::{Extractor, TextMapPropagator},
    trace::TracerProvider,
};
use opentelemetry_http::Request;
use opentelemetry_otlp::{
    ExporterBuildError, Protocol, SpanExporter, WithExportConfig, WithHttpConfig,
};
use opentelemetry_sdk::{
    Resource,
    propagation::TraceContextPropagator,
    trace::{BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracer, SdkTracerProvider},
};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use tracing::{
    Level, Metadata, Span, Subscriber, level_filters::LevelFilter, subscriber::Interest,
};
use tracing_opentelemetry::{OpenTelemetryLayer, OpenTelemetrySpanExt};
use tracing_subscriber::{
    layer::{self, Filter},
    registry::LookupSpan,
};
use webpki_roots::TLS_SERVER_ROOTS;

use super::{OURS, collector::Collector, counted::Counted};

/// How often what waits is sent.
const SEND_EVERY: Duration = Duration::from_secs(2);

/// Steps that are sent together; a request has about ten.
const BATCH_MAX: usize = 512;

/// The most bytes of the files that are read here.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// Why requests cannot be traced as the configuration says.
#[derive(Debug, thiserror::Error)]
pub enum NotTraced {
    /// A file cannot be read.
    #[error("{key}: {}: {source}", file.display())]
    File {
        /// Its key.
        key: &'static str,
        /// The file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A line of the headers is none.
    #[error("traces.headers_file: {}: line {line} is not `name: value`", file.display())]
    Header {
        /// The file.
        file: PathBuf,
        /// Counted from one.
        line: usize,
    },
    /// The authorities are not certificates in PEM.
    #[error("traces.ca_file: {}: {reason}", file.display())]
    Authorities {
        /// The file.
        file: PathBuf,
        /// Why.
        reason: String,
    },
    /// TLS cannot be spoken.
    #[error("traces: {0}")]
    Tls(#[from] rustls::Error),
    /// The library refuses.
    #[error("traces: {0}")]
    Exporter(#[from] ExporterBuildError),
}

/// Where steps go, while the process runs.
#[derive(Clone, Default)]
pub struct Traces(Option<SdkTracerProvider>);

impl Traces {
    /// Sends what waits, and nothing any more. Blocks, for `within` at most: what a collector has not taken then is lost.
    pub fn flush(&self, within: Duration) {
        if let Some(provider) = &self.0
            && let Err(error) = provider.shutdown_with_timeout(within)
        {
            tracing::warn!(%error, "the last steps of requests were not all told");
        }
    }

    pub(super) fn tracer(&self) -> Option<SdkTracer> {
        self.0.as_ref().map(|provider| provider.tracer("doorward"))
    }
}

/// Makes ready to tell a collector, if the configuration names one.
///
/// # Errors
/// [`NotTraced`]. That the collector does not answer is none: it is tried again and again.
pub(super) fn prepare(config: &config::Traces, node: &str) -> Result<Traces, NotTraced> {
    let Some(endpoint) = &config.otlp_endpoint else { return Ok(Traces(None)) };
    let timeout = config.timeout.get();
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(Collector::new(tls(config)?, timeout))
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')))
        .with_headers(headers(config)?)
        .with_timeout(timeout)
        .build()?;
    let sending = BatchConfigBuilder::default()
        .with_max_queue_size(config.queue_max.as_usize())
        .with_max_export_batch_size(BATCH_MAX)
        .with_scheduled_delay(SEND_EVERY)
        .build();
    let (exporter, made) = Counted::around(exporter);
    let processor = BatchSpanProcessor::builder(exporter).with_batch_config(sending).build();
    let share = 1.0 / f64::from(config.sample_one_in.get());
    let provider = SdkTracerProvider::builder()
        .with_span_processor(made)
        .with_span_processor(processor)
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(share))))
        .with_resource(resource(node))
        .build();
    measured::continue_traces(go_on);
    Ok(Traces(Some(provider)))
}

/// Who tells: nothing of the environment or the machine.
fn resource(node: &str) -> Resource {
    Resource::builder_empty()
        .with_service_name("doorward")
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .with_attribute(KeyValue::new("service.instance.id", node.to_owned()))
        .build()
}

/// The receiver of spans, which passes them on to `tracer`.
pub(super) fn layer<S>(tracer: SdkTracer) -> OpenTelemetryLayer<S, SdkTracer>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    tracing_opentelemetry::layer()
        .with_tracer(tracer)
        .with_threads(false)
        .with_tracked_inactivity(false)
}

/// Only steps of requests: the first span of one, and what happens within. What a timer does by itself is no step, and
/// log lines stay in the log.
pub(super) struct Steps;

impl Steps {
    fn may_be(metadata: &Metadata<'_>) -> bool {
        let crate_name = metadata.target().split("::").next().unwrap_or_default();
        metadata.is_span() && *metadata.level() == Level::DEBUG && OURS.contains(&crate_name)
    }
}

impl<S> Filter<S> for Steps
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn enabled(&self, metadata: &Metadata<'_>, context: &layer::Context<'_, S>) -> bool {
        Self::may_be(metadata)
            && (metadata.name() == measured::ROOT || context.lookup_current().is_some())
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        if Self::may_be(metadata) { Interest::sometimes() } else { Interest::never() }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::DEBUG)
    }
}

/// Goes on with the trace that a proxy began. One that cannot be read begins anew; `tracestate` is what other programs
/// say to each other, and is left out.
fn go_on(span: &Span, traceparent: &str) {
    let begun = TraceContextPropagator::new()
        .extract_with_context(&Context::new(), &Traceparent(traceparent));
    // Refused only once the span has begun, and nobody else has seen it yet.
    let _ = span.set_parent(begun);
}

struct Traceparent<'a>(&'a str);

impl Extractor for Traceparent<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        (key == "traceparent").then_some(self.0)
    }

    fn keys(&self) -> Vec<&str> {
        vec!["traceparent"]
    }
}

fn headers(config: &config::Traces) -> Result<HashMap<String, String>, NotTraced> {
    let Some(file) = &config.headers_file else { return Ok(HashMap::new()) };
    let text = read("traces.headers_file", file)?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(at, line)| {
            let header = line.split_once(':').and_then(|(name, value)| {
                let (name, value) = (name.trim(), value.trim());
                is_header(name, value).then(|| (name.to_owned(), value.to_owned()))
            });
            header.ok_or_else(|| NotTraced::Header { file: file.get().to_owned(), line: at + 1 })
        })
        .collect()
}

/// Whether they are a header: the library leaves out silently what is none.
fn is_header(name: &str, value: &str) -> bool {
    Request::builder().header(name, value).body(()).is_ok()
}

/// Whom a collector's certificate must be from.
fn tls(config: &config::Traces) -> Result<ClientConfig, NotTraced> {
    let roots = match &config.ca_file {
        None => RootCertStore { roots: TLS_SERVER_ROOTS.to_vec() },
        Some(file) => authorities(file)?,
    };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    Ok(builder?.with_root_certificates(roots).with_no_client_auth())
}

fn authorities(file: &config::FilePath) -> Result<RootCertStore, NotTraced> {
    let fault = |reason: String| NotTraced::Authorities { file: file.get().to_owned(), reason };
    let pem = read("traces.ca_file", file)?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let certificate = certificate.map_err(|error| fault(error.to_string()))?;
        roots.add(certificate).map_err(|error| fault(error.to_string()))?;
    }
    if roots.is_empty() { Err(fault("it holds no certificate".into())) } else { Ok(roots) }
}

fn read(key: &'static str, file: &config::FilePath) -> Result<String, NotTraced> {
    let fault = |source| NotTraced::File { key, file: file.get().to_owned(), source };
    if fs::metadata(file).map_err(fault)?.len() > FILE_BYTES_MAX {
        return Err(fault(io::Error::from(io::ErrorKind::FileTooLarge)));
    }
    fs::read_to_string(file).map_err(fault)
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::TraceContextExt;
    use opentelemetry_sdk::trace::SdkTracerProvider;
    use tracing::{Span, debug_span, info_span, subscriber::with_default};
    use tracing_subscriber::layer::{Layer, SubscriberExt};

    use super::*;

    /// What `asked` says of these: a step outside of a request, its first step, one within, and a span of another level.
    fn of_each(is_told: bool, asked: fn(&Span) -> bool) -> [bool; 4] {
        let tracer = is_told.then(|| SdkTracerProvider::builder().build().tracer("doorward"));
        let told = tracer.map(|tracer| layer(tracer).with_filter(Steps));
        let lines = tracing_subscriber::fmt::layer().with_writer(io::sink);
        let lines = lines.with_filter(LevelFilter::WARN);
        with_default(tracing_subscriber::registry().with(lines).with(told), || {
            let alone = debug_span!(target: "storage::store", "storage.commit");
            let first = debug_span!(target: "openapi::measured", "openapi");
            let within = first.in_scope(|| debug_span!(target: "storage::store", "storage.commit"));
            let other = first.in_scope(|| info_span!(target: "storage::store", "something else"));
            [&alone, &first, &within, &other].map(asked)
        })
    }

    #[test]
    fn without_a_collector_no_step_is_made() {
        assert_eq!(of_each(false, Span::is_disabled), [true; 4]);
    }

    #[test]
    fn with_one_it_is_told_what_happens_within_a_request_and_nothing_else() {
        let is_told = |span: &Span| span.context().span().span_context().is_valid();
        assert_eq!(of_each(true, is_told), [false, true, true, false]);
    }
}
