//! What operators see: the metrics of the admin listener.

use std::collections::BTreeMap;

use http::Method;
use orders_server::Server;
use serde_json::json;
use uuid::Uuid;

use crate::support::{App, Client, Isolation, Receiver, Reply, Scripted, config, eventually};

const SECRET: &str = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz";

/// The values by name and labels.
type Samples = BTreeMap<String, f64>;

/// A service with a relay, an admin listener and a database of its own.
struct World {
    app: App,
    server: Server,
    client: Client,
    admin: Client,
    receiver: Receiver,
}

// === impl World ===

impl World {
    async fn start(flags: &[&str]) -> Self {
        let app = App::with(Isolation::Database, &[]).await;
        let receiver = Receiver::start(&[SECRET]).await;
        let url = receiver.url();
        let basics = [
            "--admin-listen",
            "127.0.0.1:0",
            "--publisher",
            &url,
            "--webhook-secrets",
            SECRET,
        ];
        let flags: Vec<_> = basics.into_iter().chain(flags.iter().copied()).collect();
        let mut config = config(&app.database, &flags);
        config.no_relay = false;
        let server = Server::start(config).await.unwrap();
        Self {
            client: Client::new(server.address(), "acme"),
            admin: Client::new(server.admin_address().unwrap(), "none"),
            app,
            server,
            receiver,
        }
    }

    async fn get(&self, path: &str) -> Reply {
        self.admin.call(Method::GET, path).send_to_page().await
    }

    async fn samples(&self) -> Samples {
        let reply = self.get("/metrics").await;
        assert_eq!(reply.status, 200);
        let text = String::from_utf8(reply.body.into()).unwrap();
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let sample = |line: &str| {
            let (name, value) = line.rsplit_once(' ').unwrap();
            (name.to_owned(), value.parse().unwrap())
        };
        lines.map(sample).collect()
    }

    async fn sample(&self, name: &str) -> f64 {
        let samples = self.samples().await;
        samples.get(name).copied().unwrap_or_default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_counted_by_operation_and_status() {
    let world = World::start(&[]).await;
    let id = world.client.draft().await;
    world.client.get(id).await;
    world.client.get(Uuid::new_v4()).await;
    world.client.call(Method::GET, "/nothing").send().await;
    world
        .client
        .call(Method::GET, "/console")
        .send_to_page()
        .await;
    let samples = world.samples().await;
    for (operation, status) in [
        ("createOrder", 201),
        ("getOrder", 200),
        ("getOrder", 404),
        ("unknown", 404),
        ("asset", 200),
    ] {
        let labels = format!("operation=\"{operation}\",status=\"{status}\"");
        let count = format!("orders_http_request_duration_seconds_count{{{labels}}}");
        assert_eq!(samples.get(&count), Some(&1.0), "{count} {samples:#?}");
    }
    assert_eq!(samples["orders_http_requests_in_flight"], 0.0);
    assert!(samples["orders_http_connections"] >= 1.0);
    world.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn outcomes_of_idempotency_keys_are_counted() {
    let world = World::start(&["--lock-timeout", "300ms"]).await;
    world.client.create("key", "{}").await;
    world.client.create("key", "{}").await;
    world.client.create("key", r#"{"a":1}"#).await;

    // Another transaction holds the key: one request gives up, one gets its response.
    let admin = world.app.database.admin().await;
    let hold = "BEGIN; INSERT INTO idempotency_keys
                    (tenant_id, key, fingerprint, order_id, response_json, created_at)
                SELECT tenant_id, 'held', fingerprint, order_id, response_json, now()
                  FROM idempotency_keys WHERE key = 'key'";
    admin.batch_execute(hold).await.unwrap();
    world
        .client
        .create("held", "{}")
        .await
        .conflict("request_in_progress");
    let waiting = tokio::spawn({
        let client = world.client.clone();
        async move { client.create("held", "{}").await }
    });
    tokio::time::sleep(std::time::Duration::from_millis(150)).await;
    admin.batch_execute("COMMIT").await.unwrap();
    assert_eq!(waiting.await.unwrap().status, 200);

    let samples = world.samples().await;
    for outcome in ["created", "replayed", "reused", "in_progress", "waited"] {
        let name = format!("orders_idempotency_outcomes_total{{outcome=\"{outcome}\"}}");
        assert_eq!(samples.get(&name), Some(&1.0), "{name} {samples:#?}");
    }
    world.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_batches_and_transactions_are_counted() {
    let world = World::start(&[]).await;
    let id = world.client.confirmed(5).await;
    let stale = world
        .client
        .confirm(id, "\"1\"", json!({ "totalCents": 1 }))
        .await;
    stale.conflict("stale_version");
    let samples = world.samples().await;
    for (name, value) in [
        (
            "orders_stale_versions_total{operation=\"confirmOrder\"}",
            1.0,
        ),
        ("orders_batch_size_count{operation=\"createOrder\"}", 1.0),
        ("orders_batch_size_sum{operation=\"createOrder\"}", 1.0),
        (
            "orders_batch_wait_seconds_count{operation=\"confirmOrder\"}",
            2.0,
        ),
        (
            "orders_batch_duration_seconds_count{operation=\"confirmOrder\"}",
            2.0,
        ),
        (
            "orders_db_transaction_duration_seconds_count{name=\"claim_keys\",outcome=\"committed\"}",
            1.0,
        ),
        ("orders_db_pool_max_connections", 16.0),
    ] {
        assert_eq!(samples.get(name), Some(&value), "{name} {samples:#?}");
    }
    assert!(samples["orders_db_pool_connections"] >= 1.0);
    world.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_is_taken_apart_is_counted() {
    let world = World::start(&["--lock-timeout", "100ms"]).await;
    let id = world.client.confirmed(5).await;
    let admin = world.app.database.admin().await;
    let lock = format!("BEGIN; SELECT FROM orders WHERE id = '{id}' FOR UPDATE");
    admin.batch_execute(&lock).await.unwrap();
    assert_eq!(world.client.close(id).await.status, 503);
    admin.batch_execute("ROLLBACK").await.unwrap();
    let samples = world.samples().await;
    for name in [
        "orders_batches_taken_apart_total{operation=\"closeOrder\"}",
        "orders_single_requests_total{operation=\"closeOrder\"}",
        "orders_http_requests_shed_total{reason=\"lock_timeout\"}",
    ] {
        assert_eq!(samples.get(name), Some(&1.0), "{name} {samples:#?}");
    }
    world.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_outbox_is_measured() {
    let world = World::start(&[]).await;
    world.client.closed(5).await;
    eventually("it is published", async || {
        world.sample("orders_outbox_published_events_total").await == 1.0
    })
    .await;
    let samples = world.samples().await;
    assert_eq!(samples["orders_outbox_lag_seconds_count"], 1.0);
    assert!(samples["orders_outbox_lag_seconds_sum"] < 30.0);
    for circuit in ["broker", "database"] {
        let name = format!("orders_outbox_circuit_failures{{circuit=\"{circuit}\"}}");
        assert_eq!(samples[&name], 0.0);
    }

    world.receiver.respond_next(vec![Scripted::status(503); 50]);
    world.client.closed(5).await;
    eventually("the backlog is seen", async || {
        world.sample("orders_outbox_waiting_events").await == 1.0
    })
    .await;
    assert!(world.sample("orders_outbox_failed_attempts_total").await >= 1.0);
    world.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_process_and_the_build_are_described() {
    let world = World::start(&[]).await;
    let samples = world.samples().await;
    let build = format!(
        "orders_build_info{{version=\"{}\"}}",
        env!("CARGO_PKG_VERSION")
    );
    assert_eq!(samples[&build], 1.0);
    for name in [
        "process_resident_memory_bytes",
        "process_cpu_seconds_total",
        "process_start_time_seconds",
        "process_open_fds",
        "process_max_fds",
    ] {
        assert!(samples[name] > 0.0, "{name}");
    }
    world.server.stop().await;
}

/// A label with a tenant, an id or a path would make as many time series as a client likes.
#[tokio::test(flavor = "multi_thread")]
async fn hostile_requests_make_no_time_series() {
    let world = World::start(&[]).await;
    for number in 0..3 {
        hostile(&world, number).await;
    }
    let before: Vec<_> = world.samples().await.into_keys().collect();
    for number in 3..30 {
        hostile(&world, number).await;
    }
    let after: Vec<_> = world.samples().await.into_keys().collect();
    assert_eq!(before, after);
    world.server.stop().await;
}

async fn hostile(world: &World, number: u32) {
    let client = Client::new(world.server.address(), &format!("tenant-{number}"));
    client.create(&format!("key-{number}"), "{}").await;
    let odd = client.call(Method::GET, format!("/odd-{number}?q={number}"));
    odd.send().await;
    let method = Method::from_bytes(format!("M{number}").as_bytes()).unwrap();
    client.call(method, "/orders").send().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn probes_and_errors_of_the_admin_listener() {
    let world = World::start(&[]).await;
    for (path, status) in [
        ("/healthz", 200),
        ("/readyz", 200),
        ("/", 404),
        ("/orders", 404),
    ] {
        assert_eq!(world.get(path).await.status, status, "{path}");
    }
    let post = world
        .admin
        .call(Method::POST, "/metrics")
        .send_to_page()
        .await;
    assert_eq!(
        (post.status, post.header("allow")),
        (405, Some("GET, HEAD"))
    );
    // The metrics are not on the public address.
    let public = world.client.call(Method::GET, "/metrics").send().await;
    assert_eq!(public.status, 404);
    world.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_in_use_stops_the_start_only_if_it_was_asked_for() {
    let world = World::start(&[]).await;
    let address = world.server.admin_address().unwrap().to_string();
    let flags = ["--admin-listen", &address];
    let refused = Server::start(config(&world.app.database, &flags)).await;
    let message = refused.unwrap_err().to_string();
    assert!(message.contains("--admin-listen"), "{message}");
    world.server.stop().await;
}
