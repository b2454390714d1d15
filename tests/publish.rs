//! Publishers: their settings, the messages that they send, and how they judge responses. The
//! brokers are real.

mod nats;
mod webhook;

use std::{error::Error, sync::Arc};

use clap::Parser;
use orders_core::{order::OrderId, timestamp::Timestamp};
use orders_server::{
    config::PublisherConfig,
    error_chain::Chain,
    outbox::{
        Event,
        publisher::{self, DeliveryError, Publisher, SettingsError},
    },
    tls::TlsError,
    traces::Traces,
};
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
async fn by_default_events_go_to_the_log() {
    publisher(&[]).await.publish(&closed()).await.unwrap();
}

/// Flags, and a part of the message that refuses them.
fn wrong_settings() -> Vec<(Vec<&'static str>, &'static str)> {
    let short = "whsec_aHVudGVyMg==";
    let https = ["--publisher", "https://hunter2.example/hunter2"];
    let nats = ["--publisher", "nats://127.0.0.1"];
    vec![
        (
            vec!["--publisher", "kafka://hunter2"],
            "ORDERS_PUBLISHER must be `log`, a nats:// or",
        ),
        (
            vec!["--publisher", ""],
            "ORDERS_PUBLISHER must be `log`, a nats:// or",
        ),
        (
            vec!["--publisher", "nats://"],
            "ORDERS_PUBLISHER must be `log`, a nats:// or",
        ),
        (
            vec!["--publisher", "nats://hunter2@a,https://b"],
            "ORDERS_PUBLISHER must be `log`, a nats:// or",
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
            "ORDERS_WEBHOOK_SECRETS must be one or two",
        ),
        (
            [&https[..], &["--webhook-secrets", short]].concat(),
            "ORDERS_WEBHOOK_SECRETS must be one or two",
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
            "ORDERS_NATS_STREAM must be a name",
        ),
        (
            [&nats[..], &["--nats-subject-prefix", "a..b"]].concat(),
            "ORDERS_NATS_SUBJECT_PREFIX must be words",
        ),
        (
            [&nats[..], &["--nats-credentials", "/none"]].concat(),
            "cannot use the NATS credentials in /none",
        ),
        (
            vec!["--event-source", "a b"],
            "ORDERS_EVENT_SOURCE must be a URI reference",
        ),
    ]
}

#[tokio::test]
async fn a_wrong_setting_is_refused_with_a_message_that_shows_no_secret() {
    for (flags, message) in wrong_settings() {
        let Err(refused) = publisher::connect(&settings(&flags), &Traces::default()).await else {
            panic!("{flags:?} are accepted");
        };
        let text = chain(&refused);
        assert!(text.contains(message), "{flags:?}: {text}");
        assert!(
            !text.contains("hunter2") && !text.contains("aHVudGVyMg"),
            "{flags:?}: {text}"
        );
    }
}

#[tokio::test]
async fn http_is_allowed_on_this_machine_only() {
    for address in [
        "http://127.0.0.1:1/",
        "http://localhost:1/",
        "http://[::1]:1/",
    ] {
        publisher(&["--publisher", address, "--webhook-secrets", SECRET]).await;
    }
    let secure = settings(&[
        "--publisher",
        "https://shop.example/a,b?c",
        "--webhook-secrets",
        SECRET,
    ]);
    match publisher::connect(&secure, &Traces::default()).await {
        // The system may have no certificate authorities.
        Ok(_) | Err(SettingsError::Tls(TlsError::NoAuthorities)) => {}
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn printed_settings_show_no_secret() {
    let config = config(&[
        "--publisher",
        "nats://relay:hunter2@broker",
        "--webhook-secrets",
        SECRET,
    ]);
    let settings = publisher::Settings::from(&config);
    for printed in [format!("{config:?}"), format!("{settings:?}")] {
        assert!(
            !printed.contains("hunter2") && !printed.contains(SECRET),
            "{printed}"
        );
    }
}

// === helpers ===

fn config(flags: &[&str]) -> PublisherConfig {
    let line = CommandLine::try_parse_from(["test"].iter().chain(flags));
    line.unwrap().publisher
}

fn settings(flags: &[&str]) -> publisher::Settings {
    (&config(flags)).into()
}

async fn publisher(flags: &[&str]) -> Arc<dyn Publisher> {
    publisher::connect(&settings(flags), &Traces::default())
        .await
        .unwrap()
}

/// An event as the service stores it, except that no serialiser of the service would write this
/// space and this order of members.
fn closed() -> Event {
    let order_id = Uuid::new_v4();
    Event {
        id: Uuid::now_v7(),
        event_type: "orders.closed".to_owned(),
        tenant_id: "acme".parse().unwrap(),
        order_id: OrderId::new(order_id),
        created_at: Timestamp::from_unix_micros(1_767_225_600_000_042).unwrap(),
        payload: format!(
            r#"{{"totalCents": 1234,"orderId":"{order_id}","closedAt":"2026-01-01T00:00:00.000042Z","tenantId":"acme"}}"#
        ),
        trace_parent: Some(TRACE_PARENT.parse().unwrap()),
    }
}

/// An error with its sources, as the relay logs it, behind its `Debug` form.
fn chain(error: &(dyn Error + 'static)) -> String {
    format!("{error:?} {}", Chain(error))
}

/// Publishes until the broker accepts the event, as the relay does.
async fn published_eventually(publisher: &Arc<dyn Publisher>, event: &Event) {
    eventually("the broker accepts the event", async || {
        match publisher.publish(event).await {
            Ok(()) => true,
            Err(DeliveryError::Unavailable { .. }) => false,
            Err(error) => panic!("{}", chain(&error)),
        }
    })
    .await;
}
