//! Promises to every request: routes, methods, error bodies and request ids.

use std::collections::BTreeSet;

use http::{Method, StatusCode};
use serde_json::json;
use uuid::Uuid;

use crate::support::{App, Call, Contract, Isolation, Reply};

const METHODS: [&str; 8] = [
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW",
];

// === routes and methods ===

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_route_is_not_found_for_every_tenant() {
    let app = App::start().await;
    let long = format!("/{}", "long".repeat(2_000));
    for path in [
        "/",
        "/nope",
        "/orders/",
        "//orders",
        "/Orders",
        "/orders/1/2/3",
        "/healthz/",
        "/orders//close",
        &long,
    ] {
        for call in [
            app.call(Method::GET, path),
            app.call(Method::GET, path).without("x-tenant-id"),
        ] {
            let reply = call.send().await;
            let details = reply.refused(StatusCode::NOT_FOUND, "not_found");
            assert!(details.is_null(), "{path:.40}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_method_gets_405_with_the_allowed_methods() {
    let app = App::start().await;
    let paths = paths();
    assert!(paths.iter().any(|(path, _)| path == "/orders"));
    for (path, allowed) in paths {
        for method in METHODS.iter().filter(|method| !allowed.contains(**method)) {
            let is_head = *method == "HEAD";
            let call = app.call(method.parse().unwrap(), &path);
            for call in [call.clone(), call.without("x-tenant-id")] {
                let reply = call.send().await;
                assert_eq!(reply.status, 405, "{method} {path}");
                let allow = reply.header("allow").unwrap().split(", ");
                assert_eq!(
                    allow.map(str::to_owned).collect::<BTreeSet<_>>(),
                    allowed,
                    "{method} {path}"
                );
                if !is_head {
                    reply.refused(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed");
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_options_request_that_is_no_preflight_gets_405() {
    let app = App::start().await;
    let reply = app.call(Method::OPTIONS, "/orders").send().await;
    reply.refused(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_query_parameter_is_refused_and_named() {
    let app = App::start().await;
    for path in [
        "/orders?limt=5",
        "/orders?limit=5&page=2",
        "/healthz?verbose",
        "/readyz?x=1",
        "/openapi.yaml?v=3",
    ] {
        let details = app
            .call(Method::GET, path)
            .send()
            .await
            .refused(StatusCode::BAD_REQUEST, "invalid_request");
        assert_eq!(details["in"], "query", "{path}");
        let name = details["name"].as_str().unwrap();
        assert!(path.contains(name) && name != "limit", "{path}: {name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn probes_and_the_contract_need_no_tenant() {
    let app = App::start().await;
    let get = |path: &str| app.call(Method::GET, path).without("x-tenant-id").send();
    for path in ["/healthz", "/readyz"] {
        let reply = get(path).await;
        assert_eq!(
            (reply.status, reply.json()),
            (200, json!({ "status": "ok" })),
            "{path}"
        );
    }
    let contract = get("/openapi.yaml").await;
    assert_eq!(contract.status, 200);
    assert_eq!(contract.header("content-type"), Some("application/yaml"));
    assert_eq!(contract.body, include_str!("../openapi.yaml"));
}

#[tokio::test(flavor = "multi_thread")]
async fn head_responds_like_get_without_the_body() {
    let app = App::start().await;
    let order = format!("/orders/{}", app.draft().await);
    for path in ["/orders", &order, "/healthz", "/readyz", "/openapi.yaml"] {
        let got = app.call(Method::GET, path).send().await;
        let head = app.call(Method::HEAD, path).send().await;
        assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
        assert_eq!(
            head.header("content-length"),
            Some(got.body.len().to_string().as_str()),
            "{path}"
        );
        for name in ["content-type", "etag"] {
            assert_eq!(head.header(name), got.header(name), "{path}");
        }
    }
}

// === error responses ===

#[tokio::test(flavor = "multi_thread")]
async fn every_error_response_has_the_contracts_body_and_the_request_id() {
    let app = App::with(Isolation::Tenant, &["--cors-origins", "*"]).await;
    for (call, status, code) in refused_requests(&app).await {
        let reply = call.header("x-request-id", "mine").send().await;
        assert_eq!(reply.status, status, "{code}: {reply:?}");
        assert_eq!(
            reply.header("content-type"),
            Some("application/json"),
            "{code}"
        );
        assert_eq!(reply.header("x-request-id"), Some("mine"), "{code}");
        assert_eq!(
            reply.header("access-control-allow-origin"),
            Some("*"),
            "{code}"
        );
        let body = reply.json();
        assert_eq!(body["code"], code);
        assert!(!body["message"].as_str().unwrap().is_empty(), "{code}");
        let known = ["code", "message", "details"];
        assert!(
            body.as_object()
                .unwrap()
                .keys()
                .all(|member| known.contains(&member.as_str())),
            "{body}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_internal_error_shows_no_cause_and_frees_the_key() {
    let app = App::with(Isolation::Database, &[]).await;
    let admin = app.database.admin().await;
    let fault = "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'a private cause'; END $$;
                 CREATE TRIGGER fault BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION fail()";
    admin.batch_execute(fault).await.unwrap();

    let reply = app
        .creation("key", "{}")
        .header("x-request-id", "mine")
        .send()
        .await;
    assert_eq!(
        reply.json(),
        json!({ "code": "internal", "message": "internal error" })
    );
    assert_eq!(
        (reply.status, reply.header("x-request-id")),
        (500, Some("mine"))
    );

    admin
        .batch_execute("DROP TRIGGER fault ON orders")
        .await
        .unwrap();
    assert_eq!(app.create("key", "{}").await.status, 201);
}

// === request ids ===

#[tokio::test(flavor = "multi_thread")]
async fn a_request_id_is_returned_and_a_missing_one_is_made() {
    let app = App::start().await;
    let longest = "x".repeat(128);
    for sent in ["a", "req/42:~!", &longest] {
        let reply = app
            .call(Method::GET, "/orders")
            .header("x-request-id", sent)
            .send()
            .await;
        assert_eq!(
            (reply.status, reply.header("x-request-id")),
            (200, Some(sent))
        );
    }
    let mut made = BTreeSet::new();
    for path in ["/orders", "/orders", "/nope", "/healthz"] {
        let reply = app.call(Method::GET, path).send().await;
        made.insert(
            reply
                .header("x-request-id")
                .unwrap()
                .parse::<Uuid>()
                .unwrap(),
        );
    }
    assert_eq!(made.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_request_id_is_replaced() {
    let app = App::start().await;
    let long = "x".repeat(200);
    let call = || app.call(Method::GET, "/orders");
    for sent in ["", "two words", "a\tb", "naïve", &long] {
        let reply = call().header("x-request-id", sent).send().await;
        assert!(is_new_id(&reply), "{sent:?}: {reply:?}");
    }
    let repeated = call()
        .header("x-request-id", "one")
        .header("x-request-id", "two");
    assert!(is_new_id(&repeated.send().await));
}

// === helpers ===

/// Every path of the contract with the methods that it allows. HEAD is allowed wherever GET is.
fn paths() -> Vec<(String, BTreeSet<String>)> {
    let paths = Contract::get().document()["paths"].as_object().unwrap();
    let paths = paths.iter().map(|(path, item)| {
        let members = item.as_object().unwrap().keys();
        let mut allowed: BTreeSet<_> = members
            .map(|member| member.to_uppercase())
            .filter(|member| METHODS.contains(&member.as_str()))
            .collect();
        if allowed.contains("GET") {
            allowed.insert("HEAD".to_owned());
        }
        let id = Uuid::new_v4().to_string();
        (path.replace("{id}", &id), allowed)
    });
    paths.collect()
}

/// A request for each error response that a healthy service sends, with its status and code.
async fn refused_requests(app: &App) -> Vec<(Call, u16, &'static str)> {
    let draft = app.draft().await;
    let nowhere = Uuid::new_v4();
    app.create("used", "{}").await;
    let total = json!({ "totalCents": 1 });
    let get = |path: &str| app.call(Method::GET, path);
    vec![
        (
            get("/orders").without("x-tenant-id"),
            400,
            "invalid_request",
        ),
        (get("/orders?limit=0"), 400, "invalid_request"),
        (get("/orders?cursor=garbage"), 400, "invalid_cursor"),
        (get("/orders/not-a-uuid"), 400, "invalid_request"),
        (app.creation("key", "[]"), 400, "invalid_request"),
        (get("/nope"), 404, "not_found"),
        (get(&format!("/orders/{nowhere}")), 404, "not_found"),
        (
            app.call(Method::DELETE, "/orders"),
            405,
            "method_not_allowed",
        ),
        (app.creation("used", r#"{"other":1}"#), 409, "conflict"),
        (
            app.confirmation(draft, "\"7\"", total.clone()),
            409,
            "conflict",
        ),
        (
            app.call(Method::POST, format!("/orders/{draft}/close")),
            409,
            "conflict",
        ),
        (
            app.creation("key", &"x".repeat(65_537)),
            413,
            "payload_too_large",
        ),
        (
            app.confirmation(draft, "\"1\"", total.clone())
                .without("content-type"),
            415,
            "unsupported_media_type",
        ),
        (
            app.confirmation(draft, "\"1\"", total).without("if-match"),
            428,
            "precondition_required",
        ),
    ]
}

fn is_new_id(reply: &Reply) -> bool {
    reply.status == 200
        && reply
            .header("x-request-id")
            .unwrap()
            .parse::<Uuid>()
            .is_ok()
}
