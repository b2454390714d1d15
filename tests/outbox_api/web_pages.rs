//! What web pages that a browser shows to an operator can do.

use http::{Method, StatusCode};

use super::World;
use crate::support::{Call, Wire};

const OPS: &str = "https://ops.example";

/// A request that a browser sends for a page of another site without asking, as a form does.
fn simple_post(world: &World, id: uuid::Uuid) -> Call {
    let path = format!("/outbox/events/{id}/retry?tenantId=acme");
    world
        .admin
        .call(Method::POST, path)
        .without("x-tenant-id")
        .header("content-type", "text/plain")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_site_cannot_retry_or_list() {
    let world = World::start(&["--admin-allow-origin", OPS]).await;
    let id = world.event("acme", "parked").await;
    for (name, value) in [
        ("origin", "http://evil.example"),
        ("origin", "null"),
        ("origin", "http://127.0.0.1:8080"),
        ("origin", "https://ops.example.evil.example"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let list = world.admin.call(Method::GET, "/outbox/events");
        for call in [simple_post(&world, id), list] {
            let reply = call.header(name, value).send_to_admin().await;
            reply.refused(StatusCode::FORBIDDEN, "forbidden");
            let allowed = reply.header("access-control-allow-origin");
            assert_eq!(allowed, None, "{name}: {value}");
        }
    }
    let both = simple_post(&world, id).header("origin", OPS);
    let both = both.header("origin", "http://evil.example").send_to_admin();
    both.await.refused(StatusCode::FORBIDDEN, "forbidden");
    assert_eq!(world.outbox.count("parked_at IS NOT NULL").await, 1);
    // The same request of a program.
    let retried = simple_post(&world, id).send_to_admin().await;
    assert_eq!(retried.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_an_allowed_origin_can_list_and_retry() {
    let world = World::start(&["--admin-allow-origin", "self,https://ops.example"]).await;
    let own = format!("http://{}", world.server.address());
    let by_name = own.replace("127.0.0.1", "localhost");
    for origin in [OPS, &own, &by_name] {
        let id = world.event("acme", "parked").await;
        let list = world.admin.call(Method::GET, "/outbox/events?state=parked");
        for call in [list, simple_post(&world, id)] {
            let call = call.header("sec-fetch-site", "cross-site");
            let reply = call.header("origin", origin).send_to_admin().await;
            assert_eq!(reply.status, 200, "{origin}: {reply:?}");
            let allowed = reply.header("access-control-allow-origin");
            assert_eq!(allowed, Some(origin));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preflight_names_allowed_origins_alone() {
    let world = World::start(&["--admin-allow-origin", OPS]).await;
    let preflight = |origin: &str| {
        let call = world.admin.call(Method::OPTIONS, "/outbox/events/1/retry");
        let call = call.header("access-control-request-method", "POST");
        call.header("origin", origin).send_to_page()
    };
    let allowed = preflight(OPS).await;
    assert_eq!(allowed.status, 200);
    assert_eq!(allowed.header("access-control-allow-origin"), Some(OPS));
    let refused = preflight("http://evil.example").await;
    refused.refused(StatusCode::FORBIDDEN, "forbidden");
    assert_eq!(refused.header("access-control-allow-origin"), None);
}

/// A page's own name may resolve to a loopback address: to the browser this is the same origin.
#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_is_a_name_is_refused_for_the_outbox_alone() {
    let world = World::start(&[]).await;
    let port = world.server.admin_address().unwrap().port();
    for (host, status) in [
        ("evil.example", 403),
        ("127.0.0.1.evil.example", 403),
        ("localhost", 200),
        ("127.0.0.1", 200),
        ("10.0.0.7", 200),
        ("[::1]", 200),
    ] {
        let call = world.admin.call(Method::GET, "/outbox/events");
        let call = call.header("host", &format!("{host}:{port}"));
        assert_eq!(call.send_to_admin().await.status, status, "{host}");
        let metrics = world.admin.call(Method::GET, "/metrics");
        let metrics = metrics.header("host", host).send_to_page().await;
        assert_eq!(metrics.status, 200, "{host}");
    }
    let two = "GET /outbox/events HTTP/1.1\r\nhost: localhost\r\nhost: evil.example\r\n\r\n";
    let mut wire = Wire::connect(world.server.admin_address().unwrap()).await;
    wire.send(two).await;
    assert_eq!(wire.reply().await.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_cannot_be_allowed_by_a_star() {
    use clap::Parser;
    use orders_server::config::Cli;
    for origin in [
        "*",
        "ops.example",
        "https://ops.example/",
        "https://a.example,*",
    ] {
        let flags = ["orders", "serve", "--admin-allow-origin", origin];
        let error = Cli::try_parse_from(flags).unwrap_err().to_string();
        assert!(error.contains("must be an origin"), "{origin}: {error}");
    }
}
