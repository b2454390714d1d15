//! Limits: the size of a body, the requests in flight, and the request timeout.

use http::{Method, StatusCode};
use serde_json::json;
use uuid::Uuid;

use crate::support::{App, Client, Hold, Isolation, Reply, Wire, eventually};

/// The default of `--body-limit`.
const BODY_LIMIT: usize = 64 * 1024;

/// Lets statements wait for a lock until the test releases it.
const LONG_TIMEOUTS: [&str; 4] = ["--lock-timeout", "1m", "--statement-timeout", "1m"];

// === body limit ===

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_exactly_the_limit_is_read_and_one_byte_more_is_not() {
    let app = App::start().await;
    let created = app.create("at-the-limit", &body_of(BODY_LIMIT)).await;
    assert_eq!(created.status, 201, "{created:?}");

    let id = created.id();
    let too_large = body_of(BODY_LIMIT + 1);
    for call in [
        app.creation("past-the-limit", &too_large),
        app.confirmation(id, "\"1\"", json!({}))
            .body(too_large.clone()),
        app.call(Method::POST, format!("/orders/{id}/close"))
            .json(too_large.clone()),
    ] {
        call.send()
            .await
            .refused(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large");
    }
    let freed = app.create("past-the-limit", "{}").await;
    assert_eq!(freed.status, 201, "a refused request does not use its key");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_body_limit_is_configurable() {
    let app = App::with(Isolation::Tenant, &["--body-limit", "10"]).await;
    assert_eq!(app.create("small", &body_of(10)).await.status, 201);
    let refused = app.create("large", &body_of(11)).await;
    refused.refused(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chunked_body_past_the_limit_is_refused() {
    let app = App::start().await;
    let mut wire = Wire::connect(app.server.address()).await;
    wire.send(create(&app, "transfer-encoding: chunked")).await;
    let chunk = format!("1000\r\n{}\r\n", "x".repeat(0x1000));
    for _ in 0..16 {
        wire.send(&chunk).await;
    }
    wire.send("1\r\nx\r\n").await;
    too_large(&wire.reply().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chunked_body_within_the_limit_is_read() {
    let app = App::start().await;
    let mut wire = Wire::connect(app.server.address()).await;
    wire.send(create(&app, "transfer-encoding: chunked")).await;
    wire.send("1\r\n{\r\n1\r\n}\r\n0\r\n\r\n").await;
    assert_eq!(wire.reply().await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_declares_a_gigabyte_is_refused_before_it_is_sent() {
    let app = App::start().await;
    for field in [
        "content-length: 1000000000",
        "content-length: 1000000000\r\nexpect: 100-continue",
    ] {
        let mut wire = Wire::connect(app.server.address()).await;
        wire.send(create(&app, field)).await;
        too_large(&wire.reply().await);
        wire.closed().await;
    }
}

/// Without a lingering close, the connection would be reset and the response lost (RFC 9112 §9.6).
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_is_still_sending_can_read_its_error_response() {
    let app = App::start().await;
    let body = "x".repeat(5_000_000);
    for _ in 0..10 {
        let reply = app.creation("key", &body).send().await;
        reply.refused(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_does_not_arrive_gets_503_at_the_timeout_and_holds_no_permit() {
    let flags = ["--max-in-flight", "1", "--request-timeout", "2s"];
    let app = App::with(Isolation::Tenant, &flags).await;
    let mut wire = Wire::connect(app.server.address()).await;
    wire.send(create(&app, "content-length: 100")).await;
    wire.send("{").await;
    assert_eq!(app.create("key", "{}").await.status, 201);
    wire.reply()
        .await
        .refused(StatusCode::SERVICE_UNAVAILABLE, "overloaded");
}

// === requests in flight ===

#[tokio::test(flavor = "multi_thread")]
async fn a_request_beyond_the_limit_gets_503_at_once() {
    let flags = [
        &LONG_TIMEOUTS[..],
        &["--max-in-flight", "1", "--request-timeout", "1m"],
    ]
    .concat();
    let app = App::with(Isolation::Tenant, &flags).await;
    let order = app.draft().await;
    let hold = Hold::order(app.database.admin().await, order).await;
    let confirming = tokio::spawn(
        app.confirmation(order, "\"1\"", json!({ "totalCents": 5 }))
            .send(),
    );
    hold.kept_waiting(1).await;

    // The first request holds its permit until the lock is released, after these responses.
    for call in [app.call(Method::GET, "/orders"), app.creation("key", "{}")] {
        overloaded(&call.header("x-request-id", "mine").send().await);
    }
    hold.release().await;
    assert_eq!(confirming.await.unwrap().status, 200);
    assert_eq!(
        app.create("key", "{}").await.status,
        201,
        "the permit is released"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_gets_503_at_the_timeout_and_is_still_finished() {
    let app = App::start().await;
    let flags = [&LONG_TIMEOUTS[..], &["--request-timeout", "300ms"]].concat();
    let with_short_timeout = App::with(Isolation::Tenant, &flags).await;
    let client: Client = with_short_timeout.tenant(&app.tenant);

    let order = app.draft().await;
    let hold = Hold::order(app.database.admin().await, order).await;
    let call = client.confirmation(order, "\"1\"", json!({ "totalCents": 5 }));
    overloaded(&call.header("x-request-id", "mine").send().await);
    hold.kept_waiting(1).await;
    hold.release().await;

    eventually("the order is confirmed", async || {
        app.get(order).await.json()["status"] == "confirmed"
    })
    .await;
    let confirmed = app.get(order).await.json();
    assert_eq!(
        (&confirmed["version"], &confirmed["totalCents"]),
        (&json!(2), &json!(5))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_whose_client_disconnects_is_still_finished() {
    let app = App::with(Isolation::Tenant, &LONG_TIMEOUTS).await;
    let order = app.draft().await;
    let hold = Hold::order(app.database.admin().await, order).await;
    let mut wire = Wire::connect(app.server.address()).await;
    wire.send(format!(
        "PATCH /orders/{order}/confirm HTTP/1.1\r\nhost: orders\r\nx-tenant-id: {}\r\nif-match: \"1\"\r\n\
         content-type: application/json\r\ncontent-length: 16\r\n\r\n{{\"totalCents\":5}}",
        app.tenant
    ))
    .await;
    hold.kept_waiting(1).await;
    wire.hang_up().await;
    hold.release().await;
    // Read on a connection of the test's, which sees only what is committed.
    let admin = app.database.admin().await;
    let status = "SELECT status FROM orders WHERE id = $1";
    eventually("the order is confirmed", async || {
        let row = admin.query_one(status, &[&order]).await.unwrap();
        row.get::<_, String>(0) == "confirmed"
    })
    .await;
}

// === helpers ===

/// The head of a create, with these header fields.
fn create(app: &App, fields: &str) -> String {
    let (tenant, key) = (&app.tenant, Uuid::new_v4());
    format!(
        "POST /orders HTTP/1.1\r\nhost: orders\r\nx-tenant-id: {tenant}\r\nidempotency-key: {key}\r\n{fields}\r\n\r\n"
    )
}

/// A JSON object of this length in bytes.
fn body_of(length: usize) -> String {
    format!(r#"{{"a":"{}"}}"#, "x".repeat(length - r#"{"a":""}"#.len()))
}

#[track_caller]
fn too_large(reply: &Reply) {
    reply.refused(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large");
    assert_eq!(reply.header("content-type"), Some("application/json"));
}

#[track_caller]
fn overloaded(reply: &Reply) {
    reply.refused(StatusCode::SERVICE_UNAVAILABLE, "overloaded");
    assert_eq!(reply.header("retry-after"), Some("1"));
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(reply.header("x-request-id"), Some("mine"));
}
