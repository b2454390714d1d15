//! The schema enforces the rules of core: constraints, keys and row-level security.

use tokio_postgres::{Client, error::DbError, types::ToSql};
use uuid::Uuid;

use crate::support::App;

const TABLES: [&str; 3] = ["idempotency_keys", "orders", "outbox"];

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_has_no_total_and_every_other_order_has_one() {
    let world = World::new().await;
    for (status, total, fits) in [
        ("draft", None, true),
        ("draft", Some(0), false),
        ("confirmed", None, false),
        ("confirmed", Some(0), true),
        ("closed", None, false),
        ("closed", Some(i32::MAX), true),
    ] {
        let inserted = world.order(status, 1, total).await;
        assert_eq!(inserted.is_ok(), fits, "{status} {total:?}");
        if let Err(error) = inserted {
            refused(&error, "23514", "orders", Some("draft_has_no_total"));
        }
    }
    // Also on an update.
    let id = world.order("confirmed", 2, Some(5)).await.unwrap();
    for change in ["status = 'draft'", "total_cents = NULL"] {
        let update = format!("UPDATE orders SET {change} WHERE tenant_id = $1 AND id = $2");
        let error = world
            .execute(&update, &[&world.tenant, &id])
            .await
            .unwrap_err();
        refused(&error, "23514", "orders", Some("draft_has_no_total"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_totals_and_statuses_out_of_range_are_refused() {
    let world = World::new().await;
    for (status, version, total) in [
        ("draft", 0, None),
        ("draft", -1, None),
        ("confirmed", 1, Some(-1)),
        ("cancelled", 1, Some(1)),
        ("DRAFT", 1, None),
        ("", 1, Some(1)),
    ] {
        let error = world.order(status, version, total).await.unwrap_err();
        refused(&error, "23514", "orders", None);
    }
    world.order("draft", 1, None).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_row_has_a_tenant() {
    let world = World::new().await;
    let id = Uuid::new_v4();
    let inserts = [
        ("orders", ORDER),
        ("idempotency_keys", KEY),
        ("outbox", EVENT),
    ];
    for (table, insert) in inserts {
        let missing: [(Option<&str>, &str); 2] = [(Some(""), "23514"), (None, "23502")];
        for (tenant, code) in missing {
            let error = world.execute(insert, &[&tenant, &id]).await.unwrap_err();
            refused(&error, code, table, None);
        }
        assert_eq!(
            world.execute(insert, &[&world.tenant, &id]).await.unwrap(),
            1
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_closes_once() {
    let world = World::new().await;
    let id = Uuid::new_v4();
    world.execute(EVENT, &[&world.tenant, &id]).await.unwrap();
    let error = world
        .execute(EVENT, &[&world.tenant, &id])
        .await
        .unwrap_err();
    refused(&error, "23505", "outbox", None);
    // By a UNIQUE constraint, and not only by an index.
    let kind = "SELECT contype::text FROM pg_constraint WHERE conrelid = 'outbox'::regclass AND conname = $1";
    let constraint = error.constraint().unwrap();
    let kind = world.admin.query_one(kind, &[&constraint]).await.unwrap();
    assert_eq!(kind.get::<_, &str>(0), "u", "{constraint}");

    // Another order of the tenant can be closed.
    world
        .execute(EVENT, &[&world.tenant, &Uuid::new_v4()])
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_one_per_tenant() {
    let world = World::new().await;
    let other = format!("{}.other", world.tenant);
    world
        .execute(KEY, &[&world.tenant, &Uuid::new_v4()])
        .await
        .unwrap();
    world
        .execute(KEY, &[&other, &Uuid::new_v4()])
        .await
        .unwrap();
    let again = world.execute(KEY, &[&world.tenant, &Uuid::new_v4()]).await;
    refused(&again.unwrap_err(), "23505", "idempotency_keys", None);
}

#[tokio::test(flavor = "multi_thread")]
async fn row_level_security_is_on_for_every_table_and_its_owner() {
    let world = World::new().await;
    let tables = "SELECT relname::text, relrowsecurity, relforcerowsecurity,
                (SELECT count(*) FROM pg_policy WHERE polrelid = pg_class.oid)
           FROM pg_class
          WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
            AND relname <> 'refinery_schema_history'
          ORDER BY relname";
    let rows = world.admin.query(tables, &[]).await.unwrap();
    let names: Vec<&str> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(names, TABLES);
    for row in &rows {
        assert!(
            row.get::<_, bool>(1) && row.get::<_, bool>(2) && row.get::<_, i64>(3) > 0,
            "{row:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_sees_and_writes_its_tenant_alone() {
    let world = World::new().await;
    let other = format!("{}.other", world.tenant);
    for insert in [ORDER, KEY, EVENT] {
        for tenant in [&world.tenant, &other] {
            world
                .execute(insert, &[tenant, &Uuid::new_v4()])
                .await
                .unwrap();
        }
    }
    let service = world.app.database.service().await;
    for table in TABLES {
        let seen = format!("SELECT tenant_id FROM {table}");
        assert!(
            service.query(&seen, &[]).await.unwrap().is_empty(),
            "{table} without a tenant"
        );
    }
    for (table, insert) in [
        ("orders", ORDER),
        ("idempotency_keys", KEY),
        ("outbox", EVENT),
    ] {
        service.batch_execute("BEGIN").await.unwrap();
        let enter = "SELECT set_config('orders.tenant_ids', $1, true)";
        service.execute(enter, &[&world.tenant]).await.unwrap();
        let seen = service
            .query(&format!("SELECT tenant_id FROM {table}"), &[])
            .await
            .unwrap();
        let seen: Vec<&str> = seen.iter().map(|row| row.get(0)).collect();
        assert_eq!(seen, [world.tenant.as_str()], "{table}");
        let delete = format!("DELETE FROM {table} WHERE tenant_id = $1");
        assert_eq!(
            service.execute(&delete, &[&other]).await.unwrap(),
            0,
            "{table}"
        );
        let error = service
            .execute(insert, &[&other, &Uuid::new_v4()])
            .await
            .unwrap_err();
        assert_eq!(error.code().unwrap().code(), "42501", "{table}");
        service.batch_execute("ROLLBACK").await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_setting_of_all_tenants_reads_events_and_keys_and_writes_nothing() {
    let world = World::new().await;
    for insert in [ORDER, KEY, EVENT] {
        let id = Uuid::new_v4();
        world.execute(insert, &[&world.tenant, &id]).await.unwrap();
    }
    let service = world.app.database.service().await;
    for (table, insert, seen) in [
        ("orders", ORDER, 0),
        ("idempotency_keys", KEY, 1),
        ("outbox", EVENT, 1),
    ] {
        service.batch_execute("BEGIN").await.unwrap();
        let enter = "SELECT set_config('orders.tenant_ids', '*', true)";
        service.execute(enter, &[]).await.unwrap();
        for (statement, rows) in [("SELECT FROM", seen), ("DELETE FROM", 0)] {
            let statement = format!("{statement} {table} WHERE tenant_id = $1");
            let touched = service.execute(&statement, &[&world.tenant]).await.unwrap();
            assert_eq!(touched, rows, "{statement}");
        }
        let update = format!("UPDATE {table} SET created_at = now() WHERE tenant_id = $1");
        let touched = service.execute(&update, &[&world.tenant]).await.unwrap();
        assert_eq!(touched, 0, "{update}");
        let inserted = service
            .execute(insert, &[&world.tenant, &Uuid::new_v4()])
            .await;
        let error = inserted.unwrap_err();
        assert_eq!(error.code().unwrap().code(), "42501", "{table}");
        service.batch_execute("ROLLBACK").await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_not_both_published_and_parked_and_a_parked_one_has_an_error() {
    let world = World::new().await;
    let id = Uuid::new_v4();
    world.execute(EVENT, &[&world.tenant, &id]).await.unwrap();
    for (change, constraint) in [
        (
            "published_at = now(), parked_at = now(), last_error = 'why'",
            "published_is_not_parked",
        ),
        ("parked_at = now()", "parked_says_why"),
        ("attempts = -1", "attempts_are_counted"),
        (
            "trace_parent = repeat('0', 56)",
            "trace_parent_has_55_bytes",
        ),
    ] {
        let update = format!("UPDATE outbox SET {change} WHERE tenant_id = $1 AND order_id = $2");
        let error = world
            .execute(&update, &[&world.tenant, &id])
            .await
            .unwrap_err();
        refused(&error, "23514", "outbox", Some(constraint));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_primary_key_starts_with_the_tenant() {
    let world = World::new().await;
    let keys = "SELECT conrelid::regclass::text, array_agg(attname::text ORDER BY place)
           FROM pg_constraint, unnest(conkey) WITH ORDINALITY AS part (number, place), pg_attribute
          WHERE contype = 'p' AND connamespace = 'public'::regnamespace
            AND attrelid = conrelid AND attnum = number
            AND conrelid <> 'refinery_schema_history'::regclass
          GROUP BY 1 ORDER BY 1";
    let rows = world.admin.query(keys, &[]).await.unwrap();
    let keys: Vec<(&str, Vec<&str>)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let expected = [
        ("idempotency_keys", vec!["tenant_id", "key"]),
        ("orders", vec!["tenant_id", "id"]),
        ("outbox", vec!["tenant_id", "id"]),
    ];
    assert_eq!(keys, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_columns_have_their_types() {
    let world = World::new().await;
    let instant = "timestamp with time zone";
    for (table, column, data_type, nullable) in [
        ("orders", "id", "uuid", false),
        ("orders", "tenant_id", "text", false),
        ("orders", "status", "text", false),
        ("orders", "version", "integer", false),
        ("orders", "total_cents", "integer", true),
        ("orders", "created_at", instant, false),
        ("orders", "updated_at", instant, false),
        ("outbox", "id", "uuid", false),
        ("outbox", "event_type", "text", false),
        ("outbox", "order_id", "uuid", false),
        ("outbox", "tenant_id", "text", false),
        ("outbox", "payload", "json", false),
        ("outbox", "published_at", instant, true),
        ("outbox", "attempts", "integer", false),
        ("outbox", "due_at", instant, false),
        ("outbox", "parked_at", instant, true),
        ("outbox", "last_error", "text", true),
        ("outbox", "trace_parent", "text", true),
        ("idempotency_keys", "tenant_id", "text", false),
        ("idempotency_keys", "key", "text", false),
        ("idempotency_keys", "response_json", "json", false),
        ("idempotency_keys", "created_at", instant, false),
    ] {
        let find = "SELECT data_type::text, is_nullable = 'YES' FROM information_schema.columns
              WHERE table_schema = 'public' AND table_name = $1 AND column_name = $2";
        let row = world
            .admin
            .query_opt(find, &[&table, &column])
            .await
            .unwrap();
        let row = row.unwrap_or_else(|| panic!("{table}.{column} is missing"));
        assert_eq!(
            (row.get(0), row.get(1)),
            (data_type, nullable),
            "{table}.{column}"
        );
    }
}

// Valid rows. $1: the tenant. $2: the order.
const ORDER: &str = "INSERT INTO orders (tenant_id, id, status, version, created_at, updated_at)
    VALUES ($1, $2, 'draft', 1, now(), now())";
const KEY: &str = "INSERT INTO idempotency_keys (tenant_id, key, fingerprint, order_id, response_json, created_at)
    VALUES ($1, 'key', sha256(''), $2, '{}', now())";
const EVENT: &str = "INSERT INTO outbox (tenant_id, id, event_type, order_id, payload, created_at)
    VALUES ($1, gen_random_uuid(), 'orders.closed', $2, '{}', now())";

/// A schema, and a superuser's connection.
struct World {
    app: App,
    admin: Client,
    tenant: String,
}

impl World {
    async fn new() -> Self {
        let app = App::start().await;
        let admin = app.database.admin().await;
        let tenant = app.tenant.clone();
        Self { app, admin, tenant }
    }

    async fn execute(&self, sql: &str, values: &[&(dyn ToSql + Sync)]) -> Result<u64, DbError> {
        let result = self.admin.execute(sql, values).await;
        result.map_err(|error| error.as_db_error().unwrap().clone())
    }

    async fn order(&self, status: &str, version: i32, total: Option<i32>) -> Result<Uuid, DbError> {
        let id = Uuid::new_v4();
        let insert = "INSERT INTO orders (tenant_id, id, status, version, total_cents, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, now(), now())";
        self.execute(insert, &[&self.tenant, &id, &status, &version, &total])
            .await?;
        Ok(id)
    }
}

#[track_caller]
fn refused(error: &DbError, code: &str, table: &str, constraint: Option<&str>) {
    assert_eq!(
        (error.code().code(), error.table()),
        (code, Some(table)),
        "{error:?}"
    );
    if constraint.is_some() {
        assert_eq!(error.constraint(), constraint);
    }
}
