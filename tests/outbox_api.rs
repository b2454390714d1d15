//! The outbox on the admin listener.

mod pages;
mod web_pages;

use http::{Method, StatusCode};
use orders_server::Server;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Broker, Client, Hold, Outbox, Process, Reply, config, eventually};

/// An outbox, and a service without a relay that shows it.
struct World {
    outbox: Outbox,
    server: Server,
    admin: Client,
}

/// The states of events, and how an event gets into each.
const STATES: [(&str, &str); 4] = [
    ("waiting", "attempts = 0"),
    (
        "leased",
        "due_at = now() + interval '1 h', attempts = 1, last_error = 'refused'",
    ),
    ("published", "published_at = now()"),
    (
        "parked",
        "parked_at = now(), attempts = 3, last_error = 'refused'",
    ),
];

// === impl World ===

impl World {
    async fn start(flags: &[&str]) -> Self {
        let outbox = Outbox::new().await;
        let flags = [&["--admin-listen", "127.0.0.1:0"], flags].concat();
        let server = Server::start(config(&outbox.database, &flags))
            .await
            .unwrap();
        let admin = Client::new(server.admin_address().unwrap(), "none");
        Self {
            outbox,
            server,
            admin,
        }
    }

    /// Adds an event in this state.
    async fn event(&self, tenant: &str, state: &str) -> Uuid {
        let id = self.outbox.any_event(tenant).await;
        let (_, change) = STATES.iter().find(|(name, _)| *name == state).unwrap();
        let update = format!("UPDATE outbox SET {change} WHERE id = $1");
        self.outbox.admin.execute(&update, &[&id]).await.unwrap();
        id
    }

    async fn list(&self, query: &str) -> Reply {
        let path = format!("/outbox/events?{query}");
        self.admin.call(Method::GET, path).send_to_admin().await
    }

    /// The ids of the events of the first page.
    async fn ids(&self, query: &str) -> Vec<Uuid> {
        let page = self.list(query).await;
        assert_eq!(page.status, 200, "{query}: {page:?}");
        ids(&page.json())
    }

    async fn retry(&self, tenant: &str, id: Uuid) -> Reply {
        let path = format!("/outbox/events/{id}/retry?tenantId={tenant}");
        self.admin.call(Method::POST, path).send_to_admin().await
    }
}

fn ids(page: &Value) -> Vec<Uuid> {
    let items = page["items"].as_array().unwrap().iter();
    let ids = items.map(|item| item["id"].as_str().unwrap().parse().unwrap());
    ids.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_has_one_state_and_shows_what_led_to_it() {
    let world = World::start(&[]).await;
    for (state, _) in STATES {
        let id = world.event("acme", state).await;
        let page = world.list(&format!("state={state}")).await.json();
        assert_eq!(ids(&page), [id], "{state}");
        let item = &page["items"][0];
        let row = "SELECT to_jsonb(e) FROM outbox AS e WHERE id = $1";
        let row = world.outbox.admin.query_one(row, &[&id]).await.unwrap();
        let row: Value = row.get(0);
        for (member, column) in [
            ("tenantId", "tenant_id"),
            ("orderId", "order_id"),
            ("type", "event_type"),
            ("attempts", "attempts"),
            ("lastError", "last_error"),
        ] {
            assert_eq!(item[member], row[column], "{state}: {member}");
        }
        assert_eq!(item["state"], state);
        for (member, is_set) in [
            ("publishedAt", state == "published"),
            ("parkedAt", state == "parked"),
        ] {
            assert_eq!(item[member].is_string(), is_set, "{state}: {member}");
        }
        let was_claimed = item["dueAt"] != item["createdAt"];
        assert_eq!(was_claimed, state == "leased", "{state}: {item}");
        assert!(item.get("payload").is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_choose_state_tenant_and_order() {
    let world = World::start(&[]).await;
    let mut events = Vec::new();
    for tenant in ["a", "b", "c"] {
        for (state, _) in STATES {
            events.push((tenant, state, world.event(tenant, state).await));
        }
    }
    for tenant in [None, Some("a"), Some("b"), Some("c"), Some("d")] {
        for state in STATES.iter().map(|(state, _)| Some(*state)).chain([None]) {
            let mut query = Vec::new();
            query.extend(state.map(|state| format!("state={state}")));
            query.extend(tenant.map(|tenant| format!("tenantId={tenant}")));
            let mut found = world.ids(&query.join("&")).await;
            let matching = events.iter().filter(|(of_tenant, in_state, _)| {
                tenant.is_none_or(|tenant| tenant == *of_tenant)
                    && state.is_none_or(|state| state == *in_state)
            });
            let mut matching: Vec<_> = matching.map(|(_, _, id)| *id).collect();
            found.sort_unstable();
            matching.sort_unstable();
            assert_eq!(found, matching, "{query:?}");
        }
    }
    let order = Uuid::new_v4();
    let closed = world.outbox.event("a", order, "orders.closed").await;
    let other = world.outbox.event("a", order, "orders.other").await;
    let of_order = format!("tenantId=a&orderId={order}");
    assert_eq!(world.ids(&of_order).await, [closed, other]);
    assert_eq!(
        world.ids(&format!("{of_order}&state=waiting")).await.len(),
        2
    );
    for none in [
        format!("{of_order}&state=parked"),
        format!("tenantId=b&orderId={order}"),
    ] {
        assert!(world.ids(&none).await.is_empty(), "{none}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retried_event_is_published_and_a_second_retry_is_refused() {
    let world = World::start(&[]).await;
    let id = world.event("acme", "parked").await;
    let other = world.event("acme", "parked").await;
    let retried = world.retry("acme", id).await;
    assert_eq!(retried.status, 200, "{retried:?}");
    let event = retried.json();
    assert_eq!(
        (
            &event["id"],
            &event["state"],
            &event["attempts"],
            &event["parkedAt"]
        ),
        (&json!(id), &json!("waiting"), &json!(0), &Value::Null)
    );
    assert_eq!(event["lastError"], "refused", "why it was parked");

    let again = world.retry("acme", id).await;
    let details = again.refused(StatusCode::CONFLICT, "conflict");
    assert_eq!(
        details,
        json!({ "reason": "not_parked", "currentState": "waiting" })
    );

    let broker = Broker::accepting();
    let _relay = world.outbox.relay(&broker, &[]).await;
    eventually("it is published", async || {
        broker.acknowledged_ids() == [id]
    })
    .await;
    world.outbox.until(1, "published_at IS NOT NULL").await;
    let published = world.retry("acme", id).await;
    let details = published.refused(StatusCode::CONFLICT, "conflict");
    assert_eq!(details["currentState"], "published");
    assert_eq!(world.ids("state=parked").await, [other]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_needs_an_event_of_the_tenant() {
    let world = World::start(&[]).await;
    let id = world.event("acme", "parked").await;
    for (tenant, id) in [("acme", Uuid::nil()), ("other", id)] {
        let refused = world.retry(tenant, id).await;
        refused.refused(StatusCode::NOT_FOUND, "not_found");
        assert_eq!(refused.json()["message"], "no such event");
    }
    let post = |path: String| world.admin.call(Method::POST, path).send_to_admin();
    for (path, place, name) in [
        (format!("/outbox/events/{id}/retry"), "query", "tenantId"),
        (
            format!("/outbox/events/{id}/retry?tenantId="),
            "query",
            "tenantId",
        ),
        (
            format!("/outbox/events/{id}/retry?tenantId=acme&all=1"),
            "query",
            "all",
        ),
        (
            "/outbox/events/1/retry?tenantId=acme".to_owned(),
            "path",
            "id",
        ),
    ] {
        let details = post(path)
            .await
            .refused(StatusCode::BAD_REQUEST, "invalid_request");
        assert_eq!(details, json!({ "in": place, "name": name }));
    }
    assert_eq!(world.ids("state=parked").await, [id]);
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_queries_are_refused_with_their_place() {
    let world = World::start(&[]).await;
    for (query, name) in [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=x", "limit"),
        ("state=lost", "state"),
        ("state=", "state"),
        ("state=parked&state=parked", "state"),
        ("tenantId=-", "tenantId"),
        ("tenantId=a&orderId=1", "orderId"),
        ("orderId=00000000-0000-0000-0000-000000000000", "orderId"),
        ("tenant=a", "tenant"),
    ] {
        let reply = world.list(query).await;
        let details = reply.refused(StatusCode::BAD_REQUEST, "invalid_request");
        assert_eq!(details, json!({ "in": "query", "name": name }), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_and_methods_outside_the_contract_have_its_error_responses() {
    let world = World::start(&[]).await;
    let send = |method, path: &str| world.admin.call(method, path).send_to_admin();
    for path in ["/outbox", "/outbox/", "/outbox/events/", "/outbox/events/1"] {
        let reply = send(Method::GET, path).await;
        reply.refused(StatusCode::NOT_FOUND, "not_found");
    }
    for (method, path, allow) in [
        (Method::POST, "/outbox/events", "GET, HEAD"),
        (Method::DELETE, "/outbox/events", "GET, HEAD"),
        (Method::OPTIONS, "/outbox/events", "GET, HEAD"),
        (Method::GET, "/outbox/events/1/retry", "POST"),
    ] {
        let reply = send(method, path).await;
        reply.refused(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed");
        assert_eq!(reply.header("allow"), Some(allow), "{path}");
    }
    let (get, head) = (
        send(Method::GET, "/outbox/events").await,
        send(Method::HEAD, "/outbox/events").await,
    );
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(
        head.header("content-length"),
        Some(&*get.body.len().to_string())
    );
    for reply in [get, head, send(Method::GET, "/outbox").await] {
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
    }
}

/// The service has 16 connections.
#[tokio::test(flavor = "multi_thread")]
async fn two_requests_at_a_time_use_the_database_and_the_service_keeps_the_rest() {
    let world = World::start(&["--lock-timeout", "30s"]).await;
    let parked = [
        world.event("acme", "parked").await,
        world.event("acme", "parked").await,
    ];
    let hold = Hold::events(world.outbox.database.admin().await).await;
    let waiting = parked.map(|id| {
        let path = format!("/outbox/events/{id}/retry?tenantId=acme");
        tokio::spawn(world.admin.call(Method::POST, path).send_to_admin())
    });
    hold.kept_waiting(2).await;
    let refused = world.list("").await;
    refused.refused(StatusCode::SERVICE_UNAVAILABLE, "overloaded");
    assert_eq!(refused.header("retry-after"), Some("1"));
    Client::new(world.server.address(), "acme").draft().await;
    let metrics = world.admin.call(Method::GET, "/metrics");
    assert_eq!(metrics.send_to_page().await.status, 200);
    drop(hold);
    for retry in waiting {
        assert_eq!(retry.await.unwrap().status, 200);
    }
    assert_eq!(world.list("").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_stays_locked_is_a_503() {
    let world = World::start(&["--lock-timeout", "100ms"]).await;
    let id = world.event("acme", "parked").await;
    let hold = Hold::events(world.outbox.database.admin().await).await;
    let refused = world.retry("acme", id).await;
    refused.refused(StatusCode::SERVICE_UNAVAILABLE, "overloaded");
    drop(hold);
    assert_eq!(world.retry("acme", id).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_shows_the_outbox_too() {
    let outbox = Outbox::new().await;
    let id = outbox.any_event("acme").await;
    let settings = [
        ("DATABASE_URL", outbox.database.url()),
        ("ORDERS_ADMIN_LISTEN", "127.0.0.1:0".to_owned()),
    ];
    let mut relay = Process::start(&["relay"], &settings).await;
    let line = relay.says("metrics on http://").await;
    let (_, url) = line.split_once("http://").unwrap();
    let admin = Client::new(url.split('/').next().unwrap().parse().unwrap(), "none");
    eventually("it is published", async || {
        let list = admin.call(Method::GET, "/outbox/events?state=published");
        ids(&list.send_to_admin().await.json()) == [id]
    })
    .await;
}
