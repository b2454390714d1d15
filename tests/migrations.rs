//! Migrations: the first process that starts applies them, and the others wait.

use std::{collections::BTreeSet, error::Error, fs, path::Path};

use futures_util::future::join_all;
use http::Method;
use orders_server::{Server, migrate};
use uuid::Uuid;

use crate::support::{App, Client, Database, Isolation, config};

#[tokio::test(flavor = "multi_thread")]
async fn replicas_that_start_together_migrate_once() {
    let database = Database::own().await;
    let started = join_all((0..10).map(|_| Server::start(config(&database, &[])))).await;
    let servers: Vec<_> = started.into_iter().map(Result::unwrap).collect();
    assert_eq!(history(&database).await, migrations());

    // Each replica works: one reads what another has written.
    let clients: Vec<_> = servers
        .iter()
        .map(|server| Client::new(server.address(), "acme"))
        .collect();
    for (writer, reader) in clients.iter().zip(clients.iter().rev()) {
        let id = writer.draft().await;
        assert_eq!(reader.get(id).await.status, 200);
    }
    join_all(servers.into_iter().map(Server::stop)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_is_never_applied_twice() {
    let database = Database::own().await;
    let settings = config(&database, &[]).database;
    migrate(&settings).await.unwrap();
    let admin = database.admin().await;
    let when = "SELECT array_agg(applied_on ORDER BY version) FROM refinery_schema_history";
    let applied: Vec<String> = admin.query_one(when, &[]).await.unwrap().get(0);

    migrate(&settings).await.unwrap();
    let again: Vec<String> = admin.query_one(when, &[]).await.unwrap().get(0);
    assert_eq!(applied, again);
    assert_eq!(history(&database).await, migrations());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_schema_a_service_is_alive_and_not_ready_and_shows_no_cause() {
    let database = Database::own().await;
    let settings = config(&database, &["--no-migrate"]);
    let server = Server::start(settings.clone()).await.unwrap();
    let client = Client::new(server.address(), "acme");
    let probe = |path: &'static str| client.call(Method::GET, path).without("x-tenant-id").send();

    assert_eq!(probe("/healthz").await.status, 200);
    for reply in [
        probe("/readyz").await,
        client.list("").await,
        client.get(Uuid::new_v4()).await,
        client.create("key", "{}").await,
        client.close(Uuid::new_v4()).await,
    ] {
        assert!([500, 503].contains(&reply.status), "{reply:?}");
        let body = String::from_utf8(reply.body.to_vec()).unwrap();
        for internal in [
            "relation",
            "orders\"",
            "exist",
            "42P01",
            "SELECT",
            "statement",
        ] {
            assert!(!body.contains(internal), "{body}");
        }
    }
    assert_eq!(history(&database).await, BTreeSet::new());

    // The schema may be created later. The failed create has left its key free.
    migrate(&settings.database).await.unwrap();
    assert_eq!(probe("/readyz").await.status, 200);
    assert_eq!(client.create("key", "{}").await.status, 201);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_that_was_edited_is_refused() {
    let database = Database::own().await;
    let settings = config(&database, &[]);
    migrate(&settings.database).await.unwrap();
    let tamper = "UPDATE refinery_schema_history SET checksum = '1' WHERE version = 1";
    assert_eq!(
        database.admin().await.execute(tamper, &[]).await.unwrap(),
        1
    );

    let refused = chain(&migrate(&settings.database).await.unwrap_err());
    assert!(refused.contains("cannot migrate the schema"), "{refused}");
    assert!(refused.contains("V1__orders is different"), "{refused}");
    let refused = chain(&Server::start(settings).await.unwrap_err());
    assert!(refused.contains("V1__orders is different"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_migration_is_rolled_back() {
    let database = Database::own().await;
    let service = database.service().await;
    // Makes the last statements of the first migration fail.
    service
        .batch_execute("CREATE TABLE outbox ()")
        .await
        .unwrap();
    let settings = config(&database, &[]);
    let refused = chain(&migrate(&settings.database).await.unwrap_err());
    assert!(refused.contains("outbox"), "{refused}");
    let left = "SELECT to_regclass('orders') IS NULL AND to_regclass('idempotency_keys') IS NULL";
    assert!(
        service
            .query_one(left, &[])
            .await
            .unwrap()
            .get::<_, bool>(0)
    );

    service.batch_execute("DROP TABLE outbox").await.unwrap();
    migrate(&settings.database).await.unwrap();
    assert_eq!(history(&database).await, migrations());
}

/// The applied migrations. Fails the test if one was applied twice.
/// Migrations only add, so that old replicas run on until the rollout ends.
#[tokio::test(flavor = "multi_thread")]
async fn this_version_runs_on_the_schema_of_the_next_one() {
    let app = App::with(Isolation::Database, &[]).await;
    app.closed(1).await;
    let next = "ALTER TABLE orders ADD COLUMN note text;
                ALTER TABLE outbox ADD COLUMN priority int NOT NULL DEFAULT 0;
                CREATE INDEX orders_by_note ON orders (tenant_id, note);
                INSERT INTO refinery_schema_history (version, name, applied_on, checksum)
                VALUES (9999, 'next', '2026-01-01T00:00:00Z', '1')";
    app.database
        .admin()
        .await
        .batch_execute(next)
        .await
        .unwrap();
    // With the statements that it prepared before.
    app.closed(2).await;
    let app = app.restart().await;
    app.closed(3).await;
    assert_eq!(app.walk(10).await.len(), 3);
}

async fn history(database: &Database) -> BTreeSet<String> {
    let admin = database.admin().await;
    let exists = "SELECT to_regclass('refinery_schema_history') IS NOT NULL";
    if !admin
        .query_one(exists, &[])
        .await
        .unwrap()
        .get::<_, bool>(0)
    {
        return BTreeSet::new();
    }
    let history =
        "SELECT format('V%s__%s', lpad(version::text, 4, '0'), name) FROM refinery_schema_history";
    let rows = admin.query(history, &[]).await.unwrap();
    let applied: BTreeSet<_> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(applied.len(), rows.len(), "one was applied twice: {rows:?}");
    applied
}

/// The names of the files in migrations/.
fn migrations() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations");
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    files
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect()
}

/// The error as `orders` prints it.
fn chain(error: &dyn Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {}", chain(cause)),
        None => error.to_string(),
    }
}
