//! What becomes of steps: how many were made, told and not told. That a collector does not answer is logged when it
//! begins and when it ends, not each time.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use actors::metrics::{Kind, Metric};
use metrics::{Counter, counter};
use opentelemetry::Context;
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    trace::{Span, SpanData, SpanExporter, SpanProcessor},
};

const STEPS: &str = "doorward_traces_steps_total";

/// What is measured here.
pub(super) const METRICS: &[Metric] = &[Metric {
    name: STEPS,
    kind: Kind::Counter,
    labels: &["outcome"],
    description: "Steps of requests: made, told to the collector, failed to be told; the rest waits or found the queue full",
}];

/// An exporter, with what it does counted.
#[derive(Debug)]
pub(super) struct Counted<E> {
    inner: E,
    told: Counter,
    failed: Counter,
    is_failing: AtomicBool,
}

/// Counts the steps that are made.
#[derive(Debug)]
pub(super) struct Made(Counter);

impl<E> Counted<E> {
    pub(super) fn around(inner: E) -> (Self, Made) {
        let steps = |outcome: &'static str| counter!(STEPS, "outcome" => outcome);
        let is_failing = AtomicBool::new(false);
        let counted = Self { inner, told: steps("told"), failed: steps("failed"), is_failing };
        (counted, Made(steps("made")))
    }

    fn note(&self, steps: u64, outcome: &OTelSdkResult) {
        match outcome {
            Ok(()) => {
                self.told.increment(steps);
                if self.is_failing.swap(false, Ordering::Relaxed) {
                    tracing::info!("the collector of traces answers again");
                }
            }
            Err(error) => {
                self.failed.increment(steps);
                if !self.is_failing.swap(true, Ordering::Relaxed) {
                    tracing::warn!(%error, "the collector of traces takes nothing; requests are answered as ever");
                }
            }
        }
    }
}

impl<E: SpanExporter> SpanExporter for Counted<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let steps = batch.len() as u64;
        let outcome = self.inner.export(batch).await;
        self.note(steps, &outcome);
        outcome
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}

impl SpanProcessor for Made {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        if span.span_context.is_sampled() {
            self.0.increment(1);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}
