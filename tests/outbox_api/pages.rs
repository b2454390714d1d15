//! Pages of events.

use std::collections::BTreeSet;

use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{World, ids};

const STATES: [&str; 4] = ["waiting", "leased", "published", "parked"];

/// All lists of some events: by state, and without a state.
const QUERIES: [&str; 6] = [
    "state=waiting",
    "state=leased",
    "state=published",
    "state=parked",
    "tenantId=b",
    "",
];

impl World {
    /// Adds events of two tenants in each state. Groups of them share each instant.
    async fn seed(&self, count: i32) {
        let insert =
            "INSERT INTO outbox (tenant_id, id, event_type, order_id, payload, created_at, due_at,
                                 published_at, parked_at, last_error)
             SELECT tenant, gen_random_uuid(), 'orders.closed', gen_random_uuid(), '{}', at,
                    CASE WHEN state = 1 THEN now() + interval '1 h' ELSE at END,
                    CASE WHEN state = 2 THEN at END,
                    CASE WHEN state = 3 THEN at END,
                    CASE WHEN state = 3 THEN 'refused' END
               FROM unnest('{a,b}'::text[]) AS tenant, generate_series(0, 3) AS state,
                    generate_series(1, $1::int) AS n,
                    LATERAL (SELECT now() - n / 5 * interval '1 s' AS at) AS instant";
        self.outbox.admin.execute(insert, &[&count]).await.unwrap();
    }

    /// Reads all pages, and runs `between` before each but the first.
    async fn walk(&self, query: &str, limit: u32, between: impl AsyncFn()) -> Vec<Value> {
        let mut events = Vec::new();
        let mut page_query = format!("{query}&limit={limit}");
        loop {
            let page = self.list(page_query.trim_start_matches('&')).await.json();
            let items = page["items"].as_array().unwrap();
            assert!(items.len() <= limit as usize);
            events.extend(items.iter().cloned());
            let Some(cursor) = page["nextCursor"].as_str() else {
                return events;
            };
            page_query = format!("{query}&limit={limit}&cursor={cursor}");
            between().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_have_every_event_once_while_others_are_added() {
    let world = World::start(&[]).await;
    world.seed(20).await;
    for query in QUERIES {
        let before: BTreeSet<_> = world
            .walk(query, 100, async || {})
            .await
            .iter()
            .map(|event| event["id"].to_string())
            .collect();
        let events = world
            .walk(query, 7, async || {
                for state in STATES {
                    world.event("a", state).await;
                    world.event("c", state).await;
                }
            })
            .await;
        let mut found = BTreeSet::new();
        for event in &events {
            assert!(
                found.insert(event["id"].to_string()),
                "{query}: {event} twice"
            );
        }
        assert!(before.len() >= 40, "{query}");
        assert!(before.is_subset(&found), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_sorted_as_the_contract_says() {
    let world = World::start(&[]).await;
    world.seed(20).await;
    for (query, keys, is_descending) in [
        ("state=waiting", &["tenantId", "createdAt", "id"][..], false),
        ("state=leased", &["tenantId", "createdAt", "id"], false),
        ("state=parked", &["parkedAt", "id"], false),
        ("state=published", &["publishedAt", "id"], true),
        ("", &["tenantId", "id"], false),
    ] {
        let events = world.walk(query, 9, async || {}).await;
        let read: Vec<Vec<&str>> = events
            .iter()
            .map(|event| {
                keys.iter()
                    .map(|key| event[key].as_str().unwrap())
                    .collect()
            })
            .collect();
        let mut sorted = read.clone();
        sorted.sort_unstable();
        if is_descending {
            sorted.reverse();
        }
        assert!(read == sorted && read.len() >= 40, "{query}: {read:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_page_has_no_cursor_even_if_it_is_full() {
    let world = World::start(&[]).await;
    world.seed(5).await;
    for (query, count) in [
        ("state=parked", 10),
        ("state=published", 10),
        ("tenantId=b", 20),
    ] {
        let full = world.list(&format!("{query}&limit={count}")).await.json();
        assert_eq!(ids(&full).len(), count, "{query}");
        assert_eq!(full["nextCursor"], Value::Null, "{query}");
        let short = world
            .list(&format!("{query}&limit={}", count - 1))
            .await
            .json();
        assert!(short["nextCursor"].is_string(), "{query}");
    }
    let default = world.list("").await.json();
    assert_eq!(ids(&default).len(), 20);
}

/// A list examines 1,000 events for a page, however few of them match.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_may_be_empty_although_another_one_follows() {
    let world = World::start(&[]).await;
    world.outbox.many_events("a", 2_500).await;
    let park = "UPDATE outbox SET due_at = now() + interval '1 h'";
    world.outbox.admin.execute(park, &[]).await.unwrap();
    let due = world.event("b", "waiting").await;
    let (mut pages, mut query, mut found) = (0, "state=waiting".to_owned(), Vec::new());
    loop {
        let page = world.list(&query).await.json();
        pages += 1;
        found.extend(ids(&page));
        match page["nextCursor"].as_str() {
            Some(cursor) => query = format!("state=waiting&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!((pages, found), (3, vec![due]));
    // The index has the tenant's events together, so the others are not examined.
    assert_eq!(world.ids("state=waiting&tenantId=b").await, [due]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_events_of_an_order_have_pages() {
    let world = World::start(&[]).await;
    let order = Uuid::new_v4();
    let mut added = Vec::new();
    for event_type in ["c", "a", "b"] {
        added.push(world.outbox.event("acme", order, event_type).await);
    }
    world.outbox.any_event("acme").await;
    let query = format!("tenantId=acme&orderId={order}");
    let walked = world.walk(&query, 1, async || {}).await;
    let walked = json!({ "items": walked });
    assert_eq!(ids(&walked), added, "oldest first");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_of_another_list_and_any_other_text_are_refused() {
    let world = World::start(&[]).await;
    world.seed(5).await;
    let page = world.list("state=parked&limit=1").await.json();
    let cursor = page["nextCursor"].as_str().unwrap();
    let of_orders = "eyJ0cyI6IjIwMjYtMDEtMzFUMDk6MzA6MDAuMTIzNDU2WiIsImlkIjoiMDE5MmYwYzEtN2E2ZS03Y2MzLTk4YTUtM2QxZjVjMGI3ZTExIn0";
    for query in [
        format!("state=published&cursor={cursor}"),
        format!("state=waiting&cursor={cursor}"),
        format!("cursor={cursor}"),
        format!("state=parked&cursor={cursor}x"),
        format!("state=parked&cursor={of_orders}"),
        "state=parked&cursor=".to_owned(),
        format!("state=parked&cursor={}", "A".repeat(600)),
    ] {
        let reply = world.list(&query).await;
        let details = reply.refused(StatusCode::BAD_REQUEST, "invalid_cursor");
        assert_eq!(
            details,
            json!({ "in": "query", "name": "cursor" }),
            "{query}"
        );
    }
}
