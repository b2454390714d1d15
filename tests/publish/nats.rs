//! The publisher for NATS JetStream, with real servers.

use std::{sync::Arc, time::Duration};

use async_nats::jetstream::stream::{self, DiscardPolicy, StorageType};
use futures_util::future::join_all;
use orders_server::outbox::{
    Event,
    publisher::{DeliveryError, Publisher},
};
use uuid::Uuid;

use super::{TRACE_PARENT, chain, closed, published_eventually, publisher};
use crate::support::{Gate, Nats, eventually, self_signed};

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_stored_as_a_cloud_event_with_the_payload_byte_for_byte() {
    let nats = Nats::start().await;
    let event = closed();
    publisher_to(&nats).await.publish(&event).await.unwrap();

    let stored = nats.stored("orders").await;
    assert_eq!(stored.len(), 1);
    assert_eq!(stored[0].subject.as_str(), "orders.closed");
    assert_eq!(stored[0].payload, event.payload.as_bytes());
    let mut headers: Vec<_> = stored[0]
        .headers
        .iter()
        .map(|(name, values)| (name.to_string(), values[0].to_string()))
        .collect();
    headers.sort();
    let (id, order_id) = (event.id.to_string(), event.order_id.to_string());
    let expected = [
        ("Nats-Msg-Id", &*id),
        ("ce-datacontenttype", "application/json"),
        ("ce-id", &*id),
        ("ce-source", "/orders"),
        ("ce-specversion", "1.0"),
        ("ce-subject", &*order_id),
        ("ce-tenantid", "acme"),
        ("ce-time", "2026-01-01T00:00:00.000042Z"),
        ("ce-traceparent", TRACE_PARENT),
        ("ce-type", "orders.closed"),
        ("content-type", "application/json"),
        ("traceparent", TRACE_PARENT),
    ];
    assert_eq!(
        headers,
        expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_stream_is_created_once_even_by_concurrent_publishes() {
    let nats = Nats::start().await;
    let publisher = publisher_with(
        &nats,
        &["--nats-stream", "SALES", "--nats-subject-prefix", "shop.eu"],
    )
    .await;
    all_published(&publisher, 100).await;

    let stream = nats.jetstream().await.get_stream("SALES").await.unwrap();
    let info = stream.cached_info();
    assert_eq!(info.config.subjects, ["shop.eu.orders.>"]);
    assert_eq!(info.config.storage, StorageType::File);
    assert_eq!(info.config.duplicate_window, Duration::from_secs(600));
    assert_eq!(info.state.messages, 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_stream_is_created_again() {
    let nats = Nats::start().await;
    let publisher = publisher_to(&nats).await;
    publisher.publish(&closed()).await.unwrap();
    nats.jetstream()
        .await
        .delete_stream("orders")
        .await
        .unwrap();
    publisher.publish(&closed()).await.unwrap();
    assert_eq!(nats.stored("orders").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operators_stream_is_used_under_any_name_and_not_changed() {
    let nats = Nats::start().await;
    let before = operators(&nats, |_| {}).await;
    all_published(&publisher_to(&nats).await, 3).await;

    let jetstream = nats.jetstream().await;
    assert!(
        jetstream.get_stream("orders").await.is_err(),
        "a second stream was created"
    );
    let stream = jetstream.get_stream(&before.name).await.unwrap();
    let info = stream.cached_info();
    assert_eq!(info.state.messages, 3);
    assert_eq!(info.config, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_of_the_same_name_with_other_subjects_is_not_changed() {
    let nats = Nats::start().await;
    let before = operators(&nats, |config| {
        config.name = "orders".to_owned();
        config.subjects = vec!["elsewhere".to_owned()];
    })
    .await;
    let failure = unavailable(publisher_to(&nats).await.publish(&closed()).await);
    assert!(failure.contains("no stream found"), "{failure}");
    let stream = nats.jetstream().await.get_stream("orders").await.unwrap();
    assert_eq!(stream.cached_info().config, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_published_twice_is_stored_once() {
    let nats = Nats::start().await;
    let (one, other) = (publisher_to(&nats).await, publisher_to(&nats).await);
    let event = closed();
    for publisher in [&one, &other, &one] {
        publisher.publish(&event).await.unwrap();
    }
    assert_eq!(nats.stored("orders").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_events_are_in_flight_and_none_completes_before_its_acknowledgement() {
    let nats = Nats::start().await;
    let gate = Gate::to(&nats.address()).await;
    let publisher = publisher(&["--publisher", &format!("nats://{}", gate.address())]).await;
    publisher.publish(&closed()).await.unwrap();

    gate.shut();
    let publishing: Vec<_> = (0..1_000)
        .map(|_| {
            let publisher = Arc::clone(&publisher);
            tokio::spawn(async move { publisher.publish(&closed()).await })
        })
        .collect();
    eventually("all are stored", async || {
        nats.stored_count("orders").await == 1_001
    })
    .await;
    assert!(
        publishing
            .iter()
            .all(|publishing| !publishing.is_finished())
    );

    gate.open();
    for published in join_all(publishing).await {
        published.unwrap().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_acknowledgement_means_unavailable_and_the_event_is_stored_once() {
    let nats = Nats::start().await;
    let gate = Gate::to(&nats.address()).await;
    let url = format!("nats://{}", gate.address());
    let publisher = publisher(&["--publisher", &url, "--publish-timeout", "200ms"]).await;
    published_eventually(&publisher, &closed()).await;

    gate.shut();
    let event = closed();
    let failure = unavailable(publisher.publish(&event).await);
    assert!(
        failure.contains("not acknowledged the event in time"),
        "{failure}"
    );
    gate.open();
    published_eventually(&publisher, &event).await;
    assert_eq!(nats.stored("orders").await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_broker_at_the_start_is_connected_to_later() {
    let mut nats = Nats::start().await;
    nats.kill().await;
    let publisher = publisher_with(&nats, &["--publish-timeout", "1s"]).await;
    let event = closed();
    let failure = unavailable(publisher.publish(&event).await);
    assert!(
        failure.contains("not connected to NATS (IO error"),
        "{failure}"
    );
    nats.restart().await;
    published_eventually(&publisher, &event).await;
    assert_eq!(nats.stored("orders").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_broker_fails_events_in_flight_and_accepts_them_after_its_restart() {
    let mut nats = Nats::start().await;
    let gate = Gate::to(&nats.address()).await;
    let publisher = publisher(&["--publisher", &format!("nats://{}", gate.address())]).await;
    publisher.publish(&closed()).await.unwrap();

    gate.shut();
    let event = closed();
    let in_flight = {
        let (publisher, event) = (Arc::clone(&publisher), event.clone());
        tokio::spawn(async move { publisher.publish(&event).await })
    };
    eventually("the event is in flight", async || {
        nats.stored_count("orders").await == 2
    })
    .await;
    nats.kill().await;
    gate.cut();
    gate.open();
    let failure = unavailable(in_flight.await.unwrap());
    assert!(failure.contains("connection to NATS was lost"), "{failure}");

    nats.restart().await;
    published_eventually(&publisher, &event).await;
    // The unacknowledged message may have survived the kill or not; it is stored once either way.
    let stored = nats.stored("orders").await;
    let times = stored
        .iter()
        .filter(|message| message.payload == event.payload.as_bytes());
    assert_eq!(times.count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_is_too_large_is_retryable_and_others_are_published() {
    let nats = Nats::start().await;
    operators(&nats, |config| config.max_message_size = 2_000).await;
    let publisher = publisher_to(&nats).await;
    let beyond_the_stream = Event {
        payload: "1".repeat(2_000),
        ..closed()
    };
    let beyond_the_server = Event {
        payload: "1".repeat(2_000_000),
        ..closed()
    };
    for (event, reason) in [
        (beyond_the_stream, "message size exceeds maximum allowed"),
        (beyond_the_server, "max payload size exceeded"),
    ] {
        let refused = publisher.publish(&event).await.unwrap_err();
        let text = chain(&refused);
        assert!(
            matches!(refused, DeliveryError::Retryable { .. }) && text.contains(reason),
            "{text}"
        );
        publisher.publish(&closed()).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_stream_means_unavailable() {
    let nats = Nats::start().await;
    operators(&nats, |config| {
        config.max_messages = 1;
        config.discard = DiscardPolicy::New;
    })
    .await;
    let publisher = publisher_to(&nats).await;
    publisher.publish(&closed()).await.unwrap();
    let failure = unavailable(publisher.publish(&closed()).await);
    assert!(failure.contains("maximum messages exceeded"), "{failure}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_user_of_the_address_is_used_and_no_error_shows_a_password() {
    let nats = Nats::with(&["--user", "relay", "--pass", "p@ss/hunter2"]).await;
    let at = |user: &str| format!("nats://{user}@{}", nats.address());
    let right = publisher(&["--publisher", &at("relay:p%40ss%2Fhunter2")]).await;
    right.publish(&closed()).await.unwrap();

    let wrong = at("relay:hunter3");
    let wrong = publisher(&["--publisher", &wrong, "--publish-timeout", "1s"]).await;
    let failure = unavailable(wrong.publish(&closed()).await);
    assert!(failure.contains("authorization violation"), "{failure}");
    assert!(!failure.contains("hunter"), "{failure}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_connects_to_a_trusted_broker_and_to_no_other() {
    let identity = self_signed();
    let path = |file: &str| identity.path().join(file).display().to_string();
    let (certificate, key) = (path("ca.pem"), path("key.pem"));
    let nats = Nats::with(&["--tls", "--tlscert", &certificate, "--tlskey", &key]).await;
    let url = format!("tls://{}", nats.address());
    let trusting = publisher(&["--publisher", &url, "--publisher-ca", &certificate]).await;
    trusting.publish(&closed()).await.unwrap();

    let other = self_signed();
    let other = other.path().join("ca.pem").display().to_string();
    let flags = [
        "--publisher",
        &url,
        "--publisher-ca",
        &other,
        "--publish-timeout",
        "1s",
    ];
    unavailable(publisher(&flags).await.publish(&closed()).await);
}

// === helpers ===

async fn publisher_to(nats: &Nats) -> Arc<dyn Publisher> {
    publisher_with(nats, &[]).await
}

async fn publisher_with(nats: &Nats, flags: &[&str]) -> Arc<dyn Publisher> {
    let url = nats.url();
    publisher(&[&["--publisher", &url], flags].concat()).await
}

/// A stream for all subjects of the service, with an operator's settings.
async fn operators(nats: &Nats, change: impl FnOnce(&mut stream::Config)) -> stream::Config {
    let mut config = stream::Config {
        name: format!("ours-{}", Uuid::new_v4().simple()),
        subjects: vec!["orders.*".to_owned()],
        storage: StorageType::Memory,
        duplicate_window: Duration::from_secs(7),
        ..stream::Config::default()
    };
    change(&mut config);
    let stream = nats.jetstream().await.create_stream(config).await.unwrap();
    stream.cached_info().config.clone()
}

async fn all_published(publisher: &Arc<dyn Publisher>, count: usize) {
    let events: Vec<_> = (0..count).map(|_| closed()).collect();
    for published in join_all(events.iter().map(|event| publisher.publish(event))).await {
        published.unwrap();
    }
}

#[track_caller]
fn unavailable(published: Result<(), DeliveryError>) -> String {
    match published {
        Err(error @ DeliveryError::Unavailable { .. }) => chain(&error),
        other => panic!("not unavailable: {other:?}"),
    }
}
