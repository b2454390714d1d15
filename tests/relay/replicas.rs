//! Several relays, some of which are killed.

use std::{sync::Arc, time::Duration};

use orders_server::outbox::WakeUp;
use tokio::runtime::Runtime;

use super::PATIENCE;
use crate::support::{Broker, BrokerResponse, Outbox, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn three_relays_share_the_events_and_publish_none_twice() {
    let outbox = Outbox::new().await;
    for tenant in ["a", "b", "c"] {
        outbox.many_events(tenant, 1_000).await;
    }
    let brokers =
        [(); 3].map(|()| Broker::new(|_, _| BrokerResponse::AckAfter(Duration::from_millis(5))));
    let mut relays = Vec::new();
    for broker in &brokers {
        relays.push(outbox.relay(broker, &["--relay-in-flight", "64"]).await);
    }
    outbox.until(3_000, "published_at IS NOT NULL").await;
    let mut ids: Vec<_> = brokers
        .iter()
        .flat_map(|broker| broker.acknowledged_ids())
        .collect();
    assert_eq!(ids.len(), 3_000);
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 3_000);
    for broker in &brokers {
        assert!(!broker.received().is_empty(), "a relay stood idle");
    }
    for relay in relays {
        relay.stop(PATIENCE).await;
    }
}

/// A lease of a relay that ended before the database's clock was set back by an hour ends an hour
/// later. Other events go on, and the event is published when the lease has ended.
#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_set_back_delays_leased_events_alone() {
    let outbox = Outbox::new().await;
    let leased = outbox.any_event("a").await;
    let lease = "UPDATE outbox SET due_at = now() + interval '1 hour 45 seconds',
                                   created_at = now() + interval '1 hour' WHERE id = $1";
    outbox.admin.execute(lease, &[&leased]).await.unwrap();
    let broker = Broker::accepting();
    let relay = outbox.relay(&broker, &[]).await;
    outbox.many_events("a", 20).await;
    outbox.until(20, "published_at IS NOT NULL").await;
    assert!(!broker.acknowledged_ids().contains(&leased));
    let an_hour_later =
        "UPDATE outbox SET due_at = due_at - interval '1 hour 45 seconds' WHERE id = $1";
    outbox
        .admin
        .execute(an_hour_later, &[&leased])
        .await
        .unwrap();
    outbox.until(21, "published_at IS NOT NULL").await;
    relay.stop(PATIENCE).await;
}

/// A clock that is set forward ends leases early. Both relays then publish the event, with the same
/// id, and it is marked once.
#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_set_forward_repeats_the_events_in_flight() {
    let outbox = Outbox::new().await;
    let event = outbox.any_event("a").await;
    let (switch, waits) = tokio::sync::watch::channel(false);
    let slow = Broker::new(move |_, _| BrokerResponse::AckWhen(waits.clone()));
    // It polls once, so that the other relay claims the event next.
    let once = ["--relay-poll", "1h", "--relay-poll-max", "1h"];
    let first = outbox.relay(&slow, &once).await;
    eventually("the event is in flight", async || {
        slow.received().len() == 1
    })
    .await;
    let forward = "UPDATE outbox SET due_at = due_at - interval '1 hour' WHERE id = $1";
    outbox.admin.execute(forward, &[&event]).await.unwrap();
    let quick = Broker::accepting();
    let second = outbox.relay(&quick, &[]).await;
    outbox.until(1, "published_at IS NOT NULL").await;
    switch.send(true).unwrap();
    for relay in [first, second] {
        relay.stop(PATIENCE).await;
    }
    assert_eq!(quick.acknowledged_ids(), [event]);
    assert!(slow.received().iter().all(|received| received.id == event));
    assert_eq!(
        outbox
            .count("published_at IS NOT NULL AND attempts = 0")
            .await,
        1
    );
}

/// As after `kill -9`: the relay ends without releasing its leases.
#[tokio::test(flavor = "multi_thread")]
async fn events_of_a_killed_relay_go_to_another_when_their_leases_end() {
    let outbox = Arc::new(Outbox::new().await);
    outbox.many_events("a", 100).await;
    // The broker has half of them, and the acknowledgement never arrives.
    let doomed = Broker::new(|_, _| BrokerResponse::Hang);
    let runtime = Runtime::new().unwrap();
    let (claiming, broker) = (Arc::clone(&outbox), Arc::clone(&doomed));
    let flags = ["--publish-timeout", "1s", "--relay-in-flight", "50"];
    let relay = runtime.spawn(async move { claiming.relay(&broker, &flags).await });
    let relay = relay.await.unwrap();
    eventually("half are on their way", async || {
        doomed.received().len() == 50
    })
    .await;
    runtime.shutdown_background();
    drop(relay);

    let willing = Broker::accepting();
    let heir = outbox.relay(&willing, &[]).await;
    outbox.until(100, "published_at IS NOT NULL").await;
    let (mut first, mut ids) = (
        doomed
            .received()
            .iter()
            .map(|event| event.id)
            .collect::<Vec<_>>(),
        willing.acknowledged_ids(),
    );
    assert_eq!(ids.len(), 100);
    let late: Vec<_> = ids.drain(50..).collect();
    let (mut late, mut early) = (late, ids);
    for ids in [&mut first, &mut late, &mut early] {
        ids.sort_unstable();
    }
    // The same ids, so that the broker can tell; and those that were free did not wait for them.
    assert_eq!(late, first);
    assert_eq!(outbox.count("attempts > 0").await, 0);
    heir.stop(PATIENCE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_acknowledgement_counts_and_a_late_failure_does_not() {
    let outbox = Outbox::new().await;
    let (acknowledged, refused) = (outbox.any_event("a").await, outbox.any_event("b").await);
    let switch = tokio::sync::watch::Sender::new(false);
    let turned_on = switch.subscribe();
    let broker = Broker::new(move |_, _| BrokerResponse::AckWhen(turned_on.clone()));
    let relay = outbox.relay(&broker, &["--publish-timeout", "20s"]).await;
    eventually("both are on their way", async || {
        broker.received().len() >= 2
    })
    .await;
    // Another has claimed both meanwhile, and given one up.
    let claim = "UPDATE outbox SET due_at = now() + interval '1 hour'";
    outbox.admin.execute(claim, &[]).await.unwrap();
    let park =
        "UPDATE outbox SET parked_at = now(), last_error = 'given up', attempts = 7 WHERE id = $1";
    outbox.admin.execute(park, &[&acknowledged]).await.unwrap();
    let gone = "UPDATE outbox SET tenant_id = 'elsewhere' WHERE id = $1";
    outbox.admin.execute(gone, &[&refused]).await.unwrap();
    let back = "UPDATE outbox SET tenant_id = 'b' WHERE id = $1";

    switch.send(true).unwrap();
    outbox
        .until(
            1,
            "published_at IS NOT NULL AND parked_at IS NULL AND attempts = 7",
        )
        .await;
    outbox.admin.execute(back, &[&refused]).await.unwrap();
    relay.stop(PATIENCE).await;

    let refuses = Broker::new(|_, _| BrokerResponse::Hang);
    outbox
        .admin
        .execute("UPDATE outbox SET due_at = now()", &[])
        .await
        .unwrap();
    let relay = outbox.relay(&refuses, &["--publish-timeout", "3s"]).await;
    eventually("it is on its way", async || !refuses.received().is_empty()).await;
    outbox.admin.execute(claim, &[]).await.unwrap();
    eventually("its attempt has failed", async || {
        relay.metrics().read().failed_attempts >= 1
    })
    .await;
    assert_eq!(
        outbox
            .count("attempts = 0 AND due_at > now() + interval '50 minutes'")
            .await,
        1
    );
    relay.stop(PATIENCE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_survives_the_loss_of_its_connections() {
    let outbox = Outbox::new().await;
    outbox.many_events("a", 3_000).await;
    let broker = Broker::new(|_, _| BrokerResponse::AckAfter(Duration::from_millis(5)));
    let flags = ["--relay-in-flight", "32", "--publish-timeout", "1s"];
    let relay = outbox.relay_with(&broker, WakeUp::default(), &flags).await;
    let terminate = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE datname = current_database() AND usename = 'orders_under_test'";
    for progress in [100, 500, 1_000] {
        eventually("it goes on", async || {
            broker.acknowledged().len() > progress
        })
        .await;
        outbox.admin.query_one(terminate, &[]).await.unwrap();
    }
    outbox.until(3_000, "published_at IS NOT NULL").await;
    relay.stop(PATIENCE).await;
}
