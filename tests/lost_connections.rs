//! Connections to the database that vanish without a word, as in a failover, a partition or a NAT
//! that forgets them.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use http::Method;
use orders_server::{Server, config::ServeConfig};
use private_postgres::{Options, PrivatePostgres};
use serde_json::json;
use tokio::task::{JoinSet, block_in_place};
use uuid::Uuid;

use crate::support::{Broker, Call, Client, Gate, config_at, eventually};

/// The statement timeout of these tests. A lost connection costs one second more.
const FLAGS: [&str; 4] = ["--statement-timeout", "1s", "--request-timeout", "30s"];

struct World {
    client: Client,
    gate: Gate,
    broker: Arc<Broker>,
    _postgres: PrivatePostgres,
    _server: Server,
}

impl World {
    async fn start() -> Self {
        let postgres = block_in_place(|| PrivatePostgres::start(Options::temporary())).unwrap();
        let gate = Gate::to_socket(&postgres.socket_dir().join(".s.PGSQL.5432")).await;
        let url = format!("postgresql://orders@{}/orders", gate.address());
        let config = ServeConfig {
            no_relay: false,
            ..config_at(&url, &FLAGS)
        };
        let broker = Broker::accepting();
        let server = Server::start_with_publisher(config, Arc::clone(&broker) as _);
        let server = server.await.unwrap();
        Self {
            broker,
            client: Client::new(server.address(), "tenant"),
            gate,
            _postgres: postgres,
            _server: server,
        }
    }

    /// Each kind of request, all at once. Returns their statuses.
    async fn each_operation(&self, order: Uuid) -> Vec<u16> {
        let mut calls = JoinSet::new();
        for call in operations(&self.client, order) {
            calls.spawn(async move { call.send().await.status });
        }
        calls.join_all().await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_request_recovers_when_its_connections_vanish() {
    let world = World::start().await;
    let order = world.client.draft().await;
    world.each_operation(order).await; // each kind has used its connections
    for _ in 0..2 {
        world.gate.swallow();
        let start = Instant::now();
        let statuses = world.each_operation(order).await;
        assert!(statuses.contains(&503), "{statuses:?}");
        eventually("every kind of request responds again", async || {
            let statuses = world.each_operation(order).await;
            statuses.iter().all(|status| *status != 503)
        })
        .await;
        assert!(start.elapsed() < Duration::from_secs(10));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_relay_recovers_when_its_connections_vanish() {
    let world = World::start().await;
    world.client.closed(5).await;
    eventually("the event is published", async || {
        world.broker.acknowledged().len() == 1
    })
    .await;
    for published in 2..4 {
        // The next connections are swallowed as well, as long as the database is unreachable.
        world.gate.shut();
        tokio::time::sleep(Duration::from_secs(2)).await;
        world.gate.swallow();
        world.gate.open();
        let start = Instant::now();
        eventually("an order is closed", async || {
            let order = world
                .client
                .creation(&Uuid::new_v4().to_string(), "{}")
                .send()
                .await;
            if order.status != 201 {
                return false;
            }
            let (id, total) = (order.id(), json!({ "totalCents": 5 }));
            let confirmed = world.client.confirm(id, "\"1\"", total).await.status;
            confirmed == 200 && world.client.close(id).await.status == 200
        })
        .await;
        eventually("its event is published", async || {
            world.broker.acknowledged().len() >= published
        })
        .await;
        assert!(start.elapsed() < Duration::from_secs(10));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn readiness_ends_while_the_database_does_not_respond() {
    let world = World::start().await;
    let ready = async || {
        world
            .client
            .call(Method::GET, "/readyz")
            .send()
            .await
            .status
    };
    assert_eq!(ready().await, 200);
    world.gate.shut();
    assert_eq!(ready().await, 503);
    world.gate.open();
    eventually("it is ready again", async || ready().await == 200).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_whose_commit_got_lost_makes_one_order_when_it_is_retried() {
    let world = World::start().await;
    world.client.draft().await;
    world.gate.shut();
    let create = world.client.creation("key", "{}");
    assert_eq!(create.clone().send().await.status, 503);
    world.gate.open();
    world.gate.swallow();
    eventually("a retry finds the order or creates it", async || {
        [200, 201].contains(&create.clone().send().await.status)
    })
    .await;
    assert_eq!(create.send().await.status, 200);
    assert_eq!(world.client.walk(10).await.len(), 2);
}

fn operations(client: &Client, order: Uuid) -> Vec<Call> {
    vec![
        client.creation(&Uuid::new_v4().to_string(), "{}"),
        client.call(Method::GET, "/orders"),
        client.call(Method::GET, format!("/orders/{order}")),
        client.confirmation(order, "\"9\"", json!({ "totalCents": 5 })),
        client.call(Method::POST, format!("/orders/{order}/close")),
    ]
}
