//! `orders relay` and `orders outbox`.

use std::collections::BTreeSet;

use serde_json::Value;
use uuid::Uuid;

use crate::support::{Ended, Outbox, Process};

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_without_a_service_publishes_until_it_is_stopped() {
    let outbox = Outbox::new().await;
    let id = outbox.any_event("acme").await;
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let update = "UPDATE outbox SET trace_parent = $1";
    outbox.admin.execute(update, &[&parent]).await.unwrap();
    let url = outbox.database.url();
    let settings = [
        ("DATABASE_URL", url.as_str()),
        ("ORDERS_LOG_FORMAT", "json"),
    ];
    let mut relay = Process::start(&["relay"], &settings).await;
    outbox.until(1, "published_at IS NOT NULL").await;
    relay.signal("TERM");
    let ended = relay.ended().await;
    assert!(ended.status.success(), "{ended:#?}");
    let lines = ended.json();
    let line = lines
        .iter()
        .find(|line| line["message"] == "orders.closed")
        .unwrap();
    assert_eq!(line["level"], "INFO");
    assert_eq!(line["payload"], r#"{"n": 1}"#);
    assert_eq!(line["span"]["event_id"], id.to_string());
    assert_eq!(line["span"]["tenant_id"], "acme");
    assert_eq!(line["span"]["trace_id"], "4bf92f3577b34da6a3ce929d0e0e4736");
}

#[tokio::test(flavor = "multi_thread")]
async fn parked_events_are_listed_and_retried_one_by_one_or_all() {
    let outbox = Outbox::new().await;
    let waiting = outbox.any_event("a").await;
    let park = "UPDATE outbox SET parked_at = now(), last_error = 'too \"large\"', attempts = 3 WHERE id = $1";
    let mut parked = Vec::new();
    for tenant in ["a", "b", "c"] {
        parked.push(outbox.any_event(tenant).await);
        outbox
            .admin
            .execute(park, &[&parked[parked.len() - 1]])
            .await
            .unwrap();
    }
    assert_eq!(ids(&run(&outbox, &["list"]).await), [waiting].into());
    let listed = run(&outbox, &["list", "--parked"]).await;
    assert_eq!(ids(&listed), parked.iter().copied().collect());
    let line = &listed.json()[0];
    assert_eq!(
        (&line["tenantId"], &line["attempts"]),
        (&"a".into(), &3.into())
    );
    assert_eq!(line["lastError"], "too \"large\"");
    assert_eq!(
        run(&outbox, &["list", "--parked", "--limit", "2"])
            .await
            .lines
            .len(),
        2
    );

    let unknown = Uuid::nil().to_string();
    let (one, not_parked) = (parked[1].to_string(), waiting.to_string());
    let retried = run(&outbox, &["retry", &one, &unknown, &not_parked]).await;
    let complaint = format!("orders: not parked: {unknown}, {not_parked}");
    assert!(retried.lines.contains(&complaint), "{retried:?}"); // and on another stream what was done
    assert_eq!(outbox.count("parked_at IS NOT NULL").await, 2);
    outbox
        .until(2, "parked_at IS NULL AND attempts = 0 AND due_at <= now()")
        .await;

    let retried = run(&outbox, &["retry", "--all"]).await;
    assert_eq!(retried.lines, ["2 events wait again"]);
    assert_eq!(outbox.count("parked_at IS NOT NULL").await, 0);
    assert_eq!(run(&outbox, &["list"]).await.lines.len(), 4);
    assert_eq!(
        run(&outbox, &["retry"]).await.status.code(),
        Some(2),
        "which, it has to be told"
    );
}

/// Runs `orders outbox …` to its end.
pub async fn run(outbox: &Outbox, arguments: &[&str]) -> Ended {
    let url = outbox.database.url();
    let arguments = [&["outbox"], arguments].concat();
    Process::start(&arguments, &[("DATABASE_URL", url)])
        .await
        .ended()
        .await
}

fn ids(ended: &Ended) -> BTreeSet<Uuid> {
    assert!(ended.status.success(), "{ended:#?}");
    let id = |line: &Value| line["id"].as_str().unwrap().parse().unwrap();
    ended.json().iter().map(id).collect()
}
