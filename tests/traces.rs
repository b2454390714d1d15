//! Traces: the service as a process, and a collector that decodes its spans.

mod export;

use std::collections::HashSet;

use futures_util::future::join_all;
use http::Method;
use opentelemetry_proto::tonic::trace::v1::{Span, span::SpanKind};
use serde_json::Value;

use crate::support::{
    Attribute, Client, Collector, Database, Process, Receiver, Scripted, SpanExt, eventually, hex,
};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const TRACE_ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const UNSAMPLED_CALLER: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

/// A service that exports its spans, and a client of a tenant of its own.
struct Traced {
    service: Process,
    client: Client,
    collector: Collector,
    receiver: Receiver,
}

// === impl Traced ===

impl Traced {
    async fn start() -> Self {
        Self::with(&Database::own().await, &[]).await
    }

    /// With additional variables.
    async fn with(database: &Database, more: &[(&str, &str)]) -> Self {
        let (collector, receiver) = (Collector::start().await, Receiver::start(&[SECRET]).await);
        let (endpoint, webhook) = (collector.url(), receiver.url());
        let mut settings = vec![
            ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
            ("ORDERS_PUBLISHER", &webhook),
        ];
        settings.extend(more);
        let (service, client) = start(database, &settings).await;
        Self {
            service,
            client,
            collector,
            receiver,
        }
    }

    /// Closes a confirmed order for this caller.
    async fn close(&self, trace_parent: &str) {
        let id = self.client.confirmed(5).await;
        let close = self
            .client
            .call(Method::POST, format!("/orders/{id}/close"))
            .header("traceparent", trace_parent)
            .header("tracestate", "vendor=value")
            .header("tracestate", "other=1");
        assert_eq!(close.send().await.status, 200);
    }

    /// The `traceparent` of the first deliveries, as header and as attribute of the event.
    async fn deliveries(&self, count: usize) -> Vec<(String, String)> {
        let received = async || self.receiver.deliveries().len() >= count;
        eventually("a delivery", received).await;
        let deliveries = self.receiver.deliveries().into_iter();
        deliveries
            .map(|delivery| {
                let header = delivery.headers["traceparent"].to_str().unwrap().to_owned();
                let event: Value = serde_json::from_slice(&delivery.body).unwrap();
                (header, event["traceparent"].as_str().unwrap().to_owned())
            })
            .collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_goes_from_the_caller_through_the_outbox_to_the_receiver() {
    let traced = Traced::start().await;
    traced.close(CALLER).await;
    let deliveries = traced.deliveries(1).await;

    let request = traced.collector.only("POST /orders/{id}/close").await;
    assert_eq!(hex(&request.trace_id), TRACE_ID);
    assert_eq!(hex(&request.parent_span_id), "00f067aa0ba902b7");
    assert_eq!(request.trace_state, "vendor=value,other=1");
    let publish = traced.collector.only("publish orders.closed").await;
    assert_is_child(&publish, &request);
    assert_eq!(
        deliveries,
        [(publish.trace_parent(), request.trace_parent())]
    );

    let batch = traced.collector.only("batch closeOrder").await;
    assert!(batch.is_root() && batch.trace_id != request.trace_id);
    assert_eq!(links(&batch), [request.trace_parent()]);
    let waits = traced.collector.named("wait for a batch", 3).await;
    let wait: Vec<_> = waits
        .iter()
        .filter(|wait| wait.trace_id == request.trace_id)
        .collect();
    let [wait] = wait[..] else {
        panic!("{waits:#?}");
    };
    assert_is_child(wait, &request);
    assert_eq!(links(wait), [batch.trace_parent()]);
    let transaction = traced.collector.only("close").await;
    assert_is_child(&transaction, &batch);
    assert!(wait.end_time_unix_nano <= transaction.start_time_unix_nano);
    assert!(transaction.end_time_unix_nano <= request.end_time_unix_nano);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_in_another_process_continues_the_trace() {
    let database = Database::own().await;
    let traced = Traced::with(&database, &[("ORDERS_NO_RELAY", "true")]).await;
    traced.close(CALLER).await;
    let request = traced.collector.only("POST /orders/{id}/close").await;

    let (url, webhook) = (database.url(), traced.receiver.url());
    let collector = Collector::start().await;
    let endpoint = format!("{}/v1/traces", collector.url());
    let settings = [
        ("DATABASE_URL", url.as_str()),
        ("ORDERS_PUBLISHER", &webhook),
        ("ORDERS_WEBHOOK_SECRETS", SECRET),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", &endpoint),
    ];
    let mut relay = Process::start(&["relay"], &settings).await;
    let deliveries = traced.deliveries(1).await;
    relay.signal("TERM");
    assert!(relay.ended().await.status.success());
    let publish = collector.only("publish orders.closed").await;
    assert_is_child(&publish, &request);
    assert_eq!(
        deliveries,
        [(publish.trace_parent(), request.trace_parent())]
    );
    // Polls, claims and completions belong to no trace.
    assert_eq!(collector.spans().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_have_the_attributes_of_the_semantic_conventions() {
    let traced = Traced::start().await;
    traced.close(CALLER).await;
    let request = traced.collector.only("POST /orders/{id}/close").await;
    let publish = traced.collector.only("publish orders.closed").await;
    let transaction = traced.collector.only("close").await;
    let batch = traced.collector.only("batch closeOrder").await;

    assert_eq!(request.kind(), SpanKind::Server);
    let Some(Attribute::Text(path)) = request.attribute("url.path") else {
        panic!("{request:#?}");
    };
    assert!(path.starts_with("/orders/") && path.ends_with("/close"));
    let port = i64::from(traced.client.address.port());
    assert_attributes(
        &request,
        &[
            ("http.request.method", "POST".into()),
            ("http.route", "/orders/{id}/close".into()),
            ("http.response.status_code", 200.into()),
            ("url.scheme", "http".into()),
            ("server.address", "127.0.0.1".into()),
            ("server.port", port.into()),
            ("network.protocol.version", "1.1".into()),
        ],
    );
    assert_eq!(publish.kind(), SpanKind::Producer);
    let delivery = traced.receiver.deliveries().remove(0);
    assert_attributes(
        &publish,
        &[
            ("messaging.system", "webhook".into()),
            ("messaging.operation.name", "publish".into()),
            ("messaging.operation.type", "send".into()),
            ("messaging.destination.name", "orders.closed".into()),
            ("messaging.message.id", delivery.id().into()),
        ],
    );
    assert_eq!(transaction.kind(), SpanKind::Client);
    assert_attributes(
        &transaction,
        &[
            ("db.system.name", "postgresql".into()),
            ("db.query.summary", "close".into()),
        ],
    );
    assert_attributes(
        &batch,
        &[
            ("orders.operation", "closeOrder".into()),
            ("orders.batch.size", 1.into()),
        ],
    );
    for span in [request, publish, transaction, batch] {
        assert!(!span.has_failed() && span.attribute("error.type").is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_has_links_to_all_of_its_requests() {
    let worker = [("ORDERS_BATCH_CONCURRENCY", "1")];
    let traced = Traced::with(&Database::own().await, &worker).await;
    let id = traced.client.draft().await;
    let count = 40;
    for reply in join_all((0..count).map(|_| traced.client.get(id))).await {
        assert_eq!(reply.status, 200);
    }
    let requests = traced.collector.named("GET /orders/{id}", count).await;
    let sizes = async || {
        let batches = traced.collector.spans().into_iter();
        let batches = batches.filter(|span| span.name == "batch getOrder");
        batches.map(|batch| batch.links.len()).sum::<usize>()
    };
    eventually("each request is linked", async || sizes().await == count).await;
    let batches = traced.collector.named("batch getOrder", 1).await;
    assert!(batches.len() < count, "none of the requests shared a batch");
    let linked: HashSet<_> = batches.iter().flat_map(links).collect();
    let expected: HashSet<_> = requests.iter().map(SpanExt::trace_parent).collect();
    assert_eq!(linked, expected);
    for batch in &batches {
        let size = batch.links.len() as i64;
        assert_eq!(batch.attribute("orders.batch.size"), Some(size.into()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_caller_a_trace_begins_and_log_lines_carry_its_ids() {
    let settings = [
        ("ORDERS_LOG_FORMAT", "json"),
        ("ORDERS_LOG_REQUESTS", "true"),
        ("ORDERS_PUBLISHER", "log"),
    ];
    let mut traced = Traced::with(&Database::own().await, &settings).await;
    traced.client.closed(5).await;
    let request = traced.collector.only("POST /orders/{id}/close").await;
    let publish = traced.collector.only("publish orders.closed").await;
    assert!(request.is_root());
    assert_is_child(&publish, &request);
    traced.service.signal("TERM");
    let lines = traced.service.ended().await.json();
    for (span, field, value) in [
        (&request, "operation", "closeOrder"),
        (&publish, "message", "orders.closed"),
    ] {
        let line = lines.iter().find(|line| line[field] == value).unwrap();
        assert_eq!(line["span"]["trace_id"], hex(&span.trace_id), "{line}");
        assert_eq!(line["span"]["span_id"], hex(&span.span_id), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_its_caller_does_not_sample_has_no_spans_and_keeps_its_trace() {
    let traced = Traced::start().await;
    traced.close(UNSAMPLED_CALLER).await;
    let (header, attribute) = traced.deliveries(1).await.remove(0);
    for trace_parent in [header, attribute] {
        assert!(trace_parent.starts_with(&format!("00-{TRACE_ID}-")));
        assert!(trace_parent.ends_with("-00"), "{trace_parent}");
    }
    traced.close(CALLER).await;
    traced.collector.only("publish orders.closed").await;
    traced.collector.only("POST /orders/{id}/close").await;
    // The batches of the request without a span have none either.
    traced.collector.only("batch closeOrder").await;
    traced.collector.only("close").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_sampled_if_its_request_is() {
    let by_callers = [("OTEL_TRACES_SAMPLER", "parentbased_always_off")];
    let traced = Traced::with(&Database::own().await, &by_callers).await;
    traced.close(CALLER).await;
    let request = traced.collector.only("POST /orders/{id}/close").await;
    let batch = traced.collector.only("batch closeOrder").await;
    assert_eq!(links(&batch), [request.trace_parent()]);
    assert_is_child(&traced.collector.only("close").await, &batch);
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_are_errors_of_their_spans() {
    let database = Database::own().await;
    let traced = Traced::with(&database, &[]).await;
    let fault = "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'a private cause'; END $$;
                 CREATE TRIGGER fault BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION fail()";
    database.admin().await.batch_execute(fault).await.unwrap();
    assert_eq!(traced.client.create("key", "{}").await.status, 500);

    let request = traced.collector.only("POST /orders").await;
    let single = traced.collector.only("single createOrder").await;
    let batch = traced.collector.only("batch createOrder").await;
    // Its batch failed, so it was retried by itself, in its own trace.
    assert_is_child(&single, &request);
    let inserts = traced.collector.named("claim_keys", 2).await;
    for (span, error) in [
        (&request, "500"),
        (&single, "failed"),
        (&batch, "failed"),
        (&inserts[0], "fault"),
        (&inserts[1], "fault"),
    ] {
        assert!(span.has_failed(), "{span:#?}");
        assert_attributes(span, &[("error.type", error.into())]);
    }
    assert_attributes(&inserts[0], &[("db.response.status_code", "P0001".into())]);
    assert!(!format!("{:?}", traced.collector.spans()).contains("a private cause"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_request_is_no_error_of_its_span() {
    let traced = Traced::start().await;
    let unknown = traced.client.call(Method::GET, "/no/such?token=hunter2");
    assert_eq!(unknown.send().await.status, 404);
    let request = traced.collector.only("GET").await;
    assert_attributes(
        &request,
        &[
            ("url.path", "/no/such".into()),
            ("http.response.status_code", 404.into()),
        ],
    );
    assert!(!request.has_failed() && request.attribute("http.route").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn each_attempt_to_publish_has_a_span() {
    let backoff = [("ORDERS_RELAY_BACKOFF", "1ms")];
    let traced = Traced::with(&Database::own().await, &backoff).await;
    traced.receiver.respond_next([Scripted::status(400)]);
    traced.close(CALLER).await;
    let attempts = traced.collector.named("publish orders.closed", 2).await;
    assert_attributes(&attempts[0], &[("error.type", "retryable".into())]);
    assert!(attempts[0].has_failed() && !attempts[1].has_failed());
    let deliveries = traced.deliveries(2).await;
    for (attempt, (header, attribute)) in attempts.iter().zip(&deliveries) {
        assert_eq!(*header, attempt.trace_parent());
        assert_eq!(*attribute, deliveries[0].1, "the event never changes");
    }
}

// === helpers ===

/// Starts `orders serve`. Spans leave it after 50 ms.
async fn start(database: &Database, more: &[(&str, &str)]) -> (Process, Client) {
    let url = database.url();
    let mut settings = vec![
        ("DATABASE_URL", url.as_str()),
        ("ORDERS_LISTEN", "127.0.0.1:0"),
        ("ORDERS_WEBHOOK_SECRETS", SECRET),
        ("OTEL_BSP_SCHEDULE_DELAY", "50"),
    ];
    settings.extend(more);
    let mut service = Process::start(&["serve"], &settings).await;
    let client = Client::new(service.address().await, "tenant");
    (service, client)
}

#[track_caller]
fn assert_is_child(child: &Span, parent: &Span) {
    assert_eq!(child.trace_id, parent.trace_id, "{child:#?} {parent:#?}");
    assert_eq!(
        child.parent_span_id, parent.span_id,
        "{child:#?} {parent:#?}"
    );
}

#[track_caller]
fn assert_attributes(span: &Span, expected: &[(&str, Attribute)]) {
    for (name, value) in expected {
        assert_eq!(
            span.attribute(name).as_ref(),
            Some(value),
            "{name}: {span:#?}"
        );
    }
}

/// The spans that a span has links to, each as the text of `traceparent`.
fn links(span: &Span) -> Vec<String> {
    let links = span.links.iter();
    links
        .map(|link| format!("00-{}-{}-01", hex(&link.trace_id), hex(&link.span_id)))
        .collect()
}
