//! The table is what is measured, and the numbers are right.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use metrics::{
    CounterFn, GaugeFn, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit,
    with_local_recorder,
};

use super::*;
use crate::{
    Address, Child, Tree,
    supervisor::probe::{Death, LIMIT, Message, QUEUE, Watch, probe},
};

/// One number for each metric, whatever its kind; a histogram counts its samples.
#[derive(Default)]
pub(crate) struct Numbers {
    registered: Mutex<BTreeMap<(String, String), Arc<Number>>>,
    described: Mutex<Vec<String>>,
}

#[derive(Default)]
struct Number(AtomicU64);

impl CounterFn for Number {
    fn increment(&self, value: u64) {
        self.0.fetch_add(value, Ordering::SeqCst);
    }
    fn absolute(&self, value: u64) {
        self.0.store(value, Ordering::SeqCst);
    }
}

impl GaugeFn for Number {
    fn increment(&self, value: f64) {
        self.0.fetch_add(value as u64, Ordering::SeqCst);
    }
    fn decrement(&self, value: f64) {
        self.0.fetch_sub(value as u64, Ordering::SeqCst);
    }
    fn set(&self, value: f64) {
        self.0.store(value as u64, Ordering::SeqCst);
    }
}

impl HistogramFn for Number {
    fn record(&self, _: f64) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Numbers {
    fn number(&self, kind: Kind, key: &Key) -> Arc<Number> {
        let labels = key.labels().map(|label| format!("{}={}", label.key(), label.value()));
        let labels = labels.collect::<Vec<_>>().join(",");
        let name = format!("{kind:?} {}", key.name());
        Arc::clone(self.registered.lock().unwrap().entry((name, labels)).or_default())
    }

    pub(crate) fn read(&self, name: &str, labels: &str) -> u64 {
        self.registered.lock().unwrap()[&(name.into(), labels.into())].0.load(Ordering::SeqCst)
    }
}

impl Recorder for Numbers {
    fn describe_counter(&self, name: KeyName, _: Option<Unit>, _: SharedString) {
        self.described.lock().unwrap().push(name.as_str().into());
    }
    fn describe_gauge(&self, name: KeyName, _: Option<Unit>, _: SharedString) {
        self.described.lock().unwrap().push(name.as_str().into());
    }
    fn describe_histogram(&self, name: KeyName, _: Option<Unit>, _: SharedString) {
        self.described.lock().unwrap().push(name.as_str().into());
    }
    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.number(Kind::Counter, key))
    }
    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.number(Kind::Gauge, key))
    }
    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.number(Kind::Histogram, key))
    }
}

fn measured_probe() -> (Numbers, Child, Address<Message>) {
    let numbers = Numbers::default();
    let (child, address) = with_local_recorder(&numbers, || probe("probe", &Watch::default()));
    (numbers, child, address)
}

#[test]
fn the_table_is_what_is_measured() {
    let (numbers, _child, _address) = measured_probe();
    let keys = |labels: &str| {
        let keys: Vec<_> = labels.split(',').filter_map(|label| label.split('=').next()).collect();
        keys.join(",")
    };
    let registered = numbers.registered.lock().unwrap();
    let mut measured: Vec<_> =
        registered.keys().map(|(name, labels)| (name.clone(), keys(labels))).collect();
    measured.dedup();
    let mut table: Vec<_> = METRICS
        .iter()
        .map(|metric| (format!("{:?} {}", metric.kind, metric.name), metric.labels.join(",")))
        .collect();
    table.sort();
    assert_eq!(measured, table);
}

#[test]
fn every_metric_is_described() {
    let numbers = Numbers::default();
    with_local_recorder(&numbers, describe);
    let names: Vec<_> = METRICS.iter().map(|metric| metric.name).collect();
    assert_eq!(*numbers.described.lock().unwrap(), names);
}

#[tokio::test(start_paused = true)]
async fn what_befalls_an_actor_is_counted() {
    let (numbers, child, address) = measured_probe();
    let tree = Tree::start(vec![child], LIMIT).await.unwrap();
    let waiting = || numbers.read("Gauge doorward_actor_waiting", "actor=probe");
    let unavailable = |reason| {
        let labels = format!("actor=probe,reason={reason}");
        numbers.read("Counter doorward_actor_unavailable_total", &labels)
    };

    address.ask(Message::Count).await.unwrap();
    let held = address.hold();
    address.ask(Message::Count).await.unwrap_err();
    while address.tell(Message::Count).is_ok() {}
    assert_eq!(waiting(), QUEUE.length_max as u64);
    drop(held);
    address.ask_patiently(Message::Count).await.unwrap();
    address.die(Death::Error).await;
    address.ask(Message::Count).await.unwrap();
    tree.stop().await;

    assert_eq!(numbers.read("Histogram doorward_actor_ask_seconds", "actor=probe"), 3);
    assert_eq!(["busy", "timed_out", "stopped"].map(unavailable), [1, 1, 1]);
    assert_eq!(numbers.read("Counter doorward_actor_restarts_total", "actor=probe"), 1);
    assert_eq!(waiting(), 0);
}
