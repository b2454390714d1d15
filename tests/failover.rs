//! Several hosts in the URL, of which one is the primary.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use orders_server::Server;
use private_postgres::{Options, PrivatePostgres};
use tempfile::TempDir;
use tokio::{net::TcpListener, task::block_in_place};
use tokio_postgres::NoTls;
use uuid::Uuid;

use crate::support::{Client, config_at, eventually};

/// A primary and its standby, which reads what the primary writes.
struct Pair {
    primary: PrivatePostgres,
    standby: PrivatePostgres,
    _standby_home: TempDir,
}

impl Pair {
    fn start() -> Self {
        let primary = PrivatePostgres::start(Options::temporary()).unwrap();
        let home = tempfile::tempdir().unwrap();
        let data = home.path().join("data");
        run(Command::new(primary.bin_dir().join("pg_basebackup"))
            .args([
                "--username=postgres",
                "--checkpoint=fast",
                "--write-recovery-conf",
            ])
            .arg("--host")
            .arg(primary.socket_dir())
            .arg("--pgdata")
            .arg(&data));
        std::fs::remove_file(data.join(".s.PGSQL.5432.lock")).unwrap(); // copied from the primary
        // The account of the server owns its files.
        let owner = format!("--reference={}", primary.socket_dir().display());
        run(Command::new("chown")
            .args(["--recursive", &owner])
            .arg(home.path()));
        let standby = PrivatePostgres::start(Options::kept(home.path())).unwrap();
        Self {
            primary,
            standby,
            _standby_home: home,
        }
    }

    /// The URL of both. The standby comes first.
    fn url(&self) -> String {
        let socket = |postgres: &PrivatePostgres| postgres.socket_dir().display().to_string();
        format!(
            "host={},{} user=orders dbname=orders target_session_attrs=read-write",
            socket(&self.standby),
            socket(&self.primary),
        )
    }

    async fn promote_standby(&self) {
        execute(&self.standby, "SELECT pg_promote()").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_follows_the_primary_after_a_failover() {
    let mut pair = block_in_place(Pair::start);
    let server = Server::start(config_at(&pair.url(), &[])).await.unwrap();
    let client = Client::new(server.address(), "tenant");
    let order = client.draft().await;
    let replayed = client.create("key", "{}").await;
    // Acknowledged by the primary alone: replication is asynchronous.
    replicated(&pair).await;

    block_in_place(|| pair.primary.crash()).unwrap();
    pair.promote_standby().await;
    let start = Instant::now();
    eventually("an order is created", async || {
        client
            .create(&Uuid::new_v4().to_string(), "{}")
            .await
            .status
            == 201
    })
    .await;
    assert!(start.elapsed() < Duration::from_secs(10));
    assert_eq!(client.get(order).await.status, 200);
    let again = client.create("key", "{}").await;
    assert_eq!((again.status, again.body), (200, replayed.body));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_leaves_a_primary_that_refuses_writes() {
    let pair = block_in_place(Pair::start);
    let server = Server::start(config_at(&pair.url(), &[])).await.unwrap();
    let client = Client::new(server.address(), "tenant");
    client.draft().await;
    replicated(&pair).await;

    pair.promote_standby().await;
    // Its connections stay open.
    let demote = "ALTER SYSTEM SET default_transaction_read_only = on";
    execute(&pair.primary, demote).await;
    execute(&pair.primary, "SELECT pg_reload_conf()").await;
    let start = Instant::now();
    eventually("the primary refuses writes", async || {
        client
            .create(&Uuid::new_v4().to_string(), "{}")
            .await
            .status
            != 201
    })
    .await;
    eventually("an order is created", async || {
        client
            .create(&Uuid::new_v4().to_string(), "{}")
            .await
            .status
            == 201
    })
    .await;
    assert!(start.elapsed() < Duration::from_secs(10));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_does_not_respond_is_passed_over() {
    let postgres = block_in_place(|| PrivatePostgres::start(Options::temporary())).unwrap();
    // Accepts connections and never responds.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!(
        "host=127.0.0.1,{} port={},5432 user=orders dbname=orders",
        postgres.socket_dir().display(),
        silent.local_addr().unwrap().port(),
    );
    let flags = ["--pool-timeout", "2s"];
    let server = Server::start(config_at(&url, &flags)).await.unwrap();
    let client = Client::new(server.address(), "tenant");
    client.draft().await;
    server.stop().await;
}

async fn replicated(pair: &Pair) {
    let behind = "SELECT pg_current_wal_lsn() <> replay_lsn FROM pg_stat_replication";
    eventually("the standby has replayed all", async || {
        let primary = connect(&pair.primary).await;
        let rows = primary.query(behind, &[]).await.unwrap();
        rows.first().is_some_and(|row| !row.get::<_, bool>(0))
    })
    .await;
}

async fn execute(postgres: &PrivatePostgres, statement: &str) {
    connect(postgres)
        .await
        .batch_execute(statement)
        .await
        .unwrap();
}

/// A connection of the superuser.
async fn connect(postgres: &PrivatePostgres) -> tokio_postgres::Client {
    let url = postgres.admin_url("postgres");
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
}
