//! The plans of the statements, with row-level security.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use orders_server::db::{PLAN_ONCE, PLANNER_SETTINGS};
use serde_json::Value;
use tokio_postgres::{Client, SimpleQueryMessage};
use uuid::Uuid;

use super::read;
use crate::support::{App, Database, Isolation};

/// The service reads one row more than the page holds.
const ROWS: u64 = 11;

/// Seeded orders depend on their tenant's name alone, so that every run reads the same pages of the
/// disk.
const TENANT: &str = "m";

#[tokio::test(flavor = "multi_thread")]
async fn a_deep_page_reads_as_many_buffers_as_the_first() {
    let app = App::with(Isolation::Database, &[]).await;
    seed(&app.database, 100_000).await;
    let service = app.database.service().await;
    service.batch_execute("BEGIN").await.unwrap();
    let enter = "SELECT set_config('orders.tenant_ids', $1, true), row_security_active('orders')";
    let entered = service.query_one(enter, &[&TENANT]).await.unwrap();
    assert!(entered.get::<_, bool>(1), "the service must be bound");
    prepare(&service, "list_orders").await;

    let page_after = |ts: &str, id: Uuid| {
        format!("list_orders('{TENANT}', '{{{TENANT}}}', '{{{ts}}}', '{{{id}}}', '{{{ROWS}}}')")
    };
    let first = page_after("9999-12-31T23:59:59.999999Z", Uuid::max());
    let (ts, id) = order_at(&app, 9_989).await;
    let deep = page_after(&ts, id);
    for mode in [Planned::Once, Planned::EachTime] {
        plan_as_the_service_does(&service, mode).await;
        let first = explain(&service, &first).await;
        let deep = explain(&service, &deep).await;
        for plan in [&first, &deep] {
            assert_walks_the_index(plan);
        }
        let condition = index_scan(&deep)["Index Cond"].as_str().unwrap();
        assert!(
            condition.contains("(ROW(created_at, id) < ROW("),
            "{mode:?}: {condition}"
        );

        // Measured: both read 14 buffers, eleven for the rows and three of the index.
        let (first, deep) = (buffers(&first), buffers(&deep));
        assert!(
            deep.abs_diff(first) * 10 <= first,
            "{mode:?}: page 1 {first} buffers, page 1,000 {deep}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deep_page_has_the_right_orders() {
    let app = App::with(Isolation::Database, &[]).await;
    seed(&app.database, 12_000).await;
    let (ts, id) = order_at(&app, 9_989).await;
    let cursor = BASE64_URL_SAFE_NO_PAD.encode(format!(r#"{{"ts":"{ts}","id":"{id}"}}"#));

    let page = app
        .tenant(TENANT)
        .list(&format!("limit=10&cursor={cursor}"))
        .await
        .json();
    let page_1000 = page["items"].as_array().unwrap();
    assert_eq!(page_1000.len(), 10);
    for (nth, item) in (9_990..).zip(page_1000) {
        let (ts, id) = order_at(&app, nth).await;
        assert_eq!(
            (item["createdAt"].as_str(), item["id"].as_str()),
            (Some(&*ts), Some(&*id.to_string()))
        );
    }
    assert!(page["nextCursor"].is_string());
}

/// A plan is used long after it was made, when the tables have grown.
#[tokio::test(flavor = "multi_thread")]
async fn rows_are_looked_up_by_key_with_any_statistics() {
    let app = App::with(Isolation::Database, &[]).await;
    let admin = app.database.admin().await;
    let look_ups = look_ups();
    assert_looked_up(&app, &look_ups, "never analysed").await;
    admin.batch_execute("VACUUM ANALYZE").await.unwrap();
    // These may be planned while the tables are empty. The others are planned when their first row
    // exists.
    let first = ["find_orders", "insert_orders", "find_keys", "claim_keys"];
    let first: Vec<_> = look_ups
        .into_iter()
        .filter(|(_, name, _)| first.contains(name))
        .collect();
    assert_looked_up(&app, &first, "analysed while empty").await;
    seed(&app.database, 1_000).await;
    let (orders, _) = look_ups.split_at(3);
    assert_looked_up(&app, orders, "analysed").await;
}

async fn assert_looked_up(app: &App, look_ups: &[LookUp], statistics: &str) {
    for planned in [Planned::Once, Planned::EachTime] {
        assert_looked_up_by(app, look_ups, statistics, planned).await;
    }
}

async fn assert_looked_up_by(app: &App, look_ups: &[LookUp], statistics: &str, planned: Planned) {
    let service = app.database.service().await;
    service.batch_execute("BEGIN").await.unwrap();
    plan_as_the_service_does(&service, planned).await;
    for (module, name, arguments) in look_ups {
        prepare_from(&service, module, name).await;
        let explain = format!("EXPLAIN (FORMAT JSON) EXECUTE {name} ({arguments})");
        let plan = json_of(service.simple_query(&explain).await.unwrap());
        for node in nodes(&plan) {
            let kind = node["Node Type"].as_str().unwrap();
            let on_table = node["Relation Name"].is_string() && kind != "ModifyTable";
            let by_key = node["Index Cond"]
                .as_str()
                .is_some_and(|condition| condition.contains("= request.tenant_id"));
            assert!(
                !on_table || (kind == "Index Scan" && by_key),
                "{name}, {statistics}, planned {planned:?}: {node}"
            );
        }
    }
}

/// File, statement, and arguments of the right types.
type LookUp = (&'static str, &'static str, &'static str);

/// Every statement that finds rows by their keys.
fn look_ups() -> [LookUp; 11] {
    const TRANSITION: &str = "'confirmed', '{t}', '{00000000-0000-0000-0000-000000000000}', '{t}', '{1}', '{5}', 'draft'";
    const FIND: &str = "'t', '{t}', '{00000000-0000-0000-0000-000000000000}'";
    const INSERT: &str = "'draft', 1, '{t}', '{k}', '{00000000-0000-0000-0000-000000000000}'";
    const CLAIM: &str =
        "now(), '{t}', '{k}', '{x}', '{00000000-0000-0000-0000-000000000000}', '{x}', 3600";
    const EVENT: &str = "'{t}', '{00000000-0000-0000-0000-000000000000}'";
    const FAIL: &str =
        "'{t}', '{00000000-0000-0000-0000-000000000000}', '{now}', '{x}', '{1}', '{t}'";
    const RELEASE: &str = "'{t}', '{00000000-0000-0000-0000-000000000000}', '{now}', '{0}'";
    [
        ("orders", "transition_orders", TRANSITION),
        ("orders", "find_orders", FIND),
        ("orders", "insert_orders", INSERT),
        ("idempotency_keys", "find_keys", "'t', '{t}', '{k}', 3600"),
        ("idempotency_keys", "claim_keys", CLAIM),
        (
            "idempotency_keys",
            "purge_expired_keys",
            "'{t}', '{k}', 7200",
        ),
        ("outbox", "mark_published", EVENT),
        ("outbox", "record_failures", FAIL),
        ("outbox", "release_leases", RELEASE),
        ("outbox", "retry_parked", EVENT),
        ("outbox", "purge_published", EVENT),
    ]
}

/// Statements on all tenants scan a partial index of the rows that they need; a claim scans the
/// tenant's part of one, in order.
#[tokio::test(flavor = "multi_thread")]
async fn events_and_keys_are_found_by_their_partial_indexes() {
    let app = App::with(Isolation::Database, &[]).await;
    for planned in [Planned::Once, Planned::EachTime] {
        assert_found_by_partial_indexes(&app, planned).await;
    }
}

async fn assert_found_by_partial_indexes(app: &App, planned: Planned) {
    let service = app.database.service().await;
    service.batch_execute("BEGIN").await.unwrap();
    plan_as_the_service_does(&service, planned).await;
    for (module, name, arguments, indexes) in scans() {
        prepare_from(&service, module, name).await;
        let explain = format!("EXPLAIN (FORMAT JSON) EXECUTE {name} {arguments}");
        let plan = json_of(service.simple_query(&explain).await.unwrap());
        let nodes = nodes(&plan);
        let used: Vec<_> = nodes
            .iter()
            .filter_map(|node| node["Index Name"].as_str())
            .collect();
        assert_eq!(used, indexes, "{name}, planned {planned:?}: {plan:#}");
        for node in nodes {
            assert_ne!(
                node["Node Type"], "Sort",
                "{name}, planned {planned:?}: {plan:#}"
            );
            assert_ne!(
                node["Node Type"], "Seq Scan",
                "{name}, planned {planned:?}: {plan:#}"
            );
        }
    }
}

/// File, statement, arguments, and the indexes that it scans.
type Scan = (
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
);

/// Every statement that scans an index.
fn scans() -> [Scan; 5] {
    [
        (
            "outbox",
            "find_waiting",
            "('', 10)",
            // The first tenant, and the next ones.
            &["outbox_waiting", "outbox_waiting"],
        ),
        (
            "outbox",
            "count_backlog",
            "",
            // The estimates are those of the indexes.
            &[
                "outbox_waiting",
                "pg_class_oid_index",
                "outbox_parked",
                "pg_class_oid_index",
            ],
        ),
        ("outbox", "find_published", "(5, 10)", &["outbox_published"]),
        (
            "outbox",
            "claim_events",
            "(30, 't', now(), '00000000-0000-0000-0000-000000000000', 10)",
            &[
                "outbox_waiting",
                "one_event_of_a_type_per_order",
                "outbox_pkey",
            ],
        ),
        (
            "idempotency_keys",
            "find_expired_keys",
            "(7200, 10)",
            &["idempotency_keys_by_age"],
        ),
    ]
}

/// When a statement is planned.
#[derive(Clone, Copy, Debug)]
pub enum Planned {
    /// A prepared one: once, for all parameters.
    Once,
    /// An unnamed one, behind a pooler: each time, for its parameters.
    EachTime,
}

pub async fn plan_as_the_service_does(client: &Client, planned: Planned) {
    let mode = match planned {
        Planned::Once => PLAN_ONCE,
        Planned::EachTime => ("plan_cache_mode", "force_custom_plan"),
    };
    for (name, value) in PLANNER_SETTINGS.into_iter().chain([mode]) {
        let set = format!("SET LOCAL {name} = {value}");
        client.batch_execute(&set).await.unwrap();
    }
}

/// Inserts orders of the tenant, mixed with those of others on disk and in the index. Rows that are
/// neighbours in time are on different pages, so a plan that reads more rows reads more buffers.
async fn seed(database: &Database, count: i32) {
    let admin = database.admin().await;
    // Two orders share each instant, so the id counts.
    let insert = "INSERT INTO orders (tenant_id, id, status, version, created_at, updated_at)
         SELECT tenant, md5(tenant || n)::uuid, 'draft', 1, at, at
           FROM (SELECT $1::text, $2::int UNION ALL SELECT name, $2 / 2 FROM unnest('{a,b,y,z}'::text[]) AS name)
                AS tenants (tenant, count),
                LATERAL generate_series(1, count) AS n,
                LATERAL (SELECT timestamptz '2026-01-01Z' + n / 2 * interval '1.000001 seconds' AS at) AS instant
          ORDER BY md5(tenant || n)";
    admin.execute(insert, &[&TENANT, &count]).await.unwrap();
    // After autovacuum the next reader reads the catalogue again, which would count as well.
    let settle = "ALTER TABLE orders SET (autovacuum_enabled = false); ANALYZE orders";
    admin.batch_execute(settle).await.unwrap();
}

/// The sort keys of the tenant's order that has this many newer ones.
async fn order_at(app: &App, newer: i64) -> (String, Uuid) {
    let nth = r#"SELECT to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), id FROM orders
         WHERE tenant_id = $1 ORDER BY created_at DESC, id DESC OFFSET $2 LIMIT 1"#;
    let admin = app.database.admin().await;
    let row = admin.query_one(nth, &[&TENANT, &newer]).await.unwrap();
    (row.get(0), row.get(1))
}

/// Prepares the text that the service runs.
async fn prepare(client: &Client, name: &str) {
    prepare_from(client, "orders", name).await;
}

pub async fn prepare_from(client: &Client, module: &str, name: &str) {
    let generated = read(&format!("generated/db/src/queries/{module}.rs"));
    let (_, from) = generated.split_once(&format!("pub fn {name}()")).unwrap();
    let (_, from) = from.split_once('"').unwrap();
    let (sql, _) = from.split_once("\",\n").unwrap();
    let sql = sql.replace("\\\"", "\"");
    client
        .batch_execute(&format!("PREPARE {name} AS {sql}"))
        .await
        .unwrap();
}

/// The plan with the buffers of its cheapest run. The other runs also read the catalogue.
pub async fn explain(client: &Client, call: &str) -> Value {
    let explain = format!("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE {call}");
    let mut runs = Vec::new();
    for _ in 0..4 {
        let answer = client.simple_query(&explain).await.unwrap();
        runs.push(json_of(answer));
    }
    runs.into_iter().min_by_key(buffers).unwrap()
}

fn json_of(answer: Vec<SimpleQueryMessage>) -> Value {
    let rows = answer.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    let text: String = rows.collect();
    let mut plans: Value = serde_json::from_str(&text).unwrap();
    plans[0]["Plan"].take()
}

fn assert_walks_the_index(plan: &Value) {
    let nodes = nodes(plan);
    let kinds: Vec<_> = nodes
        .iter()
        .map(|node| node["Node Type"].as_str().unwrap())
        .collect();
    assert!(
        kinds.iter().all(|kind| [
            "Nested Loop",
            "Function Scan",
            "Subquery Scan",
            "Limit",
            "Result",
            "Index Scan"
        ]
        .contains(kind)),
        "{kinds:?}"
    );
    let scan = index_scan(plan);
    assert_eq!(scan["Index Name"], "orders_by_age");
    assert_eq!(scan["Scan Direction"], "Backward");
    assert_eq!(scan["Actual Rows"].as_f64(), Some(ROWS as f64));
    for node in nodes {
        let removed = node["Rows Removed by Filter"].as_f64().unwrap_or(0.0);
        assert!(removed == 0.0, "{node}");
    }
}

pub fn index_scan(plan: &Value) -> &Value {
    let scan = nodes(plan)
        .into_iter()
        .find(|node| node["Node Type"] == "Index Scan");
    scan.unwrap_or_else(|| panic!("no index scan: {plan}"))
}

pub fn nodes(plan: &Value) -> Vec<&Value> {
    let below = plan["Plans"]
        .as_array()
        .into_iter()
        .flatten()
        .flat_map(nodes);
    [plan].into_iter().chain(below).collect()
}

fn buffers(plan: &Value) -> u64 {
    ["Shared Hit Blocks", "Shared Read Blocks"]
        .map(|kind| plan[kind].as_u64().unwrap())
        .iter()
        .sum()
}
