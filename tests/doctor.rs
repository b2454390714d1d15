//! `orders doctor`, `orders health`, and the files for packages.

use orders_server::Server;

use crate::support::{
    App, Client, Database, Ended, Isolation, Nats, Process, config, orders_binary,
};

async fn doctor(database: &Database, flags: &[&str]) -> Ended {
    let settings = [("DATABASE_URL", database.url())];
    let arguments: Vec<_> = ["doctor"]
        .into_iter()
        .chain(flags.iter().copied())
        .collect();
    Process::start(&arguments, &settings).await.ended().await
}

/// Fails the test unless a line begins and goes on like this.
#[track_caller]
fn assert_line(report: &Ended, word: &str, what: &str) {
    let found = report
        .lines
        .iter()
        .any(|line| line.starts_with(word) && line.contains(what));
    assert!(found, "{word} {what}: {report:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_healthy_setup_has_no_failure() {
    let app = App::with(Isolation::Database, &[]).await;
    let report = doctor(&app.database, &[]).await;
    assert_eq!(report.status.code(), Some(0), "{report:#?}");
    for what in [
        "authentication: X-Tenant-Id is believed, from this machine alone",
        "database: accepts the connection",
        "TLS: a socket of this machine",
        "version: PostgreSQL",
        "role: row-level security holds",
        "privileges: the role can read, write and migrate",
        "clock:",
        "migrations: the schema is up to date",
        "row-level security: forced on every table",
        "publisher: events go to the log",
        "traces: not used: no collector is set",
    ] {
        assert_line(&report, "ok", what);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_is_named_with_its_remedy() {
    let app = App::with(Isolation::Database, &[]).await;
    let admin = app.database.admin().await;
    let break_it = "ALTER TABLE outbox DISABLE ROW LEVEL SECURITY;
                    DELETE FROM refinery_schema_history WHERE version = 4";
    admin.batch_execute(break_it).await.unwrap();
    let flags = [
        "--no-migrate",
        "--auth",
        "jwt",
        "--publisher",
        "nats://127.0.0.1:1",
        "--publish-timeout",
        "300ms",
        "--otlp-endpoint",
        "collector:4317",
    ];
    let report = doctor(&app.database, &flags).await;
    assert_eq!(report.status.code(), Some(1), "{report:#?}");
    assert_line(&report, "FAILED", "authentication: --auth jwt needs");
    assert_line(
        &report,
        "FAILED",
        "row-level security: switched off for outbox",
    );
    assert_line(&report, "FAILED", "migrations: the schema lacks V4");
    assert_line(&report, "warning", "publisher: events wait in the outbox");
    assert_line(&report, "FAILED", "traces: the OTLP endpoint must be");
    assert_line(&report, "orders: ", "4 of the checks failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_database_fails_at_once() {
    let settings = [(
        "DATABASE_URL",
        "postgresql://orders:secret@127.0.0.1:1/orders",
    )];
    let report = Process::start(&["doctor"], &settings).await.ended().await;
    assert_eq!(report.status.code(), Some(1), "{report:#?}");
    assert_line(&report, "FAILED", "database: cannot connect");
    assert!(!report.text().contains("secret"), "{report:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_database_is_left_empty() {
    let database = Database::own().await;
    let report = doctor(&database, &[]).await;
    assert_line(&report, "ok", "migrations: `serve` will apply V1");
    let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'";
    let tables = database.admin().await.query_one(tables, &[]).await.unwrap();
    assert_eq!(tables.get::<_, i64>(0), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stream_of_a_broker_is_named() {
    let app = App::with(Isolation::Database, &[]).await;
    let nats = Nats::start().await;
    let url = nats.url();
    let report = doctor(&app.database, &["--publisher", &url]).await;
    assert_line(
        &report,
        "ok",
        "publisher: no stream takes orders.closed; the relay creates orders",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn health_is_the_readiness_of_a_running_service() {
    let app = App::start().await;
    let url = format!("http://{}/readyz", app.client.address);
    let none: [(&str, &str); 0] = [];
    let health = async |url: &str| {
        Process::start(&["health", "--url", url], &none)
            .await
            .ended()
            .await
    };
    assert_eq!(health(&url).await.status.code(), Some(0));
    app.server.stop().await;
    let gone = health(&url).await;
    assert!(gone.sentence().contains("no response"), "{gone:?}");
    let elsewhere = health("http://db.example/readyz").await;
    assert!(elsewhere.sentence().contains("https://"), "{elsewhere:?}");

    let database = Database::own().await;
    let server = Server::start(config(&database, &[])).await.unwrap();
    let client = Client::new(server.address(), "acme");
    let wrong = health(&format!("http://{}/nothing", client.address)).await;
    assert!(
        wrong.sentence().contains("not ready: status 404"),
        "{wrong:?}"
    );
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn completions_and_the_man_page_name_every_command() {
    let binary = orders_binary().await;
    for arguments in [&["package", "man"][..], &["package", "completions", "bash"]] {
        let printed = std::process::Command::new(binary)
            .args(arguments)
            .output()
            .unwrap();
        assert!(printed.status.success());
        let text = String::from_utf8(printed.stdout).unwrap();
        for command in ["serve", "relay", "migrate", "doctor", "health", "outbox"] {
            assert!(text.contains(command), "{arguments:?} {command}");
        }
    }
}
