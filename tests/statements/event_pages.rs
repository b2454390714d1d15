//! The plans of the lists of events, with row-level security.

use serde_json::Value;
use tokio_postgres::Client;

use super::plans::{Planned, explain, index_scan, nodes, plan_as_the_service_does, prepare_from};
use crate::support::Outbox;

/// Rows of a page.
const ROWS: u64 = 20;

/// Events that share an instant of publication, as those of one completion do.
const TIES: u64 = 50;

/// A list: its name, its index, the sort keys of a row, the condition of its rows, their order, and
/// the arguments in front of a row's keys.
struct List {
    name: &'static str,
    index: &'static str,
    keys: &'static str,
    rows: &'static str,
    order: &'static str,
    before: &'static str,
}

const LISTS: [List; 5] = [
    List {
        name: "list_events",
        index: "outbox_pkey",
        keys: "tenant_id, id",
        rows: "true",
        order: "tenant_id, id",
        before: "",
    },
    List {
        name: "list_waiting",
        index: "outbox_waiting",
        keys: "tenant_id, created_at, id",
        rows: "published_at IS NULL AND parked_at IS NULL",
        order: "tenant_id, created_at, id",
        before: "",
    },
    List {
        name: "list_parked",
        index: "outbox_parked",
        keys: "parked_at, id",
        rows: "parked_at IS NOT NULL",
        order: "parked_at, id",
        before: "",
    },
    List {
        name: "list_published",
        index: "outbox_published",
        keys: "published_at, id",
        rows: "published_at IS NOT NULL",
        order: "published_at DESC, id DESC",
        before: "",
    },
    List {
        name: "list_events_of_order",
        index: "one_event_of_a_type_per_order",
        keys: "created_at, id",
        rows: "order_id = md5('7')::uuid",
        order: "created_at, id",
        before: "'t7', md5('7')::uuid, ",
    },
];

/// A plan may be used long after it was made, so it must not depend on statistics.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_events_is_a_range_of_an_index_at_any_depth() {
    let outbox = Outbox::new().await;
    seed(&outbox.admin).await;
    for statistics in ["SELECT", "ANALYZE outbox"] {
        outbox.admin.batch_execute(statistics).await.unwrap();
        for list in LISTS {
            assert_ranges(&outbox, &list, statistics).await;
        }
    }
}

async fn assert_ranges(outbox: &Outbox, list: &List, statistics: &str) {
    let List { name, before, .. } = list;
    let service = service(outbox).await;
    prepare_from(&service, "outbox", name).await;
    for mode in ["force_generic_plan", "force_custom_plan"] {
        let set = format!("SET LOCAL plan_cache_mode = {mode}");
        service.batch_execute(&set).await.unwrap();
        for depth in [0, 2_000] {
            let Some(keys) = keys_at(&outbox.admin, list, depth).await else {
                continue; // the order has few events
            };
            let call = format!("{name} ({before}{keys}, {ROWS})");
            let plan = explain(&service, &call).await;
            let case = format!("{name}, {statistics}, {mode}, {depth}: {plan:#}");
            assert_eq!(index_scan(&plan)["Index Name"], list.index, "{case}");
            let is_sorted = nodes(&plan).iter().any(|node| node["Node Type"] == "Sort");
            assert_eq!(is_sorted, *name == "list_events_of_order", "{case}");
            assert!(rows_read(&plan) <= ROWS + 2 * TIES, "{case}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_locked_by_its_key() {
    let outbox = Outbox::new().await;
    let service = service(&outbox).await;
    prepare_from(&service, "outbox", "lock_event").await;
    let call = "lock_event ('t1', '00000000-0000-0000-0000-000000000000')";
    let plan = explain(&service, call).await;
    let scan = index_scan(&plan);
    assert_eq!(scan["Index Name"], "outbox_pkey");
    let condition = scan["Index Cond"].as_str().unwrap();
    assert!(
        condition.contains("tenant_id = ") && condition.contains("id = "),
        "{condition}"
    );
}

/// A transaction of the service for all tenants.
async fn service(outbox: &Outbox) -> Client {
    let service = outbox.database.service().await;
    let begin = "BEGIN; SET LOCAL orders.tenant_ids = '*'";
    service.batch_execute(begin).await.unwrap();
    plan_as_the_service_does(&service, Planned::Once).await;
    service
}

/// Events of ten tenants, a quarter in each state.
async fn seed(admin: &Client) {
    let insert = format!(
        "ALTER TABLE outbox SET (autovacuum_enabled = false);
         INSERT INTO outbox (tenant_id, id, event_type, order_id, payload, created_at, due_at,
                             published_at, parked_at, last_error)
         SELECT 't' || n % 10, md5('id' || n)::uuid, 'orders.closed', md5(n::text)::uuid, '{{}}', at,
                CASE WHEN n % 4 = 1 THEN now() + interval '1 h' ELSE at END,
                CASE WHEN n % 4 = 2 THEN timestamptz '2026-01-01Z' + n / 4 / {TIES} * interval '1 s' END,
                CASE WHEN n % 4 = 3 THEN at + interval '1 h' END,
                CASE WHEN n % 4 = 3 THEN 'refused' END
           FROM generate_series(1, 20000) AS n,
                LATERAL (SELECT timestamptz '2026-01-01Z' + n / 2 * interval '1.000001 s' AS at) AS instant
          ORDER BY md5(n::text)"
    );
    admin.batch_execute(&insert).await.unwrap();
}

/// The sort keys, as literals, of the list's row behind so many others.
async fn keys_at(admin: &Client, list: &List, depth: i64) -> Option<String> {
    let List {
        keys, rows, order, ..
    } = list;
    let quoted = keys
        .split(", ")
        .map(|key| format!("quote_literal({key}::text)"));
    let quoted = quoted.collect::<Vec<_>>().join(", ");
    let select = format!(
        "SELECT concat_ws(', ', {quoted}) FROM outbox WHERE {rows} ORDER BY {order} OFFSET {depth} LIMIT 1"
    );
    let row = admin.query_opt(&select, &[]).await.unwrap();
    row.map(|row| row.get(0))
}

/// The rows that the index returned, whether they were used or not.
fn rows_read(plan: &Value) -> u64 {
    let scan = index_scan(plan);
    let count = |key: &str| scan[key].as_f64().unwrap_or(0.0);
    (count("Actual Rows") + count("Rows Removed by Filter")) as u64
}
