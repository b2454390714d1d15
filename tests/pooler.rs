//! The service behind PgBouncer in transaction mode.

use std::{collections::HashSet, time::Duration};

use futures_util::future::join_all;
use http::Method;
use orders_server::{
    Server, StartError,
    config::ServeConfig,
    db::{ConnectError, Connection, Connector, Db, LockWait, PLANNER_SETTINGS, Tenants},
};
use serde_json::json;
use tokio::time::Instant;
use tokio_postgres::{Config, Error, NoTls};
use uuid::Uuid;

use crate::support::{Client, Database, Ended, Hold, Pooler, Process, config_at, eventually};

const FLAG: &str = "--transaction-pooler";

/// A service behind a pooler with so many sessions, and a database of its own.
struct World {
    database: Database,
    pooler: Pooler,
    server: Server,
}

// === impl World ===

impl World {
    async fn start(sessions: u32, flags: &[&str]) -> Self {
        let database = Database::own().await;
        // A migration needs two sessions of a pooler.
        Server::start(config_at(&database.direct_url(), &[]))
            .await
            .unwrap()
            .stop()
            .await;
        let pooler = Pooler::start(&database, sessions).await;
        let flags = [&["--no-migrate"], flags].concat();
        let server = Server::start(behind(&pooler, &flags)).await.unwrap();
        let world = Self {
            database,
            pooler,
            server,
        };
        let sessions = i64::from(sessions);
        eventually("the migration has ended", async || {
            world.sessions("true").await <= sessions
        })
        .await;
        world
    }

    fn client(&self, tenant: &str) -> Client {
        Client::new(self.server.address(), tenant)
    }

    /// The sessions that the service has.
    async fn sessions(&self, condition: &str) -> i64 {
        let count = format!(
            "SELECT count(*) FROM pg_stat_activity
              WHERE datname = current_database() AND usename <> current_user
                AND backend_type = 'client backend' AND {condition}"
        );
        let admin = self.database.admin().await;
        admin.query_one(&count, &[]).await.unwrap().get(0)
    }
}

fn behind(pooler: &Pooler, flags: &[&str]) -> ServeConfig {
    config_at(&pooler.url(), &[&[FLAG], flags].concat())
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_of_many_connections_share_few_sessions() {
    let world = World::start(2, &[]).await;
    let flags = ["--no-migrate"];
    let second = Server::start(behind(&world.pooler, &flags)).await.unwrap();
    let lives = (0..64).map(|nth| {
        let address = [world.server.address(), second.address()][nth % 2];
        async move {
            let client = Client::new(address, &format!("tenant-{nth}"));
            let mut ids = HashSet::new();
            for total in 0..4 {
                ids.insert(client.closed(total).await);
            }
            let kept = client.draft().await;
            assert_eq!(client.get(kept).await.status, 200);
            ids.insert(kept);
            ids == ids_of(&client).await
        }
    });
    let lives = async { join_all(lives).await.into_iter().all(|complete| complete) };
    let mut lives = std::pin::pin!(lives);
    let mut most = 0;
    let complete = loop {
        tokio::select! {
            complete = &mut lives => break complete,
            sessions = world.sessions("true") => most = most.max(sessions),
        }
    };
    assert!(complete, "a tenant lists other orders than it created");
    assert!((1..=2).contains(&most), "{most} sessions");
}

/// The orders that the client's tenant sees.
async fn ids_of(client: &Client) -> HashSet<Uuid> {
    let orders = client.walk(100).await;
    let id = |order: &serde_json::Value| order["id"].as_str().unwrap().parse().unwrap();
    orders.iter().map(id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_leaves_its_tenants_and_settings_in_no_session() {
    let world = World::start(1, &[]).await;
    world.client("a").closed(1).await;
    let other = world.client("b");
    assert_eq!(ids_of(&other).await.len(), 0);

    // The only session, which all transactions had.
    let config: Config = world.pooler.url().parse().unwrap();
    let (session, connection) = config.connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    let tenants = "SELECT coalesce(current_setting('orders.tenant_ids', true), '')";
    let rows = "SELECT (SELECT count(*) FROM orders)::text";
    let prepared = "SELECT count(*)::text FROM pg_prepared_statements";
    for (query, expected) in [(tenants, ""), (rows, "0"), (prepared, "0")] {
        let row = session.query_typed_one(query, &[]).await.unwrap();
        assert_eq!(row.get::<_, &str>(0), expected, "{query}");
    }
    let changed = "SELECT coalesce(string_agg(name, ' '), '') FROM pg_settings
                    WHERE setting <> reset_val AND name LIKE ANY ('{enable%,%timeout,jit}')";
    let changed = session.query_typed_one(changed, &[]).await.unwrap();
    assert_eq!(changed.get::<_, &str>(0), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_transaction_has_its_timeouts_and_planner_settings() {
    let world = World::start(1, &[]).await;
    let flags = ["--statement-timeout", "7s", "--lock-timeout", "3s"];
    let db = db(behind(&world.pooler, &flags)).await;
    let tenants = Tenants::of([&"t".parse().unwrap()]);
    let (transaction, read) = (
        db.transaction("settings", &tenants, LockWait::Full, settings),
        db.read("settings", settings),
    );
    let (transaction, read) = (transaction.await.unwrap(), read.await.unwrap());
    let timeouts = [
        ("statement_timeout", "7s"),
        ("lock_timeout", "3s"),
        ("idle_in_transaction_session_timeout", "14s"),
    ];
    for (name, value) in timeouts.into_iter().chain(PLANNER_SETTINGS) {
        let setting = (name.to_owned(), value.to_owned());
        assert!(
            transaction.contains(&setting),
            "{setting:?}: {transaction:?}"
        );
        assert!(read.contains(&setting), "{setting:?}: {read:?}");
    }
    let brief = db.pipelined("settings", &tenants, LockWait::Brief, settings);
    let brief = brief.await.unwrap();
    assert!(
        brief.contains(&("lock_timeout".to_owned(), "50ms".to_owned())),
        "{brief:?}"
    );
}

async fn db(config: ServeConfig) -> Db {
    let settings = (&config.database).try_into().unwrap();
    Connector::new(settings).await.unwrap().pool().unwrap()
}

async fn settings(client: Connection) -> Result<Vec<(String, String)>, Error> {
    let all = "SELECT name, current_setting(name) FROM pg_settings";
    let rows = client.query_typed(all, &[]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_waits_too_long_is_cancelled_in_the_database() {
    let flags = ["--statement-timeout", "300ms", "--lock-timeout", "1m"];
    let world = World::start(4, &flags).await;
    let client = world.client("a");
    let id = client.confirmed(1).await;
    let hold = Hold::orders(world.database.admin().await).await;
    assert_eq!(client.get(id).await.status, 503);
    assert_eq!(client.close(id).await.status, 503);
    // The bound of the service alone would leave it waiting.
    assert_eq!(world.sessions("wait_event_type = 'Lock'").await, 0);
    hold.release().await;
    assert_eq!(client.close(id).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_row_fails_its_own_request_alone() {
    let world = World::start(4, &["--lock-timeout", "300ms"]).await;
    let client = world.client("a");
    let (held, free) = (client.confirmed(1).await, client.confirmed(2).await);
    let hold = world.database.hold(held).await;
    let start = Instant::now();
    let (held, free) = tokio::join!(client.close(held), client.close(free));
    assert_eq!((held.status, free.status), (503, 200));
    assert!(
        start.elapsed() < Duration::from_secs(3),
        "{:?}",
        start.elapsed()
    );
    hold.release().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_recovers_when_the_pooler_restarts_under_load() {
    let mut world = World::start(3, &[]).await;
    let (address, stop) = (
        world.server.address(),
        tokio::sync::watch::Sender::new(false),
    );
    let clients = (0..8).map(|nth| {
        let mut stopped = stop.subscribe();
        tokio::spawn(async move {
            let client = Client::new(address, &format!("tenant-{nth}"));
            let (mut created, mut refused) = (HashSet::new(), 0);
            while !*stopped.borrow_and_update() {
                let key = Uuid::new_v4().to_string();
                // The same key until it is known what became of it.
                loop {
                    let reply = client.create(&key, "{}").await;
                    match reply.status {
                        200 | 201 => {
                            created.insert(reply.id());
                            break;
                        }
                        503 => refused += 1,
                        _ => panic!("{reply:?}"),
                    }
                }
            }
            (created == ids_of(&client).await, created.len(), refused)
        })
    });
    let clients: Vec<_> = clients.collect();
    let count = async || {
        let admin = world.database.admin().await;
        let count = admin.query_one("SELECT count(*) FROM orders", &[]).await;
        count.unwrap().get::<_, i64>(0)
    };
    eventually("there are orders", async || count().await > 20).await;
    world.pooler.kill();
    let probe = Client::new(address, "probe");
    eventually("a create is refused", async || {
        probe.create(&Uuid::new_v4().to_string(), "{}").await.status == 503
    })
    .await;
    world.pooler.restart();
    let count = async || {
        let admin = world.database.admin().await;
        let count = admin.query_one("SELECT count(*) FROM orders", &[]).await;
        count.unwrap().get::<_, i64>(0)
    };
    let before = count().await;
    eventually("there are new orders", async || count().await > before + 20).await;
    stop.send_replace(true);
    for client in clients {
        let (complete, created, refused) = client.await.unwrap();
        assert!(complete, "{created} created: other orders are stored");
        assert!(
            created > 0 && refused > 0,
            "{created} created, {refused} refused"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_that_start_together_migrate_once() {
    let database = Database::own().await;
    let pooler = Pooler::start(&database, 2).await;
    let replicas = (0..5).map(|_| Server::start(behind(&pooler, &[])));
    for replica in join_all(replicas).await {
        Client::new(replica.unwrap().address(), "a").draft().await;
    }
    let admin = database.admin().await;
    let count = "SELECT count(*), count(DISTINCT version) FROM refinery_schema_history";
    let row = admin.query_one(count, &[]).await.unwrap();
    assert!(row.get::<_, i64>(0) > 0);
    assert_eq!(row.get::<_, i64>(0), row.get::<_, i64>(1));
    let locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'
                    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    eventually("the lock is released", async || {
        admin.query_one(locks, &[]).await.unwrap().get::<_, i64>(0) == 0
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_schema_a_service_is_not_ready() {
    let database = Database::own().await;
    let pooler = Pooler::start(&database, 2).await;
    assert!(!is_ready(behind(&pooler, &["--no-migrate"])).await);
    assert!(is_ready(behind(&pooler, &[])).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_flag_a_service_is_not_ready() {
    let world = World::start(2, &[]).await;
    let mut config = behind(&world.pooler, &["--no-migrate"]);
    config.database.transaction_pooler = false;
    assert!(!is_ready(config).await);
}

async fn is_ready(config: ServeConfig) -> bool {
    let server = Server::start(config).await.unwrap();
    let client = Client::new(server.address(), "a");
    client.call(Method::GET, "/readyz").send().await.status == 200
}

#[tokio::test(flavor = "multi_thread")]
async fn options_of_the_url_are_refused() {
    let database = Database::shared().await;
    let pooler = Pooler::start(&database, 1).await;
    let url = format!("{}?options=-c%20geqo%3Doff", pooler.url());
    let error = Server::start(config_at(&url, &[FLAG])).await.unwrap_err();
    assert!(matches!(
        error,
        StartError::Connect(ConnectError::PoolerOptions)
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_tells_a_pooler_from_a_direct_connection() {
    let world = World::start(2, &[]).await;
    let (pooled, direct) = (world.pooler.url(), world.database.direct_url());
    let flag = Some("true");
    for (url, flag, expected) in [
        (&pooled, flag, "ok       pooler: in transaction mode"),
        (
            &pooled,
            None,
            "FAILED   pooler: DATABASE_URL leads to a pooler",
        ),
        (&direct, flag, "ok       pooler: none seen, or a busy one"),
        (&direct, None, "ok       pooler: none seen"),
    ] {
        let report = doctor(url, flag).await;
        let is_expected = |line: &String| line.starts_with(expected);
        assert!(report.lines.iter().any(is_expected), "{report:#?}");
        let failed = report.text().contains("FAILED");
        assert_eq!(failed, expected.starts_with("FAILED"), "{report:#?}");
    }
}

async fn doctor(url: &str, flag: Option<&str>) -> Ended {
    let flag = flag.unwrap_or("false");
    let settings = [("DATABASE_URL", url), ("ORDERS_TRANSACTION_POOLER", flag)];
    Process::start(&["doctor"], &settings).await.ended().await
}

/// The configuration in docs/operations.md, with another server behind it.
#[tokio::test(flavor = "multi_thread")]
async fn the_documented_configuration_works() {
    let page = include_str!("../docs/operations.md");
    let (_, block) = page.split_once("```ini\n").unwrap();
    let (configuration, _) = block.split_once("```").unwrap();
    let database = Database::own().await;
    let upstream = database.upstream();
    let server = format!("host={} port={}", upstream.host, upstream.port);
    let changed = configuration.replace("host=db.internal", &server);
    assert_ne!(changed, configuration);
    let (changed, _) = changed.split_once("listen_addr").unwrap();
    assert!(changed.contains("pool_mode = transaction"));
    let named = changed.replace("orders =", &format!("{} =", database.name()));
    let pooler = Pooler::with_configuration(&database, &named).await;
    let server = Server::start(behind(&pooler, &[])).await.unwrap();
    let client = Client::new(server.address(), "a");
    let id = client.draft().await;
    let confirmed = client
        .confirm(id, "\"1\"", json!({ "totalCents": 5 }))
        .await;
    assert_eq!(confirmed.status, 200, "{confirmed:?}");
}
