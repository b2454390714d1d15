//! Proxies between client and service, with a cache and with compression and no further rules.

use std::net::SocketAddr;

use serde_json::json;
use uuid::Uuid;

use crate::support::{App, Proxy, ProxyKind, Reply, Wire};

const ALL: [ProxyKind; 3] = [ProxyKind::Nginx, ProxyKind::Haproxy, ProxyKind::Varnish];

#[tokio::test(flavor = "multi_thread")]
async fn a_cache_keeps_the_tenants_apart() {
    let app = App::start().await;
    let other = app.tenant(&format!("{}-other", app.tenant));
    let (order, others) = (app.draft().await, other.draft().await);
    for kind in ALL {
        let proxy = Proxy::start(kind, app.server.address()).await;
        let get = async |tenant: &str, path: &str| get(proxy.address, tenant, path, "").await;
        for _ in 0..2 {
            for (tenant, expected) in [(&app.tenant, order), (&other.tenant, others)] {
                let page = get(tenant, "/orders").await.json();
                assert_eq!(page["items"][0]["id"], expected.to_string(), "{kind:?}");
            }
            let path = format!("/orders/{order}");
            assert_eq!(get(&other.tenant, &path).await.status, 404, "{kind:?}");
            assert_eq!(get(&app.tenant, &path).await.status, 200, "{kind:?}");
            assert_eq!(get("not a tenant", &path).await.status, 400, "{kind:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cache_asks_again_after_a_write_and_for_a_probe() {
    let app = App::start().await;
    for kind in ALL {
        let proxy = Proxy::start(kind, app.server.address()).await;
        let order = app.draft().await;
        let path = format!("/orders/{order}");
        let version =
            async || get(proxy.address, &app.tenant, &path, "").await.json()["version"].clone();
        assert_eq!(version().await, 1, "{kind:?}");
        app.confirm(order, "\"1\"", json!({ "totalCents": 1 }))
            .await;
        assert_eq!(version().await, 2, "{kind:?}");
        for probe in ["/healthz", "/readyz"] {
            let [first, second] = [(); 2].map(|()| get(proxy.address, &app.tenant, probe, ""));
            let (first, second) = (first.await, second.await);
            let id = |reply: &Reply| reply.header("x-request-id").map(str::to_owned);
            assert_ne!(id(&first), id(&second), "{kind:?} {probe}");
        }
    }
}

/// nginx ignores `no-transform` and weakens the tag; HAProxy heeds it. The version in the body is
/// the way that works behind both.
#[tokio::test(flavor = "multi_thread")]
async fn behind_a_compressing_proxy_the_version_in_the_body_is_accepted() {
    let app = App::start().await;
    for (kind, tag) in [(ProxyKind::Nginx, "W/\"1\""), (ProxyKind::Haproxy, "\"1\"")] {
        let proxy = Proxy::start(kind, app.server.address()).await;
        let path = format!("/orders/{}", app.draft().await);
        let gzip = "accept-encoding: gzip\r\n";
        let head = head(proxy.address, &app.tenant, &path, gzip).await;
        assert!(
            head.contains(&format!("etag: {}", tag.to_lowercase())),
            "{kind:?}: {head}"
        );

        let confirm = async |if_match: &str| {
            let fields = format!(
                "if-match: {if_match}\r\ncontent-type: application/json\r\ncontent-length: 16\r\n"
            );
            let text = request("PATCH", &app.tenant, &format!("{path}/confirm"), &fields);
            exchange(proxy.address, &(text + r#"{"totalCents":5}"#)).await
        };
        confirm("W/\"1\"").await.conflict("weak_entity_tag");
        let read = get(proxy.address, &app.tenant, &path, "").await;
        let version = read.json()["version"].clone();
        assert_eq!(
            confirm(&format!("\"{version}\"")).await.status,
            200,
            "{kind:?}"
        );
    }
}

/// RFC 3986 §5.2.
#[tokio::test(flavor = "multi_thread")]
async fn behind_a_path_prefix_the_location_leads_to_the_order() {
    let app = App::start().await;
    let proxy = Proxy::start(ProxyKind::Nginx, app.server.address()).await;
    let key = format!(
        "idempotency-key: {}\r\ncontent-length: 0\r\n",
        Uuid::new_v4()
    );
    let create = request("POST", &app.tenant, "/shop/orders", &key);
    let created = exchange(proxy.address, &create).await;
    assert_eq!(created.status, 201);
    let location = created.header("location").unwrap();
    assert_eq!(location, format!("orders/{}", created.id()));
    // Relative to /shop/orders.
    let order = get(proxy.address, &app.tenant, &format!("/shop/{location}"), "").await;
    assert_eq!((order.status, order.id()), (200, created.id()));
}

// === without a proxy ===

#[tokio::test(flavor = "multi_thread")]
async fn each_response_says_what_a_cache_may_do() {
    let app = App::start().await;
    let order = app.draft().await;
    let of_a_tenant = "private, no-cache, no-transform";
    for (tenant, path, status, caching) in [
        (&*app.tenant, "/orders".to_owned(), 200, of_a_tenant),
        (&app.tenant, format!("/orders/{order}"), 200, of_a_tenant),
        (
            &app.tenant,
            format!("/orders/{}", Uuid::new_v4()),
            404,
            of_a_tenant,
        ),
        (&app.tenant, "/orders?limit=0".to_owned(), 400, of_a_tenant),
        (&app.tenant, "/orders/1/2/3/4".to_owned(), 404, of_a_tenant),
        ("-", "/orders".to_owned(), 400, of_a_tenant),
        (&app.tenant, "/healthz".to_owned(), 200, "no-store"),
        (&app.tenant, "/readyz".to_owned(), 200, "no-store"),
        (&app.tenant, "/nope".to_owned(), 404, "no-store"),
        (&app.tenant, "/console".to_owned(), 200, "no-cache"),
    ] {
        let reply = get(app.server.address(), tenant, &path, "").await;
        assert_eq!(reply.status, status, "{path}");
        assert_eq!(reply.header("cache-control"), Some(caching), "{path}");
        assert_eq!(
            reply.header("x-content-type-options"),
            Some("nosniff"),
            "{path}"
        );
        let mut vary = reply.headers.get_all("vary").iter();
        let varies = vary.any(|value| value == "x-tenant-id, authorization");
        assert_eq!(varies, caching == of_a_tenant, "{path}");
    }
    let malformed = exchange(app.server.address(), "garbage\r\n\r\n").await;
    assert_eq!(malformed.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(malformed.header("cache-control"), Some("no-store"));
}

/// RFC 9112 §3.2.
#[tokio::test(flavor = "multi_thread")]
async fn http_1_1_requires_one_host() {
    let app = App::start().await;
    for (hosts, status) in [
        ("", 400),
        ("host: a\r\nhost: a\r\n", 400),
        ("host: a\r\nhost: b\r\n", 400),
        ("host: a b\r\n", 400),
        ("host: me@a\r\n", 400),
        ("host: a:80\r\n", 200),
        ("host: [::1]:80\r\n", 200),
        ("host:\r\n", 200),
    ] {
        let text = format!("GET /healthz HTTP/1.1\r\n{hosts}\r\n");
        let reply = exchange(app.server.address(), &text).await;
        assert_eq!(reply.status, status, "{hosts:?}");
        if status == 400 {
            assert_eq!(reply.json()["details"]["name"], "Host", "{hosts:?}");
        }
    }
    let old = exchange(app.server.address(), "GET /healthz HTTP/1.0\r\n\r\n").await;
    assert_eq!(old.status, 200);
}

/// RFC 9110 §8.6: the length would be that of the response to GET, which has no body to count.
#[tokio::test(flavor = "multi_thread")]
async fn a_304_has_no_content_length() {
    let app = App::start().await;
    let path = format!("/orders/{}", app.draft().await);
    let console = head(app.server.address(), &app.tenant, "/console", "").await;
    let (_, tag) = console.split_once("etag: ").unwrap();
    let tag = tag.lines().next().unwrap().replace("w/", "W/");
    for (path, tag) in [(path.as_str(), "\"1\""), ("/console", tag.as_str())] {
        for method in ["GET", "HEAD"] {
            let fields = format!("if-none-match: {tag}\r\nconnection: close\r\n");
            let mut wire = Wire::connect(app.server.address()).await;
            wire.send(request(method, &app.tenant, path, &fields)).await;
            let text = wire.rest().await;
            assert!(text.starts_with("HTTP/1.1 304"), "{text}");
            assert!(!text.contains("content-length"), "{method} {path}: {text}");
        }
    }
}

// === helpers ===

async fn get(address: SocketAddr, tenant: &str, path: &str, fields: &str) -> Reply {
    exchange(address, &request("GET", tenant, path, fields)).await
}

/// The response to HEAD, or to GET up to its body, in lower case.
async fn head(address: SocketAddr, tenant: &str, path: &str, fields: &str) -> String {
    let mut wire = Wire::connect(address).await;
    let fields = format!("{fields}connection: close\r\n");
    wire.send(request("GET", tenant, path, &fields)).await;
    let text = wire.rest().await;
    let (head, _) = text.split_once("\r\n\r\n").unwrap();
    head.to_lowercase()
}

fn request(method: &str, tenant: &str, path: &str, fields: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nhost: orders\r\nx-tenant-id: {tenant}\r\n{fields}\r\n")
}

async fn exchange(address: SocketAddr, request: &str) -> Reply {
    let mut wire = Wire::connect(address).await;
    wire.send(request).await;
    wire.reply().await
}
