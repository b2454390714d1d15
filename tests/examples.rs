//! Each example of openapi.yaml is what the service really sends, and what it really accepts.

use std::collections::BTreeMap;

use http::Method;
use orders_server::Server;
use serde_json::{Value, json};
use uuid::Uuid;

use jwt_simple::prelude::Duration;

use crate::support::{
    App, Client, Contract, Isolation, Issuer, Key, Receiver, caller, config, eventually,
    valid_claims,
};

const SECRET: &str = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz";
const TRACE_PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// Bodies by the place of their example: `createOrder 201`, `NotFound order`, …
type Bodies = BTreeMap<String, Value>;

#[tokio::test(flavor = "multi_thread")]
async fn each_example_of_a_response_is_what_the_service_sends() {
    let app = App::with(Isolation::Database, &["--lock-timeout", "200ms"]).await;
    let acme = app.tenant("acme");
    let mut sent = Bodies::new();
    life(&acme, &mut sent).await;
    refusals(&acme, &mut sent).await;
    conflicts(&app, &acme, &mut sent).await;
    delivery(&app, &mut sent).await;
    tokens(&app, &mut sent).await;
    failures(&app, &acme, &mut sent).await;

    let documented = documented(Contract::get().document());
    let places = |bodies: &Bodies| bodies.keys().cloned().collect::<Vec<_>>();
    assert_eq!(places(&sent), places(&documented), "one is not compared");
    for (place, example) in documented {
        let (sent, example) = (normal(&sent[&place]), normal(&example));
        assert_eq!(sent, example, "{place}: the service sends the left one");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_example_of_a_request_is_accepted() {
    let app = App::start().await;
    let document = Contract::get().document();
    let example = |pointer: &str| document.pointer(pointer).unwrap().to_string();
    let json = "requestBody/content/application~1json";
    let creates = document.pointer(&format!("/paths/~1orders/post/{json}/examples"));
    for (name, create) in creates.unwrap().as_object().unwrap() {
        let created = app.create(name, &create["value"].to_string()).await;
        assert_eq!(created.status, 201, "{name}");
    }
    let id = app.draft().await;
    let confirm = example(&format!(
        "/paths/~1orders~1{{id}}~1confirm/patch/{json}/example"
    ));
    let confirmed = app.confirm(id, "\"1\"", confirm.parse().unwrap()).await;
    assert_eq!(confirmed.status, 200);
    let close = example(&format!(
        "/paths/~1orders~1{{id}}~1close/post/{json}/example"
    ));
    let closed = app
        .call(Method::POST, format!("/orders/{id}/close"))
        .json(close);
    assert_eq!(closed.send().await.status, 200);
}

#[test]
fn each_example_of_a_parameter_or_header_satisfies_its_schema() {
    let contract = Contract::get();
    let mut examples = 0;
    for kind in ["parameters", "headers"] {
        let components = &contract.document()["components"][kind];
        for (name, component) in components.as_object().unwrap() {
            if let Some(example) = component.get("example") {
                contract.check_value(name, &component["schema"], example);
                examples += 1;
            }
        }
    }
    assert!(examples > 10, "only {examples}");
}

// === scenarios ===

/// An order from its creation to its end, and probes.
async fn life(acme: &Client, sent: &mut Bodies) {
    acme.draft().await; // an older order, for a second page
    let created = acme.create("key", "{}").await;
    let id = created.id();
    add(sent, "createOrder 201", created.json());
    add(
        sent,
        "createOrder 200",
        acme.create("key", "{}").await.json(),
    );
    add(sent, "getOrder 200", acme.get(id).await.json());
    let total = json!({ "totalCents": 1234 });
    let confirmed = acme.confirm(id, "\"1\"", total).await;
    add(sent, "confirmOrder 200", confirmed.json());
    add(sent, "listOrders 200", acme.list("limit=1").await.json());
    add(sent, "closeOrder 200", acme.close(id).await.json());
    for (operation, path) in [
        ("getHealth 200", "/healthz"),
        ("getReadiness 200", "/readyz"),
    ] {
        add(sent, operation, get(acme, path).await);
    }
}

/// Requests that the contract refuses.
async fn refusals(acme: &Client, sent: &mut Bodies) {
    let id = acme.draft().await;
    let nameless = acme.call(Method::GET, "/orders").without("x-tenant-id");
    add(sent, "InvalidRequest header", nameless.send().await.json());
    let negative = acme.confirm(id, "\"1\"", json!({ "totalCents": -1 })).await;
    add(sent, "InvalidRequest body", negative.json());
    add(
        sent,
        "InvalidRequest cursor",
        acme.list("cursor=abc").await.json(),
    );
    add(
        sent,
        "NotFound order",
        acme.get(Uuid::new_v4()).await.json(),
    );
    add(sent, "NotFound route", get(acme, "/nothing").await);
    let delete = acme.call(Method::DELETE, "/orders").send().await;
    add(sent, "MethodNotAllowed", delete.json());
    let large = format!("{{\"a\":\"{}\"}}", "a".repeat(64 * 1024));
    add(
        sent,
        "PayloadTooLarge",
        acme.create("large", &large).await.json(),
    );
    let text = acme
        .call(Method::POST, "/orders")
        .header("idempotency-key", "text");
    let text = text.header("content-type", "text/plain").body("{}");
    add(
        sent,
        "UnsupportedMediaType mediaType",
        text.send().await.json(),
    );
    let encoded = acme
        .creation("key", "{}")
        .header("content-encoding", "gzip");
    add(
        sent,
        "UnsupportedMediaType encoding",
        encoded.send().await.json(),
    );
    let total = json!({ "totalCents": 1 });
    let unconditional = acme.confirmation(id, "*", total).without("if-match");
    add(
        sent,
        "PreconditionRequired",
        unconditional.send().await.json(),
    );
}

/// Requests that meet another one.
async fn conflicts(app: &App, acme: &Client, sent: &mut Bodies) {
    acme.create("reused", "{}").await;
    let reused = acme.create("reused", r#"{"other":1}"#).await;
    add(sent, "CreateConflict reused", reused.json());

    let holder = app.database.admin().await;
    let hold = "BEGIN; INSERT INTO idempotency_keys
                    (tenant_id, key, fingerprint, order_id, response_json, created_at)
                VALUES ('acme', 'held', sha256(''), gen_random_uuid(), '{}', now())";
    holder.batch_execute(hold).await.unwrap();
    let waited = acme.create("held", "{}").await;
    add(sent, "CreateConflict inProgress", waited.json());
    holder.batch_execute("ROLLBACK").await.unwrap();

    let id = acme.confirmed(1).await;
    let total = json!({ "totalCents": 2 });
    let draft = acme.draft().await;
    let weak = acme.confirm(draft, "W/\"1\"", total.clone()).await;
    add(sent, "WriteConflict weak", weak.json());
    let stale = acme.confirm(id, "\"1\"", total.clone()).await;
    add(sent, "WriteConflict stale", stale.json());
    acme.close(id).await;
    let closed = acme.confirm(id, "\"3\"", total).await;
    add(sent, "WriteConflict transition", closed.json());
}

/// A webhook, from a service with a relay.
async fn delivery(app: &App, sent: &mut Bodies) {
    let receiver = Receiver::start(&[SECRET]).await;
    let url = receiver.url();
    let flags = ["--publisher", &url, "--webhook-secrets", SECRET];
    let mut config = config(&app.database, &flags);
    config.no_relay = false;
    let server = Server::start(config).await.unwrap();
    let acme = Client::new(server.address(), "acme");
    let id = acme.confirmed(1234).await;
    let close = acme.call(Method::POST, format!("/orders/{id}/close"));
    close.header("traceparent", TRACE_PARENT).send().await;
    let body = || {
        let deliveries = receiver.deliveries().into_iter();
        let mut bodies = deliveries.map(|delivery| json(&delivery.body));
        bodies.find(|body| body["subject"] == id.to_string())
    };
    eventually("the event is delivered", async || body().is_some()).await;
    add(sent, "onOrderClosed", body().unwrap());
    server.stop().await;
}

/// Requests to a service that needs a token.
async fn tokens(app: &App, sent: &mut Bodies) {
    let key = Key::eddsa("key");
    let issuer = Issuer::start(&[&key]).await;
    let config = config(
        &app.database,
        &issuer.flags().each_ref().map(String::as_str),
    );
    let server = Server::start(config).await.unwrap();
    let acme = Client::new(server.address(), "acme");
    add(sent, "Unauthenticated missing", get(&acme, "/orders").await);
    let mut expired = valid_claims(&caller(&json!("acme")));
    expired.expires_at = Some(Duration::from_secs(1));
    let reader = json!({ "tenant": "acme", "scope": "orders:read" });
    let reader = acme.with_token(&key.token(&reader));
    let other = acme.with_token(&key.token(&caller(&json!("other"))));
    let expired = acme.with_token(&key.sign(expired));
    add(
        sent,
        "Unauthenticated expired",
        get(&expired, "/orders").await,
    );
    add(
        sent,
        "Forbidden scope",
        reader.create("key", "{}").await.json(),
    );
    add(sent, "Forbidden tenant", get(&other, "/orders").await);
    server.stop().await;
}

/// A database that is too slow, and one that lacks a table. Breaks it.
async fn failures(app: &App, acme: &Client, sent: &mut Bodies) {
    let admin = app.database.admin().await;
    let lock = "BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE";
    admin.batch_execute(lock).await.unwrap();
    add(sent, "Overloaded", get(acme, "/orders").await);
    admin.batch_execute("ROLLBACK").await.unwrap();
    let drop = "ALTER TABLE orders RENAME TO elsewhere";
    admin.batch_execute(drop).await.unwrap();
    add(sent, "Internal", get(acme, "/orders").await);
}

async fn get(client: &Client, path: &str) -> Value {
    client.call(Method::GET, path).send().await.json()
}

fn add(sent: &mut Bodies, place: &str, body: Value) {
    assert!(sent.insert(place.to_owned(), body).is_none(), "{place}");
}

// === examples ===

/// Every example of a JSON body that the service sends.
fn documented(document: &Value) -> Bodies {
    let mut bodies = Bodies::new();
    for item in document["paths"].as_object().unwrap().values() {
        for operation in item.as_object().unwrap().values() {
            let responses = operation["responses"].as_object().unwrap();
            for (status, response) in responses {
                let place = format!("{} {status}", operation["operationId"].as_str().unwrap());
                collect(&place, response, &mut bodies);
            }
        }
    }
    for (name, response) in document["components"]["responses"].as_object().unwrap() {
        collect(name, response, &mut bodies);
    }
    for webhook in document["webhooks"].as_object().unwrap().values() {
        let operation = &webhook["post"];
        let name = operation["operationId"].as_str().unwrap();
        collect(name, &operation["requestBody"], &mut bodies);
    }
    bodies
}

fn collect(place: &str, body: &Value, bodies: &mut Bodies) {
    let Some(content) = body["content"].as_object() else {
        return;
    };
    for media_type in content.values() {
        if let Some(example) = media_type.get("example") {
            bodies.insert(place.to_owned(), example.clone());
        }
        for (name, example) in media_type["examples"].as_object().into_iter().flatten() {
            bodies.insert(format!("{place} {name}"), example["value"].clone());
        }
    }
}

/// The body with a placeholder for each value that differs from run to run.
fn normal(body: &Value) -> Value {
    match body {
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| match value {
                Value::String(_) if name == "nextCursor" => (name.clone(), json!("a cursor")),
                value => (name.clone(), normal(value)),
            };
            Value::Object(members.iter().map(member).collect())
        }
        Value::Array(items) => items.iter().map(normal).collect(),
        Value::String(text) if text.parse::<Uuid>().is_ok() => json!("a UUID"),
        Value::String(text) if is_timestamp(text) => json!("a timestamp"),
        value => value.clone(),
    }
}

fn is_timestamp(text: &str) -> bool {
    text.len() == 27 && text.parse::<orders_core::timestamp::Timestamp>().is_ok()
}

fn json(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap()
}
