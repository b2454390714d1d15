//! CORS: which pages a browser lets send requests and read responses.

use http::Method;

use crate::support::{App, Isolation, Reply, Wire};

const ANY_ORIGIN: [&str; 2] = ["--cors-origins", "*"];

#[tokio::test(flavor = "multi_thread")]
async fn by_default_no_foreign_origin_is_allowed() {
    let app = App::start().await;
    for origin in ["https://shop.example", "http://127.0.0.1:8080", "null"] {
        let call = app.call(Method::GET, "/orders").header("origin", origin);
        for reply in [
            preflight(&app, "/orders", "POST", origin).await,
            call.send().await,
        ] {
            let allowed = reply.header("access-control-allow-origin");
            assert_eq!(allowed, None, "{origin}: {reply:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_star_a_page_of_any_origin_may_send_the_apis_headers() {
    let app = App::with(Isolation::Tenant, &ANY_ORIGIN).await;
    for (path, method) in [
        ("/orders", "POST"),
        ("/orders/x/confirm", "PATCH"),
        ("/nope", "GET"),
    ] {
        let reply = preflight(&app, path, method, "https://shop.example").await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
        assert!(lists(&reply, "access-control-allow-methods", method));
        for name in [
            "x-tenant-id",
            "idempotency-key",
            "if-match",
            "content-type",
            "x-request-id",
        ] {
            assert!(
                lists(&reply, "access-control-allow-headers", name),
                "{name}: {reply:?}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_may_read_the_headers_of_successes_and_errors() {
    let app = App::with(Isolation::Tenant, &ANY_ORIGIN).await;
    for path in ["/orders", "/nope", "/orders?limit=0"] {
        let reply = app
            .call(Method::GET, path)
            .header("origin", "https://shop.example")
            .send()
            .await;
        assert_eq!(
            reply.header("access-control-allow-origin"),
            Some("*"),
            "{path}"
        );
        for name in [
            "etag",
            "location",
            "retry-after",
            "allow",
            "idempotent-replayed",
            "x-request-id",
        ] {
            assert!(
                lists(&reply, "access-control-expose-headers", name),
                "{path}: {name}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn access_can_be_limited_to_named_origins() {
    let flags = ["--cors-origins", "https://a.example,https://b.example"];
    let app = App::with(Isolation::Tenant, &flags).await;
    for (origin, allowed) in [
        ("https://a.example", true),
        ("https://b.example", true),
        ("https://a.example.evil", false),
        ("http://a.example", false),
        ("null", false),
    ] {
        let to_preflight = preflight(&app, "/orders", "POST", origin).await;
        let response = app
            .call(Method::GET, "/orders")
            .header("origin", origin)
            .send()
            .await;
        for reply in [to_preflight, response] {
            assert_eq!(
                reply.header("access-control-allow-origin"),
                allowed.then_some(origin)
            );
            assert!(
                lists(&reply, "vary", "origin"),
                "a shared cache must tell origins apart: {reply:?}"
            );
        }
    }
}

// === helpers ===

/// Sends a preflight on a raw connection: the contract, against which
/// [`Call`](crate::support::Call) checks responses, does not describe preflights.
async fn preflight(app: &App, path: &str, method: &str, origin: &str) -> Reply {
    let mut wire = Wire::connect(app.server.address()).await;
    wire.send(format!(
        "OPTIONS {path} HTTP/1.1\r\nhost: orders\r\norigin: {origin}\r\naccess-control-request-method: {method}\r\n\
         access-control-request-headers: content-type,idempotency-key,if-match,x-request-id,x-tenant-id\r\n\r\n"
    ))
    .await;
    wire.reply().await
}

/// Whether a list header contains this member or `*`.
fn lists(reply: &Reply, header: &str, member: &str) -> bool {
    let lines = reply
        .headers
        .get_all(header)
        .iter()
        .map(|line| line.to_str().unwrap());
    let mut members = lines.flat_map(|line| line.split(',')).map(str::trim);
    members.any(|listed| listed == "*" || listed.eq_ignore_ascii_case(member))
}
