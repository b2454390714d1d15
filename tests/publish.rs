//! Publishers: what they take, what they send, and what they make of the answers. The brokers are
//! real.

mod nats;
mod webhook;

use std::{error::Error, sync::Arc};

use clap::Parser;
use orders_server::{
    config::PublisherConfig,
    outbox::{
        Event, Publisher, Undelivered,
        publish::{self, Misconfigured},
    },
};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::support::eventually;

const TRACE_PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const SECRET: &str = "whsec_bmV3IHNlY3JldCBvZiB0d2VudHktZm91ciBieXRlcw==";
const OLD_SECRET: &str = "whsec_b2xkIHNlY3JldCBvZiB0d2VudHktZm91ciBieXRlcw==";

#[derive(Debug, Parser)]
struct CommandLine {
    #[command(flatten)]
    publisher: PublisherConfig,
}

#[tokio::test]
async fn without_a_broker_events_go_to_the_log() {
    publisher(&[]).await.publish(&closed()).await.unwrap();
}

#[tokio::test]
async fn a_wrong_setting_is_refused_with_a_sentence_that_shows_no_secret() {
    let short = "whsec_aHVudGVyMg==";
    let https = ["--publisher", "https://hunter2.example/hunter2"];
    let nats = ["--publisher", "nats://127.0.0.1"];
    for (flags, sentence) in [
        (
            vec!["--publisher", "kafka://hunter2"],
            "ORDERS_PUBLISHER is `log`, a nats:// or",
        ),
        (
            vec!["--publisher", ""],
            "ORDERS_PUBLISHER is `log`, a nats:// or",
        ),
        (
            vec!["--publisher", "nats://"],
            "ORDERS_PUBLISHER is `log`, a nats:// or",
        ),
        (
            vec!["--publisher", "nats://hunter2@a,https://b"],
            "ORDERS_PUBLISHER is `log`, a nats:// or",
        ),
        (
            vec!["--publisher", "http://hunter2.example/"],
            "http:// address of another machine",
        ),
        (
            vec!["--publisher", "http://10.0.0.1/hunter2"],
            "http:// address of another machine",
        ),
        (
            vec!["--publisher", "https://a:hunter2@b/"],
            "address of a webhook with a user",
        ),
        (https.to_vec(), "a webhook needs ORDERS_WEBHOOK_SECRETS"),
        (
            [&https[..], &["--webhook-secrets", "hunter2"]].concat(),
            "ORDERS_WEBHOOK_SECRETS are one or two",
        ),
        (
            [&https[..], &["--webhook-secrets", short]].concat(),
            "ORDERS_WEBHOOK_SECRETS are one or two",
        ),
        (
            [
                &https[..],
                &["--webhook-secrets", SECRET, "--publisher-ca", "/none"],
            ]
            .concat(),
            "no certificate authorities in /none",
        ),
        (
            [&nats[..], &["--nats-stream", "a.b"]].concat(),
            "ORDERS_NATS_STREAM is a name",
        ),
        (
            [&nats[..], &["--nats-subject-prefix", "a..b"]].concat(),
            "ORDERS_NATS_SUBJECT_PREFIX is words",
        ),
        (
            [&nats[..], &["--nats-credentials", "/none"]].concat(),
            "cannot use the NATS credentials in /none",
        ),
        (
            vec!["--event-source", "a b"],
            "ORDERS_EVENT_SOURCE is a URI reference",
        ),
    ] {
        let Err(refused) = publish::connect(&config(&flags)).await else {
            panic!("{flags:?} is taken");
        };
        let told = chain(&refused);
        assert!(told.contains(sentence), "{flags:?}: {told}");
        assert!(
            !told.contains("hunter2") && !told.contains("aHVudGVyMg"),
            "{flags:?}: {told}"
        );
    }
}

#[tokio::test]
async fn http_is_for_this_machine_only() {
    for address in [
        "http://127.0.0.1:1/",
        "http://localhost:1/",
        "http://[::1]:1/",
    ] {
        publisher(&["--publisher", address, "--webhook-secrets", SECRET]).await;
    }
    let secure = config(&[
        "--publisher",
        "https://shop.example/a,b?c",
        "--webhook-secrets",
        SECRET,
    ]);
    match publish::connect(&secure).await {
        // A bare machine trusts nobody, and says so.
        Ok(_) | Err(Misconfigured::NoAuthorities) => {}
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_configuration_can_be_printed() {
    let config = config(&[
        "--publisher",
        "nats://relay:hunter2@broker",
        "--webhook-secrets",
        SECRET,
    ]);
    let printed = format!("{config:?}");
    assert!(
        !printed.contains("hunter2") && !printed.contains(SECRET),
        "{printed}"
    );
}

// === helpers ===

fn config(flags: &[&str]) -> PublisherConfig {
    let line = CommandLine::try_parse_from(["test"].iter().chain(flags));
    line.unwrap().publisher
}

async fn publisher(flags: &[&str]) -> Arc<dyn Publisher> {
    publish::connect(&config(flags)).await.unwrap()
}

/// An event as the service writes it. The space and the order of members are no serialiser's of
/// ours.
fn closed() -> Event {
    let order_id = Uuid::new_v4();
    Event {
        id: Uuid::now_v7(),
        event_type: "orders.closed".to_owned(),
        tenant_id: "acme".to_owned(),
        order_id,
        created_at: OffsetDateTime::UNIX_EPOCH + Duration::microseconds(1_767_225_600_000_042),
        payload: format!(
            r#"{{"totalCents": 1234,"orderId":"{order_id}","closedAt":"2026-01-01T00:00:00.000042Z","tenantId":"acme"}}"#
        ),
        trace_parent: Some(TRACE_PARENT.to_owned()),
    }
}

/// An error with its causes, as it would be logged, and as `Debug` has it.
fn chain(error: &dyn Error) -> String {
    let mut told = format!("{error:?} {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        told += &format!(": {error}");
        cause = error.source();
    }
    told
}

/// Publishes until the broker takes it, as the relay would.
async fn published_at_last(publisher: &Arc<dyn Publisher>, event: &Event) {
    eventually("the broker takes the event", async || {
        match publisher.publish(event).await {
            Ok(()) => true,
            Err(Undelivered::Unavailable { .. }) => false,
            Err(error) => panic!("{}", chain(&error)),
        }
    })
    .await;
}
