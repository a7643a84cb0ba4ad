//! What is measured and traced of every request on the public listener: under which path of ours it came, how long its
//! answer took, with which code it was refused; and the first span of its trace.
//!
//! Labels and names come from the list of our own paths, from the methods that there are and from the codes that we
//! have: nothing that a request says becomes one.

mod meters;
mod refusal;
mod routes;
mod trace;

use std::{future::Future, sync::Arc};

use poem::{Request, Response, http::StatusCode};
use tokio::time::Instant;
use tracing::{Instrument, Span};

use self::{
    meters::{Class, Meters, Verb},
    routes::{Found, Routes},
};

pub use meters::METRICS;
pub use trace::{ROOT, continue_traces};

/// The paths that are known, and what was counted at each.
pub(crate) struct Measured {
    routes: Routes,
    meters: Meters,
}

/// One request, as it is measured.
pub(crate) struct Asked {
    measured: Arc<Measured>,
    found: Found,
    verb: Verb,
    span: Span,
}

impl Measured {
    /// Knows the paths of an OpenAPI document of ours, and those of our pages.
    pub(crate) fn new(document: &str) -> Arc<Self> {
        let routes = Routes::read(document);
        let meters = Meters::new(routes.len());
        Arc::new(Self { routes, meters })
    }

    /// Begins to measure `request`.
    pub(crate) fn asked(self: &Arc<Self>, request: &Request) -> Asked {
        let found = self.routes.find(request.uri().path());
        let verb = Verb::of(request.method());
        let span = trace::begin(self.routes.route(found), verb, request);
        Asked { measured: Arc::clone(self), found, verb, span }
    }
}

impl Asked {
    /// Waits for the answer, and notes what it was.
    pub(crate) async fn watch(
        self,
        answering: impl Future<Output = poem::Result<Response>>,
    ) -> poem::Result<Response> {
        let mut underway = Underway { asked: &self, began_at: Instant::now(), status: None };
        let answered = answering.instrument(self.span.clone()).await;
        let status = answered.as_ref().map_or_else(poem::Error::status, Response::status);
        underway.status = Some(status);
        drop(underway);
        trace::end(&self.span, status);
        match answered {
            Ok(response) => Ok(self.note_refusal(response).await),
            Err(error) => Err(error),
        }
    }

    async fn note_refusal(&self, mut response: Response) -> Response {
        if let Some(code) = refusal::code(&mut response).await {
            let route = self.measured.routes.route(self.found);
            meters::refused(&route.template, code);
        }
        response
    }
}

/// A request whose answer is awaited. One that is given up, because it panicked, took too long or nobody waits any more,
/// is noted too.
struct Underway<'a> {
    asked: &'a Asked,
    began_at: Instant,
    status: Option<StatusCode>,
}

impl Drop for Underway<'_> {
    fn drop(&mut self) {
        let Asked { measured, found, verb, .. } = self.asked;
        let route = measured.routes.route(*found);
        let class = self.status.map_or(Class::Cut, Class::of);
        measured.meters.answered((*found, route), (*verb, class), self.began_at.elapsed());
    }
}

#[cfg(test)]
mod tests;
