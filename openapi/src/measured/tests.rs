//! Each request is measured once, whatever becomes of it.

use poem::{Body, http::Method};

use super::*;

fn request(path: &str) -> Request {
    Request::builder().method(Method::GET).uri_str(path).body(Body::empty())
}

/// What `/metrics` would say of requests, one line each series: labels, and how many.
fn counted(measuring: impl Future<Output = ()>) -> Vec<String> {
    let numbers = Numbers::default();
    let _guard = metrics::set_default_local_recorder(&numbers);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(measuring);
    numbers.told()
}

#[test]
fn an_answer_is_counted_under_its_path_its_method_and_its_class() {
    let told = counted(async {
        let measured = Measured::new("{}");
        let answered = measured.asked(&request("/login?username=alice"));
        answered.watch(async { Ok(Response::default()) }).await.unwrap();
        let refused = measured.asked(&request("/alice"));
        let error = poem::Error::from_status(StatusCode::NOT_FOUND);
        refused.watch(async { Err(error) }).await.unwrap_err();
    });
    assert_eq!(
        told,
        [
            "doorward_http_request_seconds /login GET 2xx",
            "doorward_http_request_seconds other GET 4xx"
        ]
    );
}

#[test]
fn a_request_that_is_given_up_is_counted_too() {
    let told = counted(async {
        let measured = Measured::new("{}");
        let asked = measured.asked(&request("/login"));
        let never = asked.watch(std::future::pending());
        assert!(futures_util::FutureExt::now_or_never(never).is_none());
    });
    assert_eq!(told, ["doorward_http_request_seconds /login GET cut"]);
}

#[test]
fn a_refusal_is_counted_under_its_path_and_its_code() {
    let told = counted(async {
        let measured = Measured::new(r#"{"paths":{"/oauth2/token":{}}}"#);
        let refused = Response::builder()
            .status(StatusCode::BAD_REQUEST)
            .content_type("application/json")
            .body(r#"{"error":"invalid_grant"}"#);
        let asked = measured.asked(&request("/oauth2/token"));
        asked.watch(async { Ok(refused) }).await.unwrap();
    });
    assert_eq!(
        told,
        [
            "doorward_http_request_seconds /oauth2/token GET 4xx",
            "doorward_refusals_total /oauth2/token invalid_grant"
        ]
    );
}

#[test]
fn every_series_is_in_the_table() {
    let names: Vec<_> = METRICS.iter().map(|metric| metric.name).collect();
    assert_eq!(names, ["doorward_http_request_seconds", "doorward_refusals_total"]);
    let labels = METRICS.iter().map(|metric| metric.labels.iter().map(|label| label.name));
    let labels: Vec<Vec<_>> = labels.map(Iterator::collect).collect();
    assert_eq!(labels, [vec!["route", "method", "class"], vec!["route", "error"]]);
}

/// Every series that was touched.
#[derive(Default)]
struct Numbers(std::sync::Mutex<Vec<String>>);

impl Numbers {
    fn note(&self, key: &metrics::Key) {
        let labels = key.labels().map(|label| label.value().to_owned());
        let line = std::iter::once(key.name().to_owned()).chain(labels).collect::<Vec<_>>();
        self.0.lock().unwrap().push(line.join(" "));
    }

    fn told(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

impl metrics::Recorder for Numbers {
    fn describe_counter(
        &self,
        _: metrics::KeyName,
        _: Option<metrics::Unit>,
        _: metrics::SharedString,
    ) {
    }
    fn describe_gauge(
        &self,
        _: metrics::KeyName,
        _: Option<metrics::Unit>,
        _: metrics::SharedString,
    ) {
    }
    fn describe_histogram(
        &self,
        _: metrics::KeyName,
        _: Option<metrics::Unit>,
        _: metrics::SharedString,
    ) {
    }
    fn register_counter(&self, key: &metrics::Key, _: &metrics::Metadata<'_>) -> metrics::Counter {
        self.note(key);
        metrics::Counter::noop()
    }
    fn register_gauge(&self, _: &metrics::Key, _: &metrics::Metadata<'_>) -> metrics::Gauge {
        metrics::Gauge::noop()
    }
    fn register_histogram(
        &self,
        key: &metrics::Key,
        _: &metrics::Metadata<'_>,
    ) -> metrics::Histogram {
        self.note(key);
        metrics::Histogram::noop()
    }
}
