//! The metrics of the HTTP border: their table, and the handles through which they are counted.

use metrics::{
    Counter, Gauge, counter, describe_counter, describe_gauge, describe_histogram, gauge,
};

use super::BorderName;

/// One metric, as the committed table shows it.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    /// Its name at `/metrics`.
    pub name: &'static str,
    /// Whether it only grows.
    pub kind: Kind,
    /// Its labels. No value comes from a request.
    pub labels: &'static [Label],
    /// What it counts.
    pub description: &'static str,
}

/// What may be done with a metric's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// A distribution.
    Histogram,
}

/// A label and every value it can have.
#[derive(Debug, Clone, Copy)]
pub struct Label {
    /// The label's name.
    pub name: &'static str,
    /// All its values.
    pub values: &'static [&'static str],
}

const CONNECTIONS_OPEN: &str = "doorward_http_connections_open";
const CONNECTIONS_REFUSED: &str = "doorward_http_connections_refused_total";
const REQUEST_TIMEOUTS: &str = "doorward_http_request_timeouts_total";
const BODIES_TOO_LARGE: &str = "doorward_http_bodies_too_large_total";
const PANICS: &str = "doorward_http_panics_total";
const CERTIFICATE_RELOADS: &str = "doorward_http_certificate_reloads_total";

/// Every metric of the border.
pub const METRICS: &[Metric] = &[
    Metric {
        name: CONNECTIONS_OPEN,
        kind: Kind::Gauge,
        labels: &[Label { name: "border", values: &["public", "management"] }],
        description: "Connections that hold a place, TLS handshakes included.",
    },
    Metric {
        name: CONNECTIONS_REFUSED,
        kind: Kind::Counter,
        labels: &[Label {
            name: "reason",
            values: &["full", "address_full", "handshake_failed", "handshake_timeout"],
        }],
        description: "Connections closed before their first request: no place left, the address has its share, or no TLS.",
    },
    Metric {
        name: REQUEST_TIMEOUTS,
        kind: Kind::Counter,
        labels: &[Label { name: "phase", values: &["head", "body", "endpoint", "answer"] }],
        description: "Requests cut by time: while their head or body was read, by a slow endpoint, or while the answer was written.",
    },
    Metric {
        name: BODIES_TOO_LARGE,
        kind: Kind::Counter,
        labels: &[],
        description: "Requests answered 413 because of the listener's limit.",
    },
    Metric {
        name: PANICS,
        kind: Kind::Counter,
        labels: &[],
        description: "Requests answered 500 because an endpoint panicked.",
    },
    Metric {
        name: CERTIFICATE_RELOADS,
        kind: Kind::Counter,
        labels: &[Label { name: "outcome", values: &["loaded", "refused"] }],
        description: "Attempts to read the certificate files again.",
    },
];

/// Tells the recorder what each metric means.
pub fn describe() {
    for metric in METRICS {
        match metric.kind {
            Kind::Counter => describe_counter!(metric.name, metric.description),
            Kind::Gauge => describe_gauge!(metric.name, metric.description),
            Kind::Histogram => describe_histogram!(metric.name, metric.description),
        }
    }
}

/// Handles to all that a `serve` counts, taken once so that a request looks nothing up.
pub(super) struct Meters {
    pub(super) connections_open: Gauge,
    pub(super) refused_full: Counter,
    pub(super) refused_address_full: Counter,
    pub(super) handshakes_failed: Counter,
    pub(super) handshakes_late: Counter,
    pub(super) heads_late: Counter,
    pub(super) bodies_late: Counter,
    pub(super) endpoints_late: Counter,
    pub(super) answers_late: Counter,
    pub(super) bodies_too_large: Counter,
    pub(super) panics: Counter,
}

impl Meters {
    pub(super) fn new(border: BorderName) -> Self {
        let border = match border {
            BorderName::Public => "public",
            BorderName::Management => "management",
        };
        Self {
            connections_open: gauge!(CONNECTIONS_OPEN, "border" => border),
            refused_full: counter!(CONNECTIONS_REFUSED, "reason" => "full"),
            refused_address_full: counter!(CONNECTIONS_REFUSED, "reason" => "address_full"),
            handshakes_failed: counter!(CONNECTIONS_REFUSED, "reason" => "handshake_failed"),
            handshakes_late: counter!(CONNECTIONS_REFUSED, "reason" => "handshake_timeout"),
            heads_late: counter!(REQUEST_TIMEOUTS, "phase" => "head"),
            bodies_late: counter!(REQUEST_TIMEOUTS, "phase" => "body"),
            endpoints_late: counter!(REQUEST_TIMEOUTS, "phase" => "endpoint"),
            answers_late: counter!(REQUEST_TIMEOUTS, "phase" => "answer"),
            bodies_too_large: counter!(BODIES_TOO_LARGE),
            panics: counter!(PANICS),
        }
    }
}

/// Handles to what the certificate files count.
pub(super) struct CertificateMeters {
    pub(super) loaded: Counter,
    pub(super) refused: Counter,
}

impl CertificateMeters {
    pub(super) fn new() -> Self {
        Self {
            loaded: counter!(CERTIFICATE_RELOADS, "outcome" => "loaded"),
            refused: counter!(CERTIFICATE_RELOADS, "outcome" => "refused"),
        }
    }
}
