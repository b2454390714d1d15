use std::{sync::Arc, time::Duration};

use async_nats::jetstream::stream::{self, DiscardPolicy, StorageType};
use futures_util::future::join_all;
use orders_server::outbox::{Event, Publisher, Undelivered};
use uuid::Uuid;

use super::{TRACE_PARENT, chain, closed, published_at_last, publisher};
use crate::support::{Gate, Nats, eventually, self_signed};

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_stored_as_a_cloud_event_with_its_very_bytes() {
    let nats = Nats::start().await;
    let event = closed();
    to(&nats).await.publish(&event).await.unwrap();

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
async fn a_stream_is_made_where_nobody_listens_also_when_many_miss_it_at_once() {
    let nats = Nats::start().await;
    let publisher = to_with(
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
async fn a_deleted_stream_is_made_again() {
    let nats = Nats::start().await;
    let publisher = to(&nats).await;
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
async fn a_stream_of_the_operator_is_used_under_any_name_and_left_as_it_is() {
    let nats = Nats::start().await;
    let before = operators(&nats, |_| {}).await;
    all_published(&to(&nats).await, 3).await;

    let jetstream = nats.jetstream().await;
    assert!(
        jetstream.get_stream("orders").await.is_err(),
        "one of our own was made"
    );
    let stream = jetstream.get_stream(&before.name).await.unwrap();
    let info = stream.cached_info();
    assert_eq!(info.state.messages, 3);
    assert_eq!(info.config, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_of_our_name_that_takes_other_subjects_is_not_touched() {
    let nats = Nats::start().await;
    let before = operators(&nats, |config| {
        config.name = "orders".to_owned();
        config.subjects = vec!["elsewhere".to_owned()];
    })
    .await;
    let failure = unavailable(to(&nats).await.publish(&closed()).await);
    assert!(failure.contains("no stream found"), "{failure}");
    let stream = nats.jetstream().await.get_stream("orders").await.unwrap();
    assert_eq!(stream.cached_info().config, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_published_twice_is_stored_once() {
    let nats = Nats::start().await;
    let (one, other) = (to(&nats).await, to(&nats).await);
    let event = closed();
    for publisher in [&one, &other, &one] {
        publisher.publish(&event).await.unwrap();
    }
    assert_eq!(nats.stored("orders").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_events_are_under_way_at_a_time_and_none_is_done_before_its_acknowledgement() {
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
async fn a_lost_acknowledgement_is_no_fault_of_the_event_which_is_stored_once() {
    let nats = Nats::start().await;
    let gate = Gate::to(&nats.address()).await;
    let url = format!("nats://{}", gate.address());
    let publisher = publisher(&["--publisher", &url, "--publish-timeout", "200ms"]).await;
    published_at_last(&publisher, &closed()).await;

    gate.shut();
    let event = closed();
    let failure = unavailable(publisher.publish(&event).await);
    assert!(
        failure.contains("not acknowledged the event in time"),
        "{failure}"
    );
    gate.open();
    published_at_last(&publisher, &event).await;
    assert_eq!(nats.stored("orders").await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_away_at_the_start_is_waited_for() {
    let mut nats = Nats::start().await;
    nats.kill().await;
    let publisher = to_with(&nats, &["--publish-timeout", "1s"]).await;
    let event = closed();
    let failure = unavailable(publisher.publish(&event).await);
    assert!(
        failure.contains("not connected to NATS (IO error"),
        "{failure}"
    );
    nats.restart().await;
    published_at_last(&publisher, &event).await;
    assert_eq!(nats.stored("orders").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_broker_is_told_at_once_and_once_it_is_back_the_same_events_get_through() {
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
    eventually("it is in flight", async || {
        nats.stored_count("orders").await == 2
    })
    .await;
    nats.kill().await;
    gate.cut();
    gate.open();
    let failure = unavailable(in_flight.await.unwrap());
    assert!(failure.contains("connection to NATS was lost"), "{failure}");

    nats.restart().await;
    published_at_last(&publisher, &event).await;
    // Whether what was not acknowledged survived the kill or came again: it is there, and once.
    let stored = nats.stored("orders").await;
    let times = stored
        .iter()
        .filter(|message| message.payload == event.payload.as_bytes());
    assert_eq!(times.count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_is_too_large_is_refused_and_others_go_on() {
    let nats = Nats::start().await;
    operators(&nats, |config| config.max_message_size = 2_000).await;
    let publisher = to(&nats).await;
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
        let told = chain(&refused);
        assert!(
            matches!(refused, Undelivered::Refused { .. }) && told.contains(reason),
            "{told}"
        );
        publisher.publish(&closed()).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_stream_is_no_fault_of_the_event() {
    let nats = Nats::start().await;
    operators(&nats, |config| {
        config.max_messages = 1;
        config.discard = DiscardPolicy::New;
    })
    .await;
    let publisher = to(&nats).await;
    publisher.publish(&closed()).await.unwrap();
    let failure = unavailable(publisher.publish(&closed()).await);
    assert!(failure.contains("maximum messages exceeded"), "{failure}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_of_the_address_is_let_in_and_another_is_not_and_neither_password_is_told() {
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
async fn tls_is_spoken_with_a_broker_that_is_trusted_and_with_no_other() {
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

async fn to(nats: &Nats) -> Arc<dyn Publisher> {
    to_with(nats, &[]).await
}

async fn to_with(nats: &Nats, flags: &[&str]) -> Arc<dyn Publisher> {
    let url = nats.url();
    publisher(&[&["--publisher", &url], flags].concat()).await
}

/// A stream for all our subjects as an operator might have made it.
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
fn unavailable(published: Result<(), Undelivered>) -> String {
    match published {
        Err(error @ Undelivered::Unavailable { .. }) => chain(&error),
        other => panic!("not unavailable: {other:?}"),
    }
}
