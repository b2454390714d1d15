//! Outages of the database: crashes, restarts, refusals and hangs.

use std::time::{Duration, Instant};

use http::{Method, StatusCode};
use orders_server::Server;
use private_postgres::{Options, PrivatePostgres};
use serde_json::json;
use tokio::task::block_in_place;
use tokio_postgres::NoTls;
use uuid::Uuid;

use crate::support::{Call, Client, Hold, Process, Reply, config_at, eventually};

const TOTAL: &str = r#"{"totalCents":5}"#;

/// A service on a PostgreSQL that can be crashed.
struct World {
    client: Client,
    server: Server,
    postgres: PrivatePostgres,
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_database_is_down_every_operation_gets_503() {
    let mut world = World::start(&[]).await;
    let order = world.client.draft().await;
    world.crash();

    for call in every_operation(&world.client, order) {
        unavailable(&call.send().await);
    }
    unavailable(&world.get("/readyz").await);
    assert_eq!(world.get("/healthz").await.status, 200);
    assert_eq!(world.get("/openapi.yaml").await.status, 200);
    let invalid = world.get("/orders?limit=0").await;
    invalid.refused(StatusCode::BAD_REQUEST, "invalid_request");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_does_not_respond_is_an_outage() {
    // Accepts connections and never responds.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!(
        "postgresql://orders@{}/orders",
        silent.local_addr().unwrap()
    );
    let config = config_at(&url, &["--no-migrate", "--pool-timeout", "200ms"]);
    let server = Server::start(config).await.unwrap();
    let client = Client::new(server.address(), "tenant");
    let start = Instant::now();
    unavailable(&client.list("").await);
    assert!(start.elapsed() < Duration::from_secs(8));
    unavailable(&client.call(Method::GET, "/readyz").send().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_recovers_by_itself_and_loses_no_order() {
    let mut world = World::start(&[]).await;
    let order = world.client.confirmed(5).await;
    world.fill_the_pool(order).await;
    for _ in 0..2 {
        world.crash();
        unavailable(&world.client.get(order).await);
        world.come_back();

        eventually("the service is ready", async || {
            world.get("/readyz").await.status == 200
        })
        .await;
        world.fill_the_pool(order).await;
    }
    assert_eq!(world.client.close(order).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_between_requests_fails_no_request() {
    let mut world = World::start(&[]).await;
    let order = world.client.draft().await;
    world.fill_the_pool(order).await;
    world.crash();
    world.come_back();
    world.fill_the_pool(order).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_during_a_crash_makes_one_order_when_it_is_retried() {
    let mut world = World::start(&["--lock-timeout", "1m", "--statement-timeout", "1m"]).await;
    let hold = Hold::orders(world.admin().await).await;
    let creating = tokio::spawn(world.client.creation("key", "{}").send());
    hold.kept_waiting(1).await;
    world.crash();
    unavailable(&creating.await.unwrap());

    world.come_back();
    let created = world.client.create("key", "{}").await;
    assert_eq!(created.status, 201);
    let replayed = world.client.create("key", "{}").await;
    assert_eq!((replayed.status, replayed.id()), (200, created.id()));
    assert_eq!(world.count("orders").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_during_a_crash_is_atomic() {
    let mut world = World::start(&["--lock-timeout", "1m", "--statement-timeout", "1m"]).await;
    let (draft, confirmed) = (world.client.draft().await, world.client.confirmed(5).await);
    let hold = Hold::orders(world.admin().await).await;
    let calls = [
        world
            .client
            .confirmation(draft, "\"1\"", json!({ "totalCents": 5 })),
        world
            .client
            .call(Method::POST, format!("/orders/{confirmed}/close")),
    ];
    let writing = calls.map(|call| tokio::spawn(call.send()));
    hold.kept_waiting(2).await;
    world.crash();
    for answer in writing {
        unavailable(&answer.await.unwrap());
    }

    world.come_back();
    assert_eq!(world.client.get(draft).await.json()["status"], "draft");
    assert_eq!(
        world.client.get(confirmed).await.json()["status"],
        "confirmed"
    );
    assert_eq!(world.count("outbox").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_refuses_connections_or_writes_is_an_outage() {
    let world = World::start(&["--lock-timeout", "1m", "--statement-timeout", "1m"]).await;
    let order = world.client.draft().await;
    let admin = world.admin().await;

    // An operator ends a session (57P01).
    let hold = Hold::order(world.admin().await, order).await;
    let call = world
        .client
        .confirmation(order, "\"1\"", json!({ "totalCents": 5 }));
    let confirming = tokio::spawn(call.send());
    hold.kept_waiting(1).await;
    hold.terminate_waiters().await;
    unavailable(&confirming.await.unwrap());
    hold.release().await;

    // No connection is left (53300), or the primary was demoted (25006).
    let end_sessions =
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'orders'";
    for (trouble, relief) in [
        (
            "ALTER ROLE orders CONNECTION LIMIT 0",
            "ALTER ROLE orders CONNECTION LIMIT -1",
        ),
        (
            "ALTER ROLE orders SET default_transaction_read_only = on",
            "ALTER ROLE orders RESET ALL",
        ),
    ] {
        admin
            .batch_execute(&format!("{trouble}; {end_sessions}"))
            .await
            .unwrap();
        let key = Uuid::new_v4().to_string();
        eventually("the sessions are over", async || {
            world.client.create(&key, "{}").await.status == 503
        })
        .await;
        unavailable(&world.client.create(&key, "{}").await);
        admin
            .batch_execute(&format!("{relief}; {end_sessions}"))
            .await
            .unwrap();
        eventually("the service recovers", async || {
            world.client.create(&key, "{}").await.status == 201
        })
        .await;
    }
}

// === before the start ===

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_starts_before_its_database_waits_for_it() {
    let mut postgres = start_postgres();
    let url = postgres.url();
    block_in_place(|| postgres.crash()).unwrap();
    let settings = [
        ("DATABASE_URL", url.as_str()),
        ("ORDERS_LISTEN", "127.0.0.1:0"),
    ];
    let mut service = Process::start(&["serve"], &settings).await;
    service.says("waiting for the database").await;

    block_in_place(|| postgres.restart()).unwrap();
    let client = Client::new(service.address().await, "tenant");
    client.confirmed(5).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_whose_database_never_starts_ends_with_one_message() {
    for url in [
        "postgresql://orders:hunter2@127.0.0.1:1/orders",
        "postgresql://orders:hunter2@%2Fno%2Fsuch%2Fdirectory/orders",
    ] {
        let settings = [
            ("DATABASE_URL", url),
            ("ORDERS_STARTUP_TIMEOUT", "300ms"),
            ("ORDERS_LISTEN", "127.0.0.1:0"),
        ];
        let ended = Process::start(&["serve"], &settings).await.ended().await;
        let sentence = ended.sentence();
        assert!(
            sentence.starts_with("orders: cannot connect to the database: "),
            "{sentence}"
        );
        assert!(!ended.text().contains("hunter2"), "{ended:#?}");
    }
}

// === impl World ===

impl World {
    async fn start(flags: &[&str]) -> Self {
        let postgres = start_postgres();
        let server = Server::start(config_at(&postgres.url(), flags))
            .await
            .unwrap();
        let client = Client::new(server.address(), "tenant");
        Self {
            client,
            server,
            postgres,
        }
    }

    fn crash(&mut self) {
        block_in_place(|| self.postgres.crash()).unwrap();
    }

    fn come_back(&mut self) {
        block_in_place(|| self.postgres.restart()).unwrap();
    }

    async fn get(&self, path: &str) -> Reply {
        let client = Client::new(self.server.address(), "tenant");
        client.call(Method::GET, path).send().await
    }

    /// Many requests at a time, each of which must succeed.
    async fn fill_the_pool(&self, order: Uuid) {
        let call = || self.client.call(Method::GET, format!("/orders/{order}"));
        let calls: Vec<_> = (0..32).map(|_| tokio::spawn(call().send())).collect();
        for call in calls {
            assert_eq!(call.await.unwrap().status, 200);
        }
    }

    async fn admin(&self) -> tokio_postgres::Client {
        let url = self.postgres.admin_url("orders");
        let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    }

    async fn count(&self, table: &str) -> i64 {
        let count = format!("SELECT count(*) FROM {table}");
        self.admin()
            .await
            .query_one(&count, &[])
            .await
            .unwrap()
            .get(0)
    }
}

// === helpers ===

fn start_postgres() -> PrivatePostgres {
    block_in_place(|| PrivatePostgres::start(Options::temporary())).unwrap()
}

fn every_operation(client: &Client, order: Uuid) -> Vec<Call> {
    vec![
        client.creation("key", "{}"),
        client.call(Method::GET, "/orders"),
        client.call(Method::GET, format!("/orders/{order}")),
        client.confirmation(order, "\"1\"", TOTAL.parse().unwrap()),
        client.call(Method::POST, format!("/orders/{order}/close")),
    ]
}

/// 503 without the cause.
#[track_caller]
fn unavailable(reply: &Reply) {
    let details = reply.refused(StatusCode::SERVICE_UNAVAILABLE, "overloaded");
    assert!(details.is_null());
    assert_eq!(reply.header("retry-after"), Some("1"));
    assert_eq!(
        reply.json()["message"],
        "the service cannot answer now, try again"
    );
}
