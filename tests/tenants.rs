//! Isolation of tenants, by the API and by row-level security.

use http::{HeaderMap, Method, StatusCode};
use serde_json::{Value, json};
use tokio_postgres::{Client as Connection, error::SqlState};
use uuid::Uuid;

use crate::support::{App, Call, Client, Contract, Reply};

const TABLES: [&str; 3] = ["orders", "idempotency_keys", "outbox"];

// === the header ===

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_is_missing_repeated_or_malformed_is_refused_on_every_route() {
    let app = App::start().await;
    let id = app.confirmed(1).await;
    let before = app.get(id).await.body;
    let too_long = "t".repeat(129);
    let faults: [&[&str]; 15] = [
        &[],
        &[""],
        &[&app.tenant, &app.tenant],
        &[&app.tenant, "other"],
        &["a, b"],
        &[".a"],
        &["-a"],
        &["_a"],
        &[":a"],
        &[&too_long],
        &["a/b"],
        &["a b"],
        &["\"a\""],
        &["ä"],
        &["aé"],
    ];
    for tenants in faults {
        for call in every_route(&app, id) {
            let asked = format!("{} {} for {tenants:?}", call.method, call.path);
            assert_tenant_refused(&in_the_name_of(call, tenants).send().await, &asked);
        }
    }
    assert_eq!(app.get(id).await.body, before);
    assert_eq!(app.walk(10).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_allowed_character_and_length_makes_a_tenant() {
    let app = App::start().await;
    let unique = Uuid::new_v4().simple().to_string();
    let names = [
        format!("{unique}AZaz09._:-"),
        format!("Z{unique}-"),
        format!("{unique}{}", ":".repeat(128 - unique.len())),
        format!("{unique}{}", "x".repeat(128 - unique.len())),
    ];
    for name in &names {
        let client = app.tenant(name);
        let id = client.draft().await;
        let order = client.get(id).await.json();
        assert_eq!(order["tenantId"], name.as_str());
        assert_eq!(client.walk(10).await, [order]);
    }
    // One character is enough, too; others may use the name in the same database.
    assert_eq!(app.tenant("t").list("").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_that_differ_in_case_are_two() {
    let app = App::start().await;
    let id = app.draft().await;
    let shouting = app.tenant(&app.tenant.to_uppercase());
    assert_eq!(shouting.get(id).await.status, 404);
    assert!(shouting.walk(10).await.is_empty());
    shouting.draft().await;
    assert_eq!(app.walk(10).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tenant_is_checked_before_everything_but_the_route() {
    let app = App::start().await;
    let wrong = |method: Method, path: &str| {
        app.call(method, path)
            .without("x-tenant-id")
            .header("idempotency-key", "a b")
            .header("if-match", "not a tag")
            .header("if-none-match", "not a tag")
            .header("content-type", "text/plain")
            .body("not JSON")
    };
    for (method, path) in [
        (Method::POST, "/orders?unknown=1"),
        (Method::GET, "/orders?limit=0&limit=x&cursor=!&unknown=1"),
        (Method::GET, "/orders/no-uuid?unknown=1"),
        (Method::PATCH, "/orders/no-uuid/confirm?unknown=1"),
        (Method::POST, "/orders/no-uuid/close?unknown=1"),
    ] {
        assert_tenant_refused(&wrong(method, path).send().await, path);
    }
    let (no_route, no_method) = (
        wrong(Method::GET, "/orders/a/b/c").send().await,
        wrong(Method::DELETE, "/orders").send().await,
    );
    no_route.refused(StatusCode::NOT_FOUND, "not_found");
    no_method.refused(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tests_try_every_operation_that_takes_a_tenant() {
    let app = App::start().await;
    let id = Uuid::new_v4();
    let mut tried: Vec<_> = every_route(&app, id)
        .map(|call| {
            format!(
                "{} {}",
                call.method,
                call.path.replace(&id.to_string(), "{id}")
            )
        })
        .into();
    tried.sort();
    assert_eq!(
        tried,
        tenant_operations(),
        "openapi.yaml has the right ones"
    );
}

/// The operations of the contract with the parameter `TenantId`.
fn tenant_operations() -> Vec<String> {
    let tenant = json!({ "$ref": "#/components/parameters/TenantId" });
    let mut operations = Vec::new();
    for (path, item) in Contract::get().document()["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let parameters = operation["parameters"].as_array();
            if parameters.is_some_and(|parameters| parameters.contains(&tenant)) {
                operations.push(format!("{} {path}", method.to_uppercase()));
            }
        }
    }
    operations.sort();
    operations
}

// === foreign orders ===

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_order_gets_the_response_of_an_unknown_one() {
    let app = App::start().await;
    let stranger = app.tenant(&format!("{}.stranger", app.tenant));
    let orders = [
        app.draft().await,
        app.confirmed(2).await,
        app.closed(3).await,
    ];
    let before = app.walk(10).await;
    for id in orders {
        let foreign = asked_about(&stranger, id);
        let unknown = asked_about(&stranger, Uuid::new_v4());
        for (foreign, unknown) in foreign.into_iter().zip(unknown) {
            let asked = format!("{} {} {:?}", foreign.method, foreign.path, foreign.headers);
            let (foreign, unknown) = (foreign.send().await, unknown.send().await);
            assert_eq!(foreign.status, 404, "{asked}: {foreign:?}");
            assert_eq!(foreign.body, unknown.body, "{asked}");
            assert_eq!(telling(&foreign), telling(&unknown), "{asked}");
        }
    }
    assert_eq!(app.walk(10).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_shows_no_foreign_order() {
    let app = App::start().await;
    let other = app.tenant(&format!("{}.other", app.tenant));
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        ours.insert(0, app.draft().await);
        theirs.insert(0, other.draft().await);
    }
    assert_eq!(ids(&app.walk(2).await), ours);
    assert_eq!(ids(&other.walk(2).await), theirs);

    // A cursor is a position: it selects no tenant.
    let page = app.list("limit=2").await.json();
    let cursor = page["nextCursor"].as_str().unwrap();
    let next = other.list(&format!("limit=100&cursor={cursor}")).await;
    let next = next.json();
    assert_eq!(ids(next["items"].as_array().unwrap()), theirs[2..]);
}

// === the second wall ===

#[tokio::test(flavor = "multi_thread")]
async fn the_service_role_sees_and_changes_no_row_without_a_tenant() {
    let app = App::start().await;
    app.closed(1).await;
    let (admin, service) = (app.database.admin().await, app.database.service().await);
    for table in TABLES {
        assert_ne!(visible(&admin, table).await, Vec::<String>::new());
        assert_eq!(visible(&service, table).await, Vec::<String>::new());
        assert_insert_refused(&service, table, &app.tenant).await;
        // Rolled back: a fault in a policy must not delete the rows of other tests.
        service.batch_execute("BEGIN").await.unwrap();
        for change in [
            format!("UPDATE {table} SET tenant_id = tenant_id"),
            format!("DELETE FROM {table}"),
        ] {
            let changed = service.execute(&change, &[]).await.unwrap();
            assert_eq!(changed, 0, "{change}");
        }
        service.batch_execute("ROLLBACK").await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_role_is_bound_to_the_tenant_it_names() {
    let app = App::start().await;
    let other = app.tenant(&format!("{}.other", app.tenant));
    app.closed(1).await;
    other.closed(1).await;
    let service = app.database.service().await;
    service.batch_execute("BEGIN").await.unwrap();
    let enter = "SELECT set_config('orders.tenant_ids', $1, true)";
    service.execute(enter, &[&app.tenant]).await.unwrap();
    for table in TABLES {
        assert_eq!(visible(&service, table).await, [app.tenant.as_str()]);
        let steal = format!("UPDATE {table} SET tenant_id = $1");
        service.batch_execute("SAVEPOINT before").await.unwrap();
        let stolen = service.execute(&steal, &[&other.tenant]).await;
        assert_refused_by_policy(stolen, &steal);
        service.batch_execute("ROLLBACK TO before").await.unwrap();
        assert_insert_refused(&service, table, &other.tenant).await;
        service.batch_execute("ROLLBACK TO before").await.unwrap();
    }
    service.batch_execute("COMMIT").await.unwrap();
    // The setting ends with the transaction: the next one on the connection starts without it.
    for table in TABLES {
        assert_eq!(visible(&service, table).await, Vec::<String>::new());
    }
}

// === helpers ===

/// A valid request to each operation on orders.
fn every_route(client: &Client, id: Uuid) -> [Call; 5] {
    [
        client.creation("k", "{}"),
        client.call(Method::GET, "/orders"),
        client.call(Method::GET, format!("/orders/{id}")),
        client.confirmation(id, "*", json!({ "totalCents": 1 })),
        client.call(Method::POST, format!("/orders/{id}/close")),
    ]
}

/// Requests that could tell a foreign order from an unknown one.
fn asked_about(client: &Client, id: Uuid) -> Vec<Call> {
    let get = || client.call(Method::GET, format!("/orders/{id}"));
    let close = || client.call(Method::POST, format!("/orders/{id}/close"));
    let mut calls = vec![
        get(),
        client.call(Method::HEAD, format!("/orders/{id}")),
        close(),
    ];
    for tag in ["\"1\"", "\"2\"", "\"3\"", "\"99\"", "*", "W/\"1\""] {
        calls.push(get().header("if-none-match", tag));
        calls.push(close().header("if-match", tag));
        calls.push(client.confirmation(id, tag, json!({ "totalCents": 1 })));
    }
    calls
}

fn in_the_name_of(call: Call, tenants: &[&str]) -> Call {
    let nameless = call.without("x-tenant-id");
    tenants
        .iter()
        .fold(nameless, |call, tenant| call.header("x-tenant-id", tenant))
}

#[track_caller]
fn assert_tenant_refused(reply: &Reply, asked: &str) {
    let details = reply.refused(StatusCode::BAD_REQUEST, "invalid_request");
    assert_eq!(
        details,
        json!({ "in": "header", "name": "X-Tenant-Id" }),
        "{asked}"
    );
}

/// The headers in which two equal responses must not differ.
fn telling(reply: &Reply) -> HeaderMap {
    let mut headers = reply.headers.clone();
    headers.remove("x-request-id");
    headers.remove("date");
    headers
}

fn ids(orders: &[Value]) -> Vec<Uuid> {
    let id = |order: &Value| order["id"].as_str().unwrap().parse().unwrap();
    orders.iter().map(id).collect()
}

/// The tenants whose rows this connection sees.
async fn visible(connection: &Connection, table: &str) -> Vec<String> {
    let query = format!("SELECT DISTINCT tenant_id FROM {table}");
    let rows = connection.query(&query, &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

async fn assert_insert_refused(connection: &Connection, table: &str, tenant: &str) {
    let values = match table {
        "orders" => {
            "(tenant_id, id, status, version, created_at, updated_at)
             VALUES ($1, gen_random_uuid(), 'draft', 1, now(), now())"
        }
        "idempotency_keys" => {
            "(tenant_id, key, fingerprint, order_id, response_json, created_at)
             VALUES ($1, 'forged', decode(repeat('00', 32), 'hex'), gen_random_uuid(), '{}', now())"
        }
        _ => {
            "(tenant_id, id, event_type, order_id, payload, created_at)
             VALUES ($1, gen_random_uuid(), 'forged', gen_random_uuid(), '{}', now())"
        }
    };
    let insert = format!("INSERT INTO {table} {values}");
    assert_refused_by_policy(connection.execute(&insert, &[&tenant]).await, &insert);
}

#[track_caller]
fn assert_refused_by_policy(result: Result<u64, tokio_postgres::Error>, statement: &str) {
    let error = result.expect_err(statement);
    let code = error.code();
    assert_eq!(code, Some(&SqlState::INSUFFICIENT_PRIVILEGE), "{statement}");
}
