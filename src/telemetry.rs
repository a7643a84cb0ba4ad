//! What this process says of itself while it runs: log lines, the numbers at `/metrics`, and the steps of requests.
//!
//! Each has one receiver a process. Lines go to standard error, so that standard output is a command's answer.

mod collector;
mod counted;
mod numbers;
mod traces;

use std::{
    fmt::Write,
    io::{self, IsTerminal},
};

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::{
    Registry,
    filter::Targets,
    fmt,
    layer::{Layer, SubscriberExt},
    reload,
    util::{SubscriberInitExt, TryInitError},
};

pub use numbers::Numbers;
pub use traces::{NotTraced, Traces};

/// Ours, as log lines name them.
const OURS: [&str; 8] =
    ["doorward", "openapi", "flows", "actors", "storage", "storage_redb", "protocol", "config"];

/// What others may say at most, unless everything is asked for.
const OTHERS_MAX: LevelFilter = LevelFilter::WARN;

/// Turns the log up and down while the process runs.
#[derive(Clone)]
pub struct LogLevel(reload::Handle<Targets, Registry>);

impl LogLevel {
    /// From now on only what is as severe is written.
    pub fn set(&self, level: config::Level) {
        // Refused only once the subscriber is gone, and then nothing is written anyway.
        let _ = self.0.reload(targets(level));
    }
}

fn targets(level: config::Level) -> Targets {
    let level = filter(level);
    let others = if level == LevelFilter::TRACE { level } else { level.min(OTHERS_MAX) };
    OURS.into_iter()
        .fold(Targets::new().with_default(others), |targets, name| targets.with_target(name, level))
}

const fn filter(level: config::Level) -> LevelFilter {
    match level {
        config::Level::Error => LevelFilter::ERROR,
        config::Level::Warn => LevelFilter::WARN,
        config::Level::Info => LevelFilter::INFO,
        config::Level::Debug => LevelFilter::DEBUG,
        config::Level::Trace => LevelFilter::TRACE,
    }
}

/// Prepares to tell a collector the steps of requests, if the configuration names one. After [`measure`], as that counts
/// them, and before [`log`].
///
/// # Errors
/// [`NotTraced`].
pub fn trace(config: &config::Config) -> Result<Traces, NotTraced> {
    traces::prepare(&config.traces, &config.node.name.to_string())
}

/// Sends what is logged to standard error, as the configuration says, and steps of requests to `traces`. Once a process.
///
/// # Errors
/// Something else receives it already.
pub fn log(config: &config::Log, traces: &Traces) -> Result<LogLevel, TryInitError> {
    let (filter, handle) = reload::Layer::new(targets(config.level));
    let lines = fmt::layer().with_writer(io::stderr).with_ansi(io::stderr().is_terminal());
    let lines = match config.format {
        config::Format::Text => lines.boxed(),
        config::Format::Json => lines.json().flatten_event(true).with_span_list(false).boxed(),
    };
    let registry = tracing_subscriber::registry().with(lines.with_filter(filter));
    match traces.tracer() {
        // No layer at all, so that nothing is asked of one.
        None => registry.try_init()?,
        Some(tracer) => {
            registry.with(traces::layer(tracer).with_filter(traces::Steps)).try_init()?;
        }
    }
    Ok(LogLevel(handle))
}

/// Upper bounds of the buckets of what is measured in seconds: from a read in memory to a request that is cut.
const SECONDS: &[f64] = &[
    0.000_01, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1,
    0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
];

/// Upper bounds of the buckets of what counts batches.
const BATCHES: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0];

/// Receives every number that is measured from now on. Once a process, and before anything that measures is made.
///
/// # Errors
/// Something else receives them already.
pub fn measure() -> Result<Numbers, BuildError> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), SECONDS)?
        .set_buckets_for_metric(Matcher::Suffix("_batches".into()), BATCHES)?
        .install_recorder()?;
    describe();
    Ok(Numbers::new(handle))
}

/// One metric, as the table shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its name at `/metrics`.
    pub name: &'static str,
    /// `counter`, `gauge` or `histogram`.
    pub kind: String,
    /// Its labels. None takes a value from a request.
    pub labels: Vec<&'static str>,
    /// What it says.
    pub description: &'static str,
}

/// A label, as one of the tables below names it.
trait Named {
    fn name(&self) -> &'static str;
}

impl Named for &'static str {
    fn name(&self) -> &'static str {
        self
    }
}

impl Named for openapi::listener::metrics::Label {
    fn name(&self) -> &'static str {
        self.name
    }
}

macro_rules! rows {
    ($($table:path),* $(,)?) => {{
        let mut rows = Vec::new();
        $(rows.extend($table.iter().map(|metric| Row {
            name: metric.name,
            kind: format!("{:?}", metric.kind).to_lowercase(),
            labels: metric.labels.iter().map(Named::name).collect(),
            description: metric.description.trim_end_matches('.'),
        }));)*
        rows
    }};
}

/// Every metric of this program, by name.
pub fn metrics_table() -> Vec<Row> {
    let mut rows: Vec<Row> = rows![
        actors::metrics::METRICS,
        actors::audit::METRICS,
        actors::audit::ACTS,
        actors::feed::METRICS,
        actors::identity::METRICS,
        actors::janitor::CENSUS,
        actors::janitor::METRICS,
        actors::keys::METRICS,
        actors::limits::METRICS,
        actors::lockout::METRICS,
        actors::logouts::METRICS,
        actors::outgoing::METRICS,
        actors::refusals::METRICS,
        actors::sessions::METRICS,
        counted::METRICS,
        flows::token::METRICS,
        openapi::listener::metrics::METRICS,
        openapi::measured::METRICS,
        storage::metrics::METRICS,
        storage_redb::metrics::METRICS,
    ];
    #[cfg(feature = "surreal")]
    rows.extend(rows![storage_surreal::metrics::METRICS]);
    rows.extend(numbers::of_the_process());
    rows.sort_by_key(|row| row.name);
    rows
}

/// Tells the recorder what each metric means.
fn describe() {
    for Row { name, kind, description, .. } in metrics_table() {
        match kind.as_str() {
            "counter" => metrics::describe_counter!(name, description),
            "gauge" => metrics::describe_gauge!(name, description),
            _ => metrics::describe_histogram!(name, description),
        }
    }
}

/// The table for people: `docs/metrics.md`.
pub fn metrics_page() -> String {
    let mut page = String::from(PREFACE);
    for Row { name, kind, labels, description } in metrics_table() {
        let labels = labels.iter().map(|label| format!("`{label}`")).collect::<Vec<_>>().join(", ");
        let _ = writeln!(page, "| `{name}` | {kind} | {labels} | {description} |");
    }
    page
}

const PREFACE: &str = "\
# Metrics

What `GET /metrics` on the management listener answers, in the text format of Prometheus. No label takes a value from a
request: `route` is a path as the OpenAPI document writes it, a page's, or `other`. What happens to one request, step by step,
is told in traces (`docs/traces.md`). The table is generated from the code, and a test compares it.

| name | kind | labels | what it says |
| --- | --- | --- | --- |
";
