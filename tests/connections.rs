//! Connections: malformed heads, versions of HTTP, keep-alive, pipelining and idle timeouts.

use std::time::{Duration, Instant};

use http::{Method, StatusCode};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use uuid::Uuid;

use crate::support::{App, Client, Isolation, Reply, Wire};

const HEALTH: &str = "GET /healthz HTTP/1.1\r\nhost: orders\r\n\r\n";
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// === malformed heads ===

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_head_gets_400_with_the_contracts_body() {
    let app = App::start().await;
    let with = |field: &str| format!("POST /orders HTTP/1.1\r\nhost: orders\r\n{field}\r\n\r\n");
    let many_fields: String = (0..101).map(|n| format!("x-{n}: y\r\n")).collect();
    for head in [
        "garbage\r\n\r\n".to_owned(),
        "\u{1}\u{2}\u{3}\u{4}\r\n\r\n".to_owned(),
        "GET /healthz HTTP/3.0\r\n\r\n".to_owned(),
        "GET /healthz HTTP/1.1 again\r\n\r\n".to_owned(),
        "GET /hea\u{1}lthz HTTP/1.1\r\n\r\n".to_owned(),
        "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n".to_owned(),
        with("bad name: x"),
        with(": nameless"),
        with("x-control: a\0b"),
        with("x-folded: a\r\n b"),
        with("content-length: 2\r\ncontent-length: 3"),
        with("content-length: two"),
        with("content-length: -1"),
        with("content-length: 99999999999999999999"),
        with("transfer-encoding: gzip"),
        "POST /orders HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n".to_owned(),
        with(&many_fields),
        endless_head(),
    ] {
        let mut wire = Wire::connect(app.server.address()).await;
        wire.send(&head).await;
        malformed(&wire.reply().await, &head);
        wire.closed().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_head_after_valid_requests_gets_400_with_the_contracts_body() {
    let app = App::start().await;
    let old = "GET /healthz HTTP/1.0\r\nconnection: keep-alive\r\n\r\n";
    for good in [HEALTH, old] {
        // hyper writes both responses at once if it reads both requests at once, otherwise one
        // after the other.
        let mut wire = Wire::connect(app.server.address()).await;
        wire.send(format!("{good}garbage\r\n\r\n")).await;
        assert_eq!(wire.reply().await.status, 200);
        malformed(&wire.reply().await, "pipelined");
        wire.closed().await;

        let mut wire = Wire::connect(app.server.address()).await;
        wire.send(good).await;
        assert_eq!(wire.reply().await.status, 200);
        wire.send("garbage\r\n\r\n").await;
        malformed(&wire.reply().await, "later");
        wire.closed().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_beyond_the_limit_is_refused() {
    let app = App::with(Isolation::Tenant, &["--max-head", "10000"]).await;
    let health = async |length| {
        let call = app.call(Method::GET, "/healthz");
        call.header("x-large", &"x".repeat(length)).send().await
    };
    assert_eq!(health(9_000).await.status, 200);
    let refused = health(10_000).await;
    refused.refused(StatusCode::BAD_REQUEST, "invalid_request");
}

// === versions of HTTP and keep-alive ===

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_of_http_1_0_is_closed_after_the_response() {
    let app = App::start().await;
    let mut wire = Wire::connect(app.server.address()).await;
    wire.send("GET /healthz HTTP/1.0\r\n\r\n").await;
    let reply = wire.reply().await;
    assert_eq!(
        (reply.status, reply.json()),
        (200, json!({ "status": "ok" }))
    );
    wire.closed().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_kept_alive_after_successes_and_errors() {
    let app = App::start().await;
    let mut wire = Wire::connect(app.server.address()).await;
    for (path, status) in [
        ("/healthz", 200),
        ("/nope", 404),
        ("/orders", 400),
        ("/readyz", 200),
    ] {
        wire.send(format!("GET {path} HTTP/1.1\r\nhost: orders\r\n\r\n"))
            .await;
        assert_eq!(wire.reply().await.status, status, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn responses_to_pipelined_requests_come_in_order() {
    let app = App::start().await;
    let ids: Vec<String> = (0..20).map(|n| format!("request-{n}")).collect();
    let requests = ids
        .iter()
        .zip(["/orders", "/healthz", "/nope", "/readyz"].iter().cycle());
    let text: String = requests
        .map(|(id, path)| {
            format!("GET {path} HTTP/1.1\r\nhost: orders\r\nx-tenant-id: {}\r\nx-request-id: {id}\r\n\r\n", app.tenant)
        })
        .collect();
    let mut wire = Wire::connect(app.server.address()).await;
    wire.send(text).await;
    for id in &ids {
        assert_eq!(wire.reply().await.header("x-request-id"), Some(id.as_str()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_http2_requests_share_one_connection() {
    let app = App::start().await;
    let proxy = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = Client::new(proxy.local_addr().unwrap(), &app.tenant).with_http2();
    let server = app.server.address();
    let one_connection = tokio::spawn(async move {
        let (mut near, _) = proxy.accept().await.unwrap();
        drop(proxy); // refuses a second connection
        let mut far = TcpStream::connect(server).await.unwrap();
        tokio::io::copy_bidirectional(&mut near, &mut far)
            .await
            .ok();
    });
    let first = client.draft().await;
    let calls =
        (0..50).map(|_| tokio::spawn(client.call(Method::GET, format!("/orders/{first}")).send()));
    for call in calls.collect::<Vec<_>>() {
        let reply = call.await.unwrap();
        assert_eq!((reply.status, reply.id()), (200, first));
    }
    one_connection.abort();
}

// === idle connections ===

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_stops_sending_is_disconnected_after_the_header_timeout() {
    let app = App::with(Isolation::Tenant, &["--header-timeout", "300ms"]).await;
    let settings = frame(SETTINGS, 0, 0, b"");
    let half_head = frame(HEADERS, 0, 1, GET_HEALTH);
    for sent in [
        b"".to_vec(),
        b"GET /healthz HTTP/1.1\r\nhost".to_vec(),
        b"PRI *".to_vec(),
        PREFACE.to_vec(),
        [PREFACE, &settings].concat(),
        [PREFACE, &settings, &half_head].concat(),
    ] {
        let start = Instant::now();
        let mut wire = Wire::connect(app.server.address()).await;
        wire.send(&sent).await;
        wire.closed_after_all().await;
        assert!(
            start.elapsed() >= Duration::from_millis(300),
            "{sent:?}: closed too early"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_http1_connection_is_closed() {
    let app = App::with(Isolation::Tenant, &["--header-timeout", "300ms"]).await;
    for then in ["", "GET /healthz HTTP/1.1\r\nhost"] {
        let mut wire = Wire::connect(app.server.address()).await;
        wire.send(HEALTH).await;
        assert_eq!(wire.reply().await.status, 200);
        wire.send(then).await;
        wire.closed().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_http2_connection_is_closed() {
    let app = App::with(Isolation::Tenant, &["--header-timeout", "300ms"]).await;
    let mut wire = Wire::connect(app.server.address()).await;
    let request = frame(HEADERS, END_STREAM | END_HEADERS, 1, GET_HEALTH);
    wire.send([PREFACE, &frame(SETTINGS, 0, 0, b""), &request].concat())
        .await;
    wire.closed_after_all().await;
}

// === helpers ===

/// The start of a head that has the maximum size to the byte and does not end. One more byte would
/// stay unread, and reset the connection when it is closed.
fn endless_head() -> String {
    const MAX_HEAD: usize = 16 * 1024;
    let head = "GET /healthz HTTP/1.1\r\nx-large: ";
    head.to_owned() + &"x".repeat(MAX_HEAD - head.len())
}

const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// GET /healthz in HPACK: method and scheme by index (RFC 7541, appendix A), the rest as literals.
const GET_HEALTH: &[u8] = b"\x82\x86\x04\x08/healthz\x01\x06orders";

/// An HTTP/2 frame (RFC 9113 §4.1).
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

#[track_caller]
fn malformed(reply: &Reply, head: &str) {
    let head = &head[..head.len().min(60)];
    reply.refused(StatusCode::BAD_REQUEST, "invalid_request");
    assert_eq!(
        reply.header("content-type"),
        Some("application/json"),
        "{head:?}"
    );
    assert_eq!(reply.header("connection"), Some("close"), "{head:?}");
    reply
        .header("x-request-id")
        .unwrap()
        .parse::<Uuid>()
        .unwrap();
}
