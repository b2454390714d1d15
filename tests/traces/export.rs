//! The export of spans: where they go, what it costs, and what it keeps to itself.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use http::Method;
use serde_json::json;
use tokio::{net::TcpListener, time::timeout};

use super::{CALLER, SECRET, Traced, start};
use crate::support::{Attribute, Collector, Database, Process, Receiver, eventually};

/// Longer than a request takes on a busy machine, and shorter than the collector's timeout.
const PROMPT: Duration = Duration::from_secs(8);

#[tokio::test(flavor = "multi_thread")]
async fn without_an_endpoint_no_span_exists_and_the_trace_is_passed_on_unchanged() {
    for endpoint in [None, Some("")] {
        let receiver = Receiver::start(&[SECRET]).await;
        let webhook = receiver.url();
        let mut settings = vec![
            ("ORDERS_PUBLISHER", webhook.as_str()),
            ("ORDERS_LOG_FORMAT", "json"),
            ("ORDERS_LOG", "trace"),
            ("OTEL_TRACES_SAMPLER", "always_on"),
        ];
        settings.extend(endpoint.map(|text| ("OTEL_EXPORTER_OTLP_ENDPOINT", text)));
        let (mut service, client) = start(&Database::own().await, &settings).await;
        let id = client.confirmed(5).await;
        let close = client.call(Method::POST, format!("/orders/{id}/close"));
        let close = close.header("traceparent", CALLER);
        assert_eq!(close.send().await.status, 200);
        eventually("a delivery", async || !receiver.deliveries().is_empty()).await;
        assert_eq!(receiver.deliveries()[0].headers["traceparent"], CALLER);
        service.signal("TERM");
        let ended = service.ended().await;
        let with_span = |line: &serde_json::Value| !line["span"]["span_id"].is_null();
        let lines = ended.json();
        assert!(!lines.iter().any(with_span), "{ended:#?}");
        assert!(!ended.text().contains("traces go to"), "{ended:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn exports_are_posted_as_protobuf_and_say_what_they_come_from() {
    let database = Database::shared().await;
    let named = [
        ("OTEL_SERVICE_NAME", "shop-orders"),
        (
            "OTEL_RESOURCE_ATTRIBUTES",
            "deployment.environment.name=test",
        ),
    ];
    for (settings, name) in [(&[][..], "orders"), (&named[..], "shop-orders")] {
        let traced = Traced::with(&database, settings).await;
        assert_eq!(traced.client.list("").await.status, 200);
        traced.collector.only("GET /orders").await;
        let export = traced.collector.exports().remove(0);
        assert_eq!((export.method, &*export.path), (Method::POST, "/v1/traces"));
        assert_eq!(export.headers["content-type"], "application/x-protobuf");
        let resource = export.request.resource_spans[0].resource.clone().unwrap();
        let attribute = |name| Attribute::find(&resource.attributes, name);
        assert_eq!(attribute("service.name"), Some(name.into()));
        let version = env!("CARGO_PKG_VERSION").into();
        assert_eq!(attribute("service.version"), Some(version));
        let environment = attribute("deployment.environment.name");
        let expected = (!settings.is_empty()).then_some("test".into());
        assert_eq!(environment, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sampler_of_the_standard_variables_decides() {
    let off = [("OTEL_TRACES_SAMPLER", "always_off")];
    let mut traced = Traced::with(&Database::shared().await, &off).await;
    assert_eq!(traced.client.list("").await.status, 200);
    traced.service.signal("TERM");
    assert!(traced.service.ended().await.status.success());
    assert!(traced.collector.exports().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_that_wait_are_exported_when_the_service_stops() {
    let never = [("OTEL_BSP_SCHEDULE_DELAY", "3600000")];
    let mut traced = Traced::with(&Database::shared().await, &never).await;
    assert_eq!(traced.client.list("").await.status, 200);
    assert!(traced.collector.exports().is_empty());
    traced.service.signal("TERM");
    assert!(traced.service.ended().await.status.success());
    traced.collector.only("GET /orders").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_down_or_silent_delays_no_request_and_not_the_end() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let down = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap()
    };
    let down_says = "the collector takes no spans: client error (Connect)";
    let silent_says = "a span is lost: 4096 wait for the collector";
    for (address, warning) in [
        (down, down_says),
        (silent.local_addr().unwrap(), silent_says),
    ] {
        let endpoint = format!("http://{address}");
        let settings = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
            ("ORDERS_PUBLISHER", "log"),
        ];
        let (mut service, client) = start(&Database::own().await, &settings).await;
        let id = client.draft().await;
        // Each request has two spans, and a share of others.
        for _ in 0..60 {
            let begin = Instant::now();
            for reply in join_all((0..50).map(|_| client.get(id))).await {
                assert_eq!(reply.status, 200);
            }
            assert!(begin.elapsed() < PROMPT, "{:?}", begin.elapsed());
        }
        service.says(warning).await;
        service.signal("TERM");
        let ended = timeout(Duration::from_secs(20), service.ended()).await;
        let ended = ended.expect("the service does not wait for its collector");
        assert!(ended.status.success());
        // At most ten a second; the others are counted.
        let warnings = ended.lines.iter().filter(|line| line.contains(warning));
        assert!(warnings.count() < 500, "{ended:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_in_no_span_and_no_log_line() {
    let database = Database::own().await;
    let settings = [
        (
            "OTEL_EXPORTER_OTLP_HEADERS",
            "authorization=Bearer%20hunter2-collector,x-team=a",
        ),
        ("ORDERS_LOG", "trace"),
    ];
    let mut traced = Traced::with(&database, &settings).await;
    let client = traced.client.with_token("hunter2-token");
    let body = json!({ "note": "hunter2-body" }).to_string();
    let created = client.create("hunter2-key", &body).await;
    assert_eq!(created.status, 201);
    let confirm = client.confirm(created.id(), "\"1\"", json!({ "totalCents": 271_828_182 }));
    assert_eq!(confirm.await.status, 200);
    assert_eq!(client.close(created.id()).await.status, 200);
    let listed = client.call(Method::GET, "/orders?limit=1&token=hunter2-query");
    listed.send().await;
    traced.collector.only("publish orders.closed").await;
    traced.collector.only("GET /orders").await;
    traced.service.signal("TERM");
    let ended = traced.service.ended().await;

    let exports = traced.collector.exports();
    for export in &exports {
        assert_eq!(export.headers["authorization"], "Bearer hunter2-collector");
        assert_eq!(export.headers["x-team"], "a");
    }
    let spans = format!("{:?}", traced.collector.spans());
    for secret in ["hunter2", "271828182", "in-the-address", "INSERT", "SELECT"] {
        assert!(!spans.contains(secret), "{secret}: {spans}");
    }
    assert!(!ended.text().contains("hunter2-collector"), "{ended:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_in_clear_text_are_warned_of() {
    let headers = ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=hunter2");
    let local = Collector::start().await.url();
    for (endpoint, is_clear) in [
        ("http://collector.invalid:4318", true),
        ("https://collector.invalid:4318", false),
        (&local, false),
    ] {
        let settings = [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint), headers];
        let (service, _) = start(&Database::shared().await, &settings).await;
        let lines = service.lines().join("\n");
        let warning = "the connection to collector.invalid is in clear text";
        assert_eq!(lines.contains(warning), is_clear, "{lines}");
        assert!(!lines.contains("hunter2"), "{lines}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_endpoint_ends_the_start_with_one_message() {
    let url = Database::shared().await.url();
    for endpoint in ["hunter2", "https://a:hunter2@collector.example"] {
        for command in ["serve", "relay"] {
            let settings = [
                ("DATABASE_URL", url.as_str()),
                ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
            ];
            let ended = Process::start(&[command], &settings).await.ended().await;
            assert!(ended.sentence().contains("OTLP endpoint"), "{ended:#?}");
            assert!(!ended.text().contains("hunter2"), "{ended:#?}");
        }
    }
}
