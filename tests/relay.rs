//! The relay with a broker in this process.

mod brokers;
mod commands;
mod failures;
mod replicas;

use std::{sync::Arc, time::Duration};

use orders_core::tenant::TenantId;
use orders_server::{Server, outbox::WakeUp};
use serde_json::Value;
use tokio::sync::watch;
use uuid::Uuid;

use crate::support::{Broker, BrokerResponse, Client, Database, Outbox, config, eventually};

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// So long that no second poll finds an event.
const NEVER_LOOKS: [&str; 4] = ["--relay-poll", "1h", "--relay-poll-max", "1h"];

/// Timeout for events in flight when a relay stops.
const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn a_close_reaches_the_broker_at_once_with_its_trace_and_payload() {
    let database = Database::own().await;
    let broker = Broker::accepting();
    let mut settings = config(&database, &NEVER_LOOKS);
    settings.no_relay = false;
    let publisher = Arc::clone(&broker) as Arc<_>;
    let server = Server::start_with_publisher(settings, publisher)
        .await
        .unwrap();
    let client = Client::new(server.address(), "acme");

    let (traced, untraced) = (client.confirmed(1234).await, client.confirmed(1).await);
    let later_version = client.confirmed(2).await;
    close(&client, traced, &[PARENT]).await;
    let metrics = server.relay_metrics().unwrap();
    eventually("it is published", async || metrics.read().published == 1).await;
    // A malformed or repeated traceparent is ignored, and does not fail the request.
    close(&client, untraced, &[PARENT, PARENT]).await;
    eventually("both are published", async || metrics.read().published == 2).await;
    // The fields that a later version appends are cut off (W3C Trace Context §4.3).
    let later = PARENT.replacen("00", "cc", 1);
    let longer = format!("{later}-{}", "x".repeat(10_000));
    close(&client, later_version, &[&longer]).await;
    eventually("all are published", async || metrics.read().published == 3).await;

    let acknowledged = broker.acknowledged();
    for (event, order) in acknowledged.iter().zip([traced, untraced]) {
        let stored = &database.events(order).await[0];
        assert_eq!(event.id.to_string(), stored["id"].as_str().unwrap());
        assert_eq!(
            (event.event_type.as_str(), event.order_id.get()),
            ("orders.closed", order)
        );
        assert_eq!(event.tenant_id.as_str(), "acme");
        let text = "SELECT payload::text FROM outbox WHERE id = $1";
        let payload = database
            .admin()
            .await
            .query_one(text, &[&event.id])
            .await
            .unwrap();
        assert_eq!(event.payload, payload.get::<_, &str>(0));
        assert_ne!(stored["published_at"], Value::Null);
        assert_eq!(stored["attempts"], 0);
    }
    assert_eq!(acknowledged[0].trace_parent, Some(PARENT.parse().unwrap()));
    assert_eq!(acknowledged[1].trace_parent, None);
    assert_eq!(acknowledged[2].trace_parent, Some(later.parse().unwrap()));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_marked_after_the_acknowledgement_and_not_locked_before() {
    let outbox = Outbox::new().await;
    let switch = watch::Sender::new(false);
    let (turned_on, waits) = (switch.subscribe(), switch.clone());
    let broker = Broker::new(move |_, _| BrokerResponse::AckWhen(turned_on.clone()));
    outbox.many_events("a", 20).await;
    outbox.many_events("b", 20).await;
    let relay = outbox.relay(&broker, &[]).await;
    eventually("all are on their way", async || {
        broker.received().len() == 40
    })
    .await;

    assert_eq!(outbox.count("published_at IS NOT NULL").await, 0);
    assert_eq!(
        outbox.count("due_at > now() + interval '20 seconds'").await,
        40
    );
    // A lock or transaction that is seen twice is held during the publication.
    let open = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND usename = 'orders_under_test' AND state LIKE 'idle in transaction%'";
    eventually("no transaction is open", async || {
        outbox
            .admin
            .query_one(open, &[])
            .await
            .unwrap()
            .get::<_, i64>(0)
            == 0
    })
    .await;
    let locked =
        "SELECT count(*) FROM outbox WHERE id IN (SELECT id FROM outbox FOR UPDATE SKIP LOCKED)";
    let unlocked: i64 = outbox.admin.query_one(locked, &[]).await.unwrap().get(0);
    assert_eq!(unlocked, 40);

    waits.send(true).unwrap();
    outbox.until(40, "published_at IS NOT NULL").await;
    assert_eq!(broker.received().len(), 40);
    eventually("the look sees it", async || {
        relay.metrics().read().waiting == 0
    })
    .await;
    relay.stop(PATIENCE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_an_order_are_published_one_after_the_other() {
    let outbox = Outbox::new().await;
    let types = [
        "orders.drafted",
        "orders.confirmed",
        "orders.closed",
        "orders.archived",
    ];
    let orders: Vec<_> = (0..20).map(|_| Uuid::new_v4()).collect();
    for event_type in types {
        for order in &orders {
            outbox.event("a", *order, event_type).await;
        }
    }
    let broker = Broker::new(|event, _| {
        BrokerResponse::AckAfter(Duration::from_millis((event.id.as_u128() % 7) as u64))
    });
    // Three relays, so that more than one lease keeps the events apart.
    let mut relays = Vec::new();
    for _ in 0..3 {
        relays.push(outbox.relay(&broker, &[]).await);
    }
    outbox.until(80, "published_at IS NOT NULL").await;
    let acknowledged = broker.acknowledged();
    for order in &orders {
        let of_order = acknowledged
            .iter()
            .filter(|event| event.order_id.get() == *order);
        let seen: Vec<_> = of_order.map(|event| event.event_type.as_str()).collect();
        assert_eq!(seen, types);
    }
    assert_eq!(broker.max_in_flight_per_order(), 1);
    for relay in relays {
        relay.stop(PATIENCE).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_with_many_events_does_not_delay_others() {
    let outbox = Outbox::new().await;
    outbox.many_events("flood", 2_000).await;
    let broker = Broker::new(|_, _| BrokerResponse::AckAfter(Duration::from_millis(2)));
    let wake_up = WakeUp::default();
    let flags = ["--relay-in-flight", "16", "--relay-batch", "16"];
    let relay = outbox.relay_with(&broker, wake_up.clone(), &flags).await;
    eventually("the flood flows", async || {
        broker.acknowledged().len() > 100
    })
    .await;
    let small = outbox.any_event("small").await;
    let before = broker.acknowledged().len();
    wake_up.notify([&"small".parse::<TenantId>().unwrap()]);
    eventually("it is there", async || {
        broker.acknowledged_ids().contains(&small)
    })
    .await;
    let place = broker
        .acknowledged_ids()
        .iter()
        .position(|id| *id == small)
        .unwrap();
    assert!(
        place - before < 200,
        "{} of the flood went before it",
        place - before
    );
    relay.stop(PATIENCE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_stops_marks_acknowledged_events_and_releases_the_rest() {
    let outbox = Outbox::new().await;
    outbox.many_events("hangs", 5).await;
    outbox.many_events("arrives", 5).await;
    let switch = watch::Sender::new(false);
    let turned_on = switch.subscribe();
    let broker = Broker::new(move |event, _| match event.tenant_id.as_str() {
        "hangs" => BrokerResponse::Hang,
        _ => BrokerResponse::AckWhen(turned_on.clone()),
    });
    // The leases last 90 minutes; events in flight have one second when the relay stops.
    let relay = outbox.relay(&broker, &["--publish-timeout", "30m"]).await;
    eventually("all are on their way", async || {
        broker.received().len() == 10
    })
    .await;
    let stopping = tokio::spawn(relay.stop(Duration::from_secs(1)));
    switch.send(true).unwrap();
    stopping.await.unwrap();
    assert_eq!(
        outbox
            .count("published_at IS NOT NULL AND tenant_id = 'arrives'")
            .await,
        5
    );
    assert_eq!(
        outbox
            .count("due_at <= now() AND attempts = 0 AND tenant_id = 'hangs'")
            .await,
        5
    );
}

async fn close(client: &Client, order: Uuid, parents: &[&str]) {
    let mut call = client.call(http::Method::POST, format!("/orders/{order}/close"));
    for parent in parents {
        call = call.header("traceparent", parent);
    }
    assert_eq!(call.send().await.status, 200);
}
