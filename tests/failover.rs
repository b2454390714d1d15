//! Several hosts in the URL, of which one is the primary.

use std::{
    process::Command,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use orders_server::Server;
use private_postgres::{Options, PrivatePostgres};
use tempfile::TempDir;
use tokio::{net::TcpListener, task::block_in_place, time::sleep};
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

/// `--nocapture` prints how long no order is created.
#[tokio::test(flavor = "multi_thread")]
async fn no_acknowledged_order_is_lost_when_a_synchronous_standby_takes_over() {
    let mut pair = block_in_place(Pair::start);
    let synchronous = "ALTER SYSTEM SET synchronous_standby_names = '*'";
    execute(&pair.primary, synchronous).await;
    execute(&pair.primary, "SELECT pg_reload_conf()").await;
    let server = Server::start(config_at(&pair.url(), &[])).await.unwrap();
    let (stop, acknowledged) = (AtomicBool::new(false), Mutex::new(Vec::new()));
    let load = join_all((0..8).map(|number| {
        let client = Client::new(server.address(), &format!("tenant-{number}"));
        let (stop, acknowledged) = (&stop, &acknowledged);
        async move {
            while !stop.load(Ordering::Relaxed) {
                let key = Uuid::new_v4().to_string();
                let created = client.create(&key, "{}").await;
                match created.status {
                    201 => acknowledged.lock().unwrap().push((
                        Instant::now(),
                        client.clone(),
                        key,
                        created.body,
                    )),
                    503 => sleep(Duration::from_millis(5)).await,
                    _ => panic!("{created:?}"),
                }
            }
        }
    }));
    let acknowledged_since = |time: Instant| {
        let acknowledged = acknowledged.lock().unwrap();
        acknowledged.iter().filter(|(at, ..)| *at > time).count()
    };
    let take_over = async {
        let start = Instant::now();
        eventually("orders are created", async || {
            acknowledged_since(start) > 200
        })
        .await;
        block_in_place(|| pair.primary.crash()).unwrap();
        let crashed = Instant::now();
        pair.promote_standby().await;
        eventually("orders are created again", async || {
            acknowledged_since(crashed) > 200
        })
        .await;
        stop.store(true, Ordering::Relaxed);
    };
    tokio::join!(load, take_over);

    let acknowledged = acknowledged.into_inner().unwrap();
    let mut times: Vec<_> = acknowledged.iter().map(|(at, ..)| *at).collect();
    times.sort_unstable();
    let pauses = times.windows(2).map(|pair| pair[1] - pair[0]);
    println!(
        "the longest time without an order: {:?}",
        pauses.max().unwrap()
    );
    for (_, client, key, body) in &acknowledged {
        let again = client.create(key, "{}").await;
        assert_eq!((again.status, &again.body), (200, body));
    }
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
