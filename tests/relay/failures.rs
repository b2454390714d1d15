//! A broker that refuses, panics, hangs or is unavailable.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use uuid::Uuid;

use super::PATIENCE;
use crate::support::{Broker, BrokerResponse, Outbox, eventually};

/// A short backoff.
const SOON: [&str; 4] = ["--relay-backoff", "10ms", "--relay-backoff-max", "50ms"];

#[tokio::test(flavor = "multi_thread")]
async fn a_poisoned_event_is_parked_and_the_others_are_published() {
    let outbox = Outbox::new().await;
    let order = Uuid::new_v4();
    let refused = outbox.event("a", order, "orders.closed").await;
    let behind = outbox.event("a", order, "orders.archived").await;
    let rejected = outbox.any_event("a").await;
    outbox.many_events("a", 50).await;
    let broker = Broker::new(move |event, _| match event.id {
        id if id == refused => BrokerResponse::Retryable,
        id if id == rejected => BrokerResponse::Permanent,
        _ => BrokerResponse::Ack,
    });
    let flags = [
        &SOON[..],
        &["--relay-attempts", "4", "--relay-park-after", "0s"],
    ]
    .concat();
    let relay = outbox.relay(&broker, &flags).await;
    outbox.until(2, "parked_at IS NOT NULL").await;
    outbox.until(50, "published_at IS NOT NULL").await;

    let parked = "SELECT attempts, last_error FROM outbox WHERE id = $1 AND parked_at IS NOT NULL";
    for (id, attempts) in [(refused, 4), (rejected, 1)] {
        let row = outbox.admin.query_one(parked, &[&id]).await.unwrap();
        assert_eq!(
            (row.get::<_, i32>(0), row.get(1)),
            (attempts, "the script says so")
        );
        let offered = broker
            .received()
            .iter()
            .filter(|event| event.id == id)
            .count();
        assert_eq!(
            offered, attempts as usize,
            "a parked event is not tried again"
        );
    }
    assert!(
        !broker.received().iter().any(|event| event.id == behind),
        "it came before its turn"
    );
    eventually("the metrics show it", async || {
        let metrics = relay.metrics().read();
        (
            metrics.waiting,
            metrics.parked,
            metrics.published,
            metrics.failed_attempts,
            metrics.parked_here,
        ) == (1, 2, 50, 5, 2)
            && metrics.oldest > Duration::ZERO
    })
    .await;
    relay.stop(PATIENCE).await;
}

/// As when the server behind a webhook fails for twenty minutes.
#[tokio::test(flavor = "multi_thread")]
async fn failures_of_several_events_are_an_outage_that_parks_none() {
    let outbox = Outbox::new().await;
    outbox.many_events("a", 20).await;
    outbox.many_events("b", 20).await;
    let away = Arc::new(AtomicBool::new(true));
    let is_away = Arc::clone(&away);
    let broker = Broker::new(move |_, _| match is_away.load(Ordering::SeqCst) {
        true => BrokerResponse::Ambiguous,
        false => BrokerResponse::Ack,
    });
    let impatient = ["--relay-attempts", "2", "--relay-park-after", "0s"];
    let relay = outbox
        .relay(&broker, &[&SOON[..], &impatient].concat())
        .await;
    // All at once, and then single events that probe the broker.
    eventually("it was asked some times", async || {
        broker.received().len() >= 40 + 6
    })
    .await;
    assert_eq!(outbox.count("parked_at IS NOT NULL").await, 0);
    assert!(
        outbox.count("attempts > 0").await <= 2,
        "before the third one failed"
    );
    away.store(false, Ordering::SeqCst);
    outbox.until(40, "published_at IS NOT NULL").await;
    relay.stop(PATIENCE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_makes_the_broker_fail_is_parked_alone() {
    let outbox = Outbox::new().await;
    let poison = outbox.any_event("a").await;
    outbox.many_events("a", 50).await;
    outbox.many_events("b", 50).await;
    let broker = Broker::new(move |event, _| match event.id == poison {
        true => BrokerResponse::Ambiguous,
        false => BrokerResponse::Ack,
    });
    let impatient = ["--relay-attempts", "3", "--relay-park-after", "0s"];
    let relay = outbox
        .relay(&broker, &[&SOON[..], &impatient].concat())
        .await;
    outbox.until(100, "published_at IS NOT NULL").await;
    outbox
        .until(1, "parked_at IS NOT NULL AND attempts = 3")
        .await;
    relay.stop(PATIENCE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_parked_by_its_age() {
    let outbox = Outbox::new().await;
    let (old, young) = (outbox.any_event("a").await, outbox.any_event("a").await);
    let age = "UPDATE outbox SET created_at = now() - interval '3 days' WHERE id = $1";
    outbox.admin.execute(age, &[&old]).await.unwrap();
    let broker = Broker::new(|_, _| BrokerResponse::Retryable);
    let flags = [&SOON[..], &["--relay-attempts", "2"]].concat();
    let relay = outbox.relay(&broker, &flags).await;
    outbox.until(1, "parked_at IS NOT NULL").await;
    outbox.until(1, "parked_at IS NULL AND attempts > 5").await;
    let parked = "SELECT id FROM outbox WHERE parked_at IS NOT NULL";
    let parked = outbox.admin.query_one(parked, &[]).await.unwrap();
    assert_eq!(parked.get::<_, Uuid>(0), old);
    assert_ne!(old, young);
    relay.stop(PATIENCE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pauses_between_attempts_grow() {
    let outbox = Outbox::new().await;
    let refused = outbox.any_event("a").await;
    let broker = Broker::new(|_, _| BrokerResponse::Retryable);
    let flags = ["--relay-backoff", "1m", "--relay-backoff-max", "1h"];
    let relay = outbox.relay(&broker, &flags).await;
    let mut pauses = Vec::new();
    for attempt in 1..=3 {
        outbox
            .until(1, &format!("attempts = {attempt} AND due_at > now()"))
            .await;
        let pause = "SELECT extract(epoch FROM due_at - now())::float8 FROM outbox WHERE id = $1";
        let pause = outbox.admin.query_one(pause, &[&refused]).await.unwrap();
        pauses.push(pause.get::<_, f64>(0));
        assert_eq!(broker.received().len(), attempt);
        // Time is the database's clock, so a test can move it.
        let pass = "UPDATE outbox SET due_at = now() WHERE id = $1";
        outbox.admin.execute(pass, &[&refused]).await.unwrap();
    }
    for (pause, whole) in pauses.iter().zip([60.0, 120.0, 240.0]) {
        assert!((whole / 2.0 - 5.0..=whole).contains(pause), "{pauses:?}");
    }
    relay.stop(PATIENCE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publisher_that_panics_or_hangs_fails_one_attempt_and_delays_no_other_event() {
    let outbox = Outbox::new().await;
    let (panics, hangs) = (outbox.any_event("a").await, outbox.any_event("a").await);
    outbox.many_events("a", 20).await;
    let broker = Broker::new(move |event, before| match event.id {
        id if id == panics && before == 0 => BrokerResponse::Panic,
        id if id == hangs && before == 0 => BrokerResponse::Hang,
        _ => BrokerResponse::Ack,
    });
    let flags = [&SOON[..], &["--publish-timeout", "200ms"]].concat();
    let relay = outbox.relay(&broker, &flags).await;
    outbox.until(22, "published_at IS NOT NULL").await;
    for (id, error) in [(panics, "panicked"), (hangs, "too long")] {
        let row = "SELECT attempts, last_error FROM outbox WHERE id = $1";
        let row = outbox.admin.query_one(row, &[&id]).await.unwrap();
        assert_eq!(row.get::<_, i32>(0), 1);
        assert!(row.get::<_, &str>(1).contains(error), "{row:?}");
    }
    relay.stop(PATIENCE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unavailable_broker_gets_few_requests_and_costs_no_attempts() {
    let outbox = Outbox::new().await;
    outbox.many_events("a", 300).await;
    outbox.many_events("b", 300).await;
    let away = Arc::new(AtomicBool::new(true));
    let is_away = Arc::clone(&away);
    let broker = Broker::new(move |_, _| match is_away.load(Ordering::SeqCst) {
        true => BrokerResponse::Unavailable { retry_after: None },
        false => BrokerResponse::Ack,
    });
    let relay = outbox.relay(&broker, &["--relay-in-flight", "100"]).await;
    eventually("it was asked some times", async || {
        broker.received().len() >= 100 + 4
    })
    .await;
    // The first hundred were in flight together; then single events probe the broker.
    let (asked, start) = (broker.received().len(), Instant::now());
    eventually("it was asked twice more", async || {
        broker.received().len() >= asked + 2
    })
    .await;
    assert!(
        start.elapsed() > Duration::from_millis(400),
        "pauses do not grow"
    );
    assert_eq!(
        outbox
            .count("attempts > 0 OR published_at IS NOT NULL")
            .await,
        0
    );
    away.store(false, Ordering::SeqCst);
    outbox.until(600, "published_at IS NOT NULL").await;
    assert_eq!(outbox.count("attempts > 0").await, 0);
    relay.stop(PATIENCE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_gets_no_request_before_its_retry_after() {
    let outbox = Outbox::new().await;
    outbox.many_events("a", 1).await;
    let hour = Duration::from_secs(3600);
    let broker = Broker::new(move |_, _| BrokerResponse::Unavailable {
        retry_after: Some(hour),
    });
    let relay = outbox.relay(&broker, &[]).await;
    outbox
        .until(1, "due_at BETWEEN now() - interval '1 minute' AND now()")
        .await;
    let looked = relay.metrics().read();
    outbox.many_events("a", 1).await;
    eventually("it looked again", async || {
        relay.metrics().read().waiting == looked.waiting + 1
    })
    .await;
    assert_eq!(broker.received().len(), 1);
    // Another relay may publish the released events.
    let willing = Broker::accepting();
    let other = outbox.relay(&willing, &[]).await;
    outbox.until(2, "published_at IS NOT NULL").await;
    other.stop(PATIENCE).await;
    relay.stop(PATIENCE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_row_delays_no_other_event() {
    let outbox = Outbox::new().await;
    let locked = outbox.any_event("a").await;
    outbox.many_events("a", 50).await;
    outbox.many_events("b", 50).await;
    let holder = outbox.database.admin().await;
    // During the publication, so that the mark cannot be written.
    let switch = tokio::sync::watch::Sender::new(false);
    let turned_on = switch.subscribe();
    let broker = Broker::new(move |_, _| BrokerResponse::AckWhen(turned_on.clone()));
    let relay = outbox.relay(&broker, &[]).await;
    eventually("all are on their way", async || {
        broker.received().len() == 101
    })
    .await;
    let lock = format!("BEGIN; SELECT FROM outbox WHERE id = '{locked}' FOR UPDATE");
    holder.batch_execute(&lock).await.unwrap();
    switch.send(true).unwrap();
    outbox.until(100, "published_at IS NOT NULL").await;
    // And one that cannot be claimed.
    let (claimable, behind) = (outbox.any_event("a").await, outbox.any_event("c").await);
    outbox.until(102, "published_at IS NOT NULL").await;
    assert!(
        broker.acknowledged_ids().contains(&claimable)
            && broker.acknowledged_ids().contains(&behind)
    );
    holder.batch_execute("ROLLBACK").await.unwrap();
    outbox.until(103, "published_at IS NOT NULL").await;
    assert_eq!(
        broker.received().len(),
        103,
        "an acknowledged event is not published again"
    );
    relay.stop(PATIENCE).await;
}

/// As with a tenant of millions of events that wait for their next attempt.
#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_whose_claims_are_too_slow_delays_no_other_tenant() {
    let outbox = Outbox::new().await;
    let slow = "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS
                    'BEGIN PERFORM pg_sleep(1); RETURN NEW; END';
                CREATE TRIGGER slow BEFORE UPDATE ON outbox FOR EACH ROW
                    WHEN (OLD.tenant_id = 'slow') EXECUTE FUNCTION slow();";
    outbox.admin.batch_execute(slow).await.unwrap();
    outbox.many_events("slow", 1).await;
    outbox.many_events("a", 50).await;
    outbox.many_events("z", 50).await;
    let broker = Broker::accepting();
    let relay = outbox
        .relay(&broker, &["--statement-timeout", "200ms"])
        .await;
    outbox.until(100, "published_at IS NOT NULL").await;
    let mended = "DROP TRIGGER slow ON outbox";
    outbox.admin.batch_execute(mended).await.unwrap();
    outbox.until(101, "published_at IS NOT NULL").await;
    relay.stop(PATIENCE).await;
}
