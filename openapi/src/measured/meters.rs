//! The numbers of the public listener's requests: their table, and the handles through which they are counted.

use std::{sync::OnceLock, time::Duration};

use metrics::{Histogram, counter, histogram};
use poem::http::{Method, StatusCode};

use super::routes::{Found, Route};
use crate::listener::metrics::{Kind, Label, Metric};

const SECONDS: &str = "doorward_http_request_seconds";
const REFUSALS: &str = "doorward_refusals_total";

/// Every value of the label `route` is a path of the OpenAPI document, a page, or this.
const ROUTES: &[&str] = &["other"];

/// What is measured of every request.
pub const METRICS: &[Metric] = &[
    Metric {
        name: SECONDS,
        kind: Kind::Histogram,
        labels: &[
            Label { name: "route", values: ROUTES },
            Label { name: "method", values: &Verb::NAMES },
            Label { name: "class", values: &Class::NAMES },
        ],
        description: "Seconds from the head of a request to its answer, by path of ours, method and class of status; cut where the request was given up.",
    },
    Metric {
        name: REFUSALS,
        kind: Kind::Counter,
        labels: &[Label { name: "route", values: ROUTES }, Label { name: "error", values: &[] }],
        description: "Requests that were refused, by path of ours and the error's code; page where a page said why.",
    },
];

/// A method, as it is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
    Options,
    Other,
}

impl Verb {
    const NAMES: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "other"];

    pub(super) fn of(method: &Method) -> Self {
        match method.as_str() {
            "GET" => Self::Get,
            "HEAD" => Self::Head,
            "POST" => Self::Post,
            "PUT" => Self::Put,
            "PATCH" => Self::Patch,
            "DELETE" => Self::Delete,
            "OPTIONS" => Self::Options,
            _ => Self::Other,
        }
    }

    pub(super) fn name(self) -> &'static str {
        Self::NAMES.get(self as usize).copied().unwrap_or("other")
    }
}

/// A class of status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Informational,
    Success,
    Redirection,
    ClientError,
    ServerError,
    /// There was no answer of an endpoint.
    Cut,
}

impl Class {
    const NAMES: [&str; 6] = ["1xx", "2xx", "3xx", "4xx", "5xx", "cut"];

    pub(super) fn of(status: StatusCode) -> Self {
        match status.as_u16() {
            100..=199 => Self::Informational,
            200..=299 => Self::Success,
            300..=399 => Self::Redirection,
            400..=499 => Self::ClientError,
            _ => Self::ServerError,
        }
    }

    fn name(self) -> &'static str {
        Self::NAMES.get(self as usize).copied().unwrap_or("cut")
    }
}

const CELLS: usize = Verb::NAMES.len() * Class::NAMES.len();

/// A handle for each route, method and class that there was. They are made when they are first needed, in the recorder
/// of the process: most of the combinations never happen, and each would be twenty lines at `/metrics`.
pub(super) struct Meters {
    seconds: Box<[OnceLock<Histogram>]>,
}

impl Meters {
    pub(super) fn new(routes: usize) -> Self {
        Self { seconds: (0..routes * CELLS).map(|_| OnceLock::new()).collect() }
    }

    pub(super) fn answered(
        &self,
        (found, route): (Found, &Route),
        (verb, class): (Verb, Class),
        took: Duration,
    ) {
        let cell = verb as usize * Class::NAMES.len() + class as usize;
        let Some(seconds) = self.seconds.get(found.index() * CELLS + cell) else { return };
        let seconds = seconds.get_or_init(|| {
            let route = route.template.clone();
            histogram!(SECONDS, "route" => route, "method" => verb.name(), "class" => class.name())
        });
        seconds.record(took);
    }
}

/// Counts a refusal. Not on the way of an ordinary answer, so nothing is kept for it.
pub(super) fn refused(template: &str, error: &'static str) {
    counter!(REFUSALS, "route" => template.to_owned(), "error" => error).increment(1);
}
