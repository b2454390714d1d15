//! The binary, PostgreSQL, and a real broker or receiver, any of which may be killed.

use async_nats::HeaderMap;
use uuid::Uuid;

use super::{NEVER_LOOKS, PARENT, close, commands};
use crate::support::{
    App, Client, Database, Hold, Isolation, Nats, Outbox, Process, Receiver, Scripted, eventually,
};

const STREAM: &str = "orders";
const SECRET: &str = "whsec_cmVhbCBwYXJ0cyBhbmQgYSByZWFsIHNlY3JldA==";

/// The event types of an order, in their order.
const LIFE: [&str; 4] = [
    "orders.drafted",
    "orders.confirmed",
    "orders.closed",
    "orders.archived",
];

/// A short lease: four and a half seconds.
const SHORT_LEASE: [&str; 2] = ["--publish-timeout", "1s"];

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_killed_between_publish_and_mark_leaves_each_event_once_in_the_stream() {
    let (outbox, nats) = (Outbox::new().await, Nats::start().await);
    let mut tap = nats.tapped(STREAM).await;
    outbox.many_events("acme", 50).await;

    let marks = Hold::marks(outbox.database.admin().await).await;
    let doomed = relay(&outbox, &nats.url(), &SHORT_LEASE).await;
    eventually("all are in the stream", async || {
        nats.stored_count(STREAM).await == 50
    })
    .await;
    kill_before_it_marks(&outbox, doomed, marks).await;

    let _heir = relay(&outbox, &nats.url(), &[]).await;
    outbox.until(50, "published_at IS NOT NULL").await;
    let events = ids(&outbox).await;
    assert_eq!(sorted(nats.stored_ids(STREAM).await), events);
    // Both relays have sent them. The stream has dropped the duplicates by their ids.
    let twice = events.iter().flat_map(|&id| [id, id]);
    assert_eq!(
        sorted(tap.received().await.to_vec()),
        twice.collect::<Vec<_>>()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_killed_between_delivery_and_mark_delivers_the_same_signed_message_once_more() {
    let (outbox, receiver) = (Outbox::new().await, Receiver::start(&[SECRET]).await);
    outbox.many_events("acme", 20).await;

    let marks = Hold::marks(outbox.database.admin().await).await;
    let doomed = relay(&outbox, &receiver.url(), &SHORT_LEASE).await;
    eventually("all are delivered", async || {
        receiver.deliveries().len() == 20
    })
    .await;
    kill_before_it_marks(&outbox, doomed, marks).await;

    let _heir = relay(&outbox, &receiver.url(), &[]).await;
    outbox.until(20, "published_at IS NOT NULL").await;
    let deliveries = receiver.deliveries();
    assert_eq!(deliveries.len(), 40);
    for id in ids(&outbox).await.iter().map(Uuid::to_string) {
        let of_id: Vec<_> = deliveries.iter().filter(|d| d.id() == id).collect();
        let [first, second] = of_id[..] else {
            panic!("{id} came {} times", of_id.len())
        };
        assert_eq!(first.body, second.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_down_for_a_while_loses_nothing_and_keeps_the_order_of_each_order() {
    let app = App::with(Isolation::Database, &[]).await;
    let outbox = Outbox {
        database: app.database.clone(),
        admin: app.database.admin().await,
    };
    let mut nats = Nats::start().await;
    let mut relay = relay(&outbox, &nats.url(), &["--publish-timeout", "500ms"]).await;
    let orders: Vec<_> = (0..20).map(|_| Uuid::new_v4()).collect();
    let happens = async |event_type| {
        for order in &orders {
            outbox.event("acme", *order, event_type).await;
        }
    };

    happens(LIFE[0]).await;
    outbox.until(20, "published_at IS NOT NULL").await;
    nats.kill().await;
    happens(LIFE[1]).await;
    for total in 1..=5 {
        app.closed(total).await;
    }
    relay.says("the broker is unavailable").await;
    happens(LIFE[2]).await;
    nats.restart().await;
    relay.says("the broker is available again").await;
    // Once more, while events are in flight.
    nats.kill().await;
    happens(LIFE[3]).await;
    app.closed(6).await;
    nats.restart().await;

    outbox.until(86, "published_at IS NOT NULL").await;
    assert_eq!(
        outbox
            .count("attempts > 0 OR last_error IS NOT NULL OR parked_at IS NOT NULL")
            .await,
        0
    );
    assert_eq!(sorted(nats.stored_ids(STREAM).await), ids(&outbox).await);
    let stored = nats.stored(STREAM).await;
    let said: Vec<_> = stored
        .iter()
        .map(|message| pairs(&message.headers))
        .collect();
    for order in orders.iter().map(Uuid::to_string) {
        let of_order = said
            .iter()
            .filter(|said| said.contains(&("ce-subject", &order)));
        let types =
            of_order.map(|said| said.iter().find(|(name, _)| *name == "ce-type").unwrap().1);
        assert_eq!(types.collect::<Vec<_>>(), LIFE);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn three_relays_at_once_publish_each_event_once() {
    let (outbox, nats) = (Outbox::new().await, Nats::start().await);
    let mut tap = nats.tapped(STREAM).await;
    for tenant in 0..30 {
        outbox.many_events(&format!("tenant-{tenant}"), 10).await;
    }
    // No relay continues before its third event is marked, so each publishes some.
    let marks = Hold::marks(outbox.database.admin().await).await;
    let mut relays = Vec::new();
    for _ in 0..3 {
        relays.push(relay(&outbox, &nats.url(), &["--relay-in-flight", "100"]).await);
    }
    eventually("all are in the stream", async || {
        nats.stored_count(STREAM).await == 300
    })
    .await;
    assert_eq!(outbox.count("published_at IS NOT NULL").await, 0);
    marks.release().await;
    outbox.until(300, "published_at IS NOT NULL").await;

    let events = ids(&outbox).await;
    assert_eq!(sorted(nats.stored_ids(STREAM).await), events);
    let sent = sorted(tap.received().await.to_vec());
    assert_eq!(sent, events, "the stream had duplicates to drop");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poisoned_event_is_parked_and_the_others_are_published() {
    let (outbox, receiver) = (Outbox::new().await, Receiver::start(&[SECRET]).await);
    let poisoned = outbox.any_event("acme").await;
    outbox.many_events("acme", 20).await;
    receiver.respond_always(poisoned, Scripted::status(400));
    let park_soon = ["--relay-attempts", "2", "--relay-park-after", "0s"];
    let flags = [&park_soon[..], &["--relay-backoff", "10ms"]].concat();
    let _relay = relay(&outbox, &receiver.url(), &flags).await;
    outbox.until(20, "published_at IS NOT NULL").await;
    outbox
        .until(1, "parked_at IS NOT NULL AND attempts = 2")
        .await;
    assert_eq!(receiver.deliveries().len(), 22);

    let listed = commands::run(&outbox, &["list", "--state", "parked"]).await;
    let [line] = &listed.json()[..] else {
        panic!("{listed:#?}")
    };
    let id = poisoned.to_string();
    assert_eq!(
        (&line["id"], &line["attempts"]),
        (&id.clone().into(), &2.into())
    );
    let error = line["lastError"].as_str().unwrap();
    assert!(error.contains("400"), "{error}");

    receiver.accept_all();
    let retried = commands::run(&outbox, &["retry", "--tenant", "acme", &id]).await;
    assert_eq!(retried.json()[0]["state"], "waiting");
    outbox.until(21, "published_at IS NOT NULL").await;
    assert_eq!(receiver.deliveries().last().unwrap().id(), id);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_order_arrives_in_the_stream_at_once() {
    let (database, nats) = (Database::own().await, Nats::start().await);
    let arguments = [&["serve", "--listen", "127.0.0.1:0"][..], &NEVER_LOOKS].concat();
    let settings = [
        ("DATABASE_URL", database.url()),
        ("ORDERS_PUBLISHER", nats.url()),
    ];
    let mut service = Process::start(&arguments, &settings).await;
    let client = Client::new(service.address().await, "acme");
    let order = client.confirmed(1234).await;
    close(&client, order, &[PARENT]).await;
    eventually("it is in the stream", async || {
        nats.stored_count(STREAM).await == 1
    })
    .await;

    let row = r#"SELECT id::text, payload::text, to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
                   FROM outbox WHERE order_id = $1"#;
    let row = database.admin().await.query_one(row, &[&order]).await;
    let row = row.unwrap();
    let (id, payload, created_at): (&str, &str, &str) = (row.get(0), row.get(1), row.get(2));
    let message = &nats.stored(STREAM).await[0];
    assert_eq!(message.subject.as_str(), "orders.closed");
    assert_eq!(message.payload, payload.as_bytes());
    let expected = [
        ("Nats-Msg-Id", id),
        ("ce-datacontenttype", "application/json"),
        ("ce-id", id),
        ("ce-source", "/orders"),
        ("ce-specversion", "1.0"),
        ("ce-subject", &order.to_string()),
        ("ce-tenantid", "acme"),
        ("ce-time", created_at),
        ("ce-traceparent", PARENT),
        ("ce-type", "orders.closed"),
        ("content-type", "application/json"),
        ("traceparent", PARENT),
    ];
    assert_eq!(pairs(&message.headers), expected);
}

// === helpers ===

/// `orders relay` with this publisher and frequent polls.
async fn relay(outbox: &Outbox, publisher: &str, flags: &[&str]) -> Process {
    let arguments = [&["relay", "--relay-poll-max", "50ms"], flags].concat();
    let settings = [
        ("DATABASE_URL", &*outbox.database.url()),
        ("ORDERS_PUBLISHER", publisher),
        ("ORDERS_WEBHOOK_SECRETS", SECRET),
    ];
    Process::start(&arguments, &settings).await
}

/// Kills a relay whose marks are locked, and terminates its sessions, so that no mark is written.
async fn kill_before_it_marks(outbox: &Outbox, mut relay: Process, marks: Hold) {
    marks.kept_waiting(1).await;
    relay.signal("KILL");
    relay.ended().await;
    let connections = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND usename = 'orders_under_test'";
    eventually("its connections are gone", async || {
        marks.terminate_waiters().await;
        let left = outbox.admin.query_one(connections, &[]).await.unwrap();
        left.get::<_, i64>(0) == 0
    })
    .await;
    marks.release().await;
    assert_eq!(outbox.count("published_at IS NOT NULL").await, 0);
}

/// The ids of all events, sorted.
async fn ids(outbox: &Outbox) -> Vec<Uuid> {
    let ids = outbox.admin.query("SELECT id FROM outbox ORDER BY id", &[]);
    ids.await.unwrap().iter().map(|row| row.get(0)).collect()
}

fn sorted(mut ids: Vec<Uuid>) -> Vec<Uuid> {
    ids.sort_unstable();
    ids
}

fn pairs(headers: &HeaderMap) -> Vec<(&str, &str)> {
    let pairs = headers.iter();
    let mut pairs: Vec<_> = pairs
        .map(|(name, values)| (name.as_ref(), values[0].as_str()))
        .collect();
    pairs.sort_unstable();
    pairs
}
