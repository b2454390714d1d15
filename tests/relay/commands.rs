//! `orders relay` and `orders outbox`.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Contract, Ended, Outbox, Process};

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
async fn events_are_listed_by_the_filters_of_the_admin_listener() {
    let outbox = Outbox::new().await;
    let (waiting, order) = (outbox.any_event("a").await, Uuid::new_v4());
    let of_order = outbox.event("b", order, "orders.closed").await;
    let parked = parked(&outbox, "b").await;

    let listed = run(&outbox, &["list"]).await;
    assert_eq!(ids(&listed), [waiting, of_order, parked].into());
    for line in listed.json() {
        let schema = json!({ "$ref": "#/components/schemas/Event" });
        Contract::admin().check_value("a line", &schema, &line);
    }
    let order = order.to_string();
    for (filter, found) in [
        (&["--state", "waiting"][..], vec![waiting, of_order]),
        (&["--state", "parked"], vec![parked]),
        (&["--state", "leased"], vec![]),
        (&["--tenant", "b"], vec![of_order, parked]),
        (&["--tenant", "b", "--order", &order], vec![of_order]),
        (&["--limit", "1"], vec![waiting]),
    ] {
        let listed = run(&outbox, &[&["list"], filter].concat()).await;
        assert_eq!(ids(&listed), found.into_iter().collect(), "{filter:?}");
    }
    for refused in [
        &["list", "--order", &order][..],
        &["list", "--state", "lost"],
        &["list", "--parked"],
    ] {
        let ended = run(&outbox, refused).await;
        assert_eq!(ended.status.code(), Some(2), "{ended:?}");
    }
}

/// More events than a page of the use case has.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_goes_on_up_to_its_limit() {
    let outbox = Outbox::new().await;
    outbox.many_events("a", 250).await;
    for (limit, count) in [("250", 250), ("1000", 250), ("249", 249), ("100", 100)] {
        let listed = run(&outbox, &["list", "--limit", limit]).await;
        assert_eq!(ids(&listed).len(), count, "{limit}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn parked_events_are_retried_one_by_one_or_all() {
    let outbox = Outbox::new().await;
    let waiting = outbox.any_event("a").await.to_string();
    let mut parked_ids = Vec::new();
    for tenant in ["a", "b", "c"] {
        parked_ids.push(parked(&outbox, tenant).await);
    }

    let (one, unknown) = (parked_ids[0].to_string(), Uuid::nil().to_string());
    let of_b = parked_ids[1].to_string();
    let ids_of_a = [&one, &unknown, &of_b, &waiting];
    let mut arguments = vec!["retry", "--tenant", "a"];
    arguments.extend(ids_of_a.map(String::as_str));
    let retried = run(&outbox, &arguments).await;
    assert!(!retried.status.success());
    let complaint = format!(
        "orders: {unknown}: no such event; {of_b}: no such event; {waiting}: not parked: the event is waiting"
    );
    assert!(retried.lines.contains(&complaint), "{retried:?}");
    let printed = retried.lines.iter().filter(|line| line.starts_with('{'));
    let printed: Vec<Value> = printed
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(printed.len(), 1, "{retried:?}");
    assert_eq!(
        (
            &printed[0]["id"],
            &printed[0]["state"],
            &printed[0]["attempts"]
        ),
        (&one.into(), &"waiting".into(), &0.into())
    );
    outbox
        .until(2, "parked_at IS NULL AND attempts = 0 AND due_at <= now()")
        .await;

    let retried = run(&outbox, &["retry", "--all", "--tenant", "c"]).await;
    assert_eq!(ids(&retried), [parked_ids[2]].into());
    let retried = run(&outbox, &["retry", "--all"]).await;
    assert_eq!(ids(&retried), [parked_ids[1]].into());
    assert_eq!(outbox.count("parked_at IS NOT NULL").await, 0);
    for incomplete in [&["retry"][..], &["retry", &of_b]] {
        let ended = run(&outbox, incomplete).await;
        assert_eq!(ended.status.code(), Some(2), "{ended:?}");
    }
}

/// Adds a parked event of a new order.
async fn parked(outbox: &Outbox, tenant: &str) -> Uuid {
    let id = outbox.any_event(tenant).await;
    let park = "UPDATE outbox SET parked_at = now(), last_error = 'too \"large\"', attempts = 3 WHERE id = $1";
    outbox.admin.execute(park, &[&id]).await.unwrap();
    id
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
