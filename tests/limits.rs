//! How much is read, and how much is worked on.

use http::{Method, StatusCode};
use serde_json::json;
use uuid::Uuid;

use crate::support::{App, Client, Hold, Isolation, Reply, Wire, eventually};

/// The default of `--body-limit`.
const BODY_LIMIT: usize = 64 * 1024;

/// Waits in the database last until the test ends them.
const PATIENT: [&str; 4] = ["--lock-timeout", "1m", "--statement-timeout", "1m"];

// === sizes ===

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_the_limit_is_read_and_a_byte_more_is_not() {
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
    assert_eq!(freed.status, 201, "a refused call leaves its key free");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_body_limit_can_be_set() {
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
async fn a_gigabyte_is_refused_before_it_is_sent() {
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

/// A connection closed over unread bytes is reset, and the answer lost with it (RFC 9112 §9.6).
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_sends_on_still_reads_its_refusal() {
    let app = App::start().await;
    let body = "x".repeat(5_000_000);
    for _ in 0..10 {
        let reply = app.creation("key", &body).send().await;
        reply.refused(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_does_not_arrive_gives_its_place_back() {
    let flags = ["--max-in-flight", "1", "--request-timeout", "300ms"];
    let app = App::with(Isolation::Tenant, &flags).await;
    let mut wire = Wire::connect(app.server.address()).await;
    wire.send(create(&app, "content-length: 100")).await;
    wire.send("{").await;
    wire.reply()
        .await
        .refused(StatusCode::SERVICE_UNAVAILABLE, "overloaded");

    // `wire` stays open and silent.
    let health = async || app.call(Method::GET, "/healthz").send().await.status == 200;
    eventually("there is room again", health).await;
}

// === work ===

#[tokio::test(flavor = "multi_thread")]
async fn more_than_can_be_worked_on_is_turned_away_at_once() {
    let flags = [
        &PATIENT[..],
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

    // The lock is held until these are answered, so none of them waited for it.
    for call in [app.call(Method::GET, "/orders"), app.creation("key", "{}")] {
        turned_away(&call.header("x-request-id", "mine").send().await);
    }
    hold.release().await;
    assert_eq!(confirming.await.unwrap().status, 200);
    assert_eq!(
        app.create("key", "{}").await.status,
        201,
        "there is room again"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_takes_too_long_is_answered_and_finished_all_the_same() {
    let app = App::start().await;
    let flags = [&PATIENT[..], &["--request-timeout", "300ms"]].concat();
    let hasty = App::with(Isolation::Tenant, &flags).await;
    let hasty: Client = hasty.tenant(&app.tenant);

    let order = app.draft().await;
    let hold = Hold::order(app.database.admin().await, order).await;
    let call = hasty.confirmation(order, "\"1\"", json!({ "totalCents": 5 }));
    turned_away(&call.header("x-request-id", "mine").send().await);
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
async fn a_client_that_hangs_up_does_not_undo_what_it_began() {
    let app = App::with(Isolation::Tenant, &PATIENT).await;
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
    // Asked of the database: the service would see what it has not committed on the same
    // connection.
    let admin = app.database.admin().await;
    let status = "SELECT status FROM orders WHERE id = $1";
    eventually("the order is confirmed", async || {
        let row = admin.query_one(status, &[&order]).await.unwrap();
        row.get::<_, String>(0) == "confirmed"
    })
    .await;
}

// === helpers ===

/// The head of a create.
fn create(app: &App, fields: &str) -> String {
    let (tenant, key) = (&app.tenant, Uuid::new_v4());
    format!(
        "POST /orders HTTP/1.1\r\nhost: orders\r\nx-tenant-id: {tenant}\r\nidempotency-key: {key}\r\n{fields}\r\n\r\n"
    )
}

/// A JSON object of so many bytes.
fn body_of(length: usize) -> String {
    format!(r#"{{"a":"{}"}}"#, "x".repeat(length - r#"{"a":""}"#.len()))
}

#[track_caller]
fn too_large(reply: &Reply) {
    reply.refused(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large");
    assert_eq!(reply.header("content-type"), Some("application/json"));
}

#[track_caller]
fn turned_away(reply: &Reply) {
    reply.refused(StatusCode::SERVICE_UNAVAILABLE, "overloaded");
    assert_eq!(reply.header("retry-after"), Some("1"));
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(reply.header("x-request-id"), Some("mine"));
}
