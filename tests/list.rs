//! GET /orders: pages by keyset.

mod cursors;

use std::{
    collections::{BTreeSet, HashMap},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{App, Client, Reply};

#[tokio::test(flavor = "multi_thread")]
async fn fifteen_orders_are_a_page_of_ten_and_one_of_five() {
    let app = App::start().await;
    let mut newest_first = drafts(&app, 15).await;
    newest_first.reverse();

    let first = app.list("limit=10").await;
    let second = app.list(&after(&first, 10)).await;

    assert_eq!(ids(&first), newest_first[..10]);
    assert_eq!(ids(&second), newest_first[10..]);
    assert_eq!(second.json()["nextCursor"], Value::Null);
    // The default limit is ten.
    assert_eq!(app.list("").await.body, first.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_without_orders_has_one_empty_page() {
    let app = App::start().await;
    let page = app.list("").await;
    assert_eq!(page.json(), json!({ "items": [], "nextCursor": null }));
    assert_eq!(page.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_ends_at_the_last_order_has_no_next() {
    for count in [10, 20] {
        let app = App::start().await;
        drafts(&app, count).await;
        let mut page = app.list("limit=10").await;
        for _ in 1..count / 10 {
            page = app.list(&after(&page, 10)).await;
        }
        assert_eq!(ids(&page).len(), 10);
        assert_eq!(page.json()["nextCursor"], Value::Null, "{count} orders");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_is_from_1_to_100() {
    let app = App::start().await;
    let newest_first = seed(&app, 101, "1 second").await;
    for limit in [1, 99, 100] {
        let page = app.list(&format!("limit={limit}")).await;
        assert_eq!(ids(&page), newest_first[..limit], "limit={limit}");
        assert!(page.json()["nextCursor"].is_string());
    }
    assert_eq!(walked(&app, 1).await, newest_first);
}

#[tokio::test(flavor = "multi_thread")]
async fn any_other_limit_is_refused() {
    let app = App::start().await;
    app.draft().await;
    for query in [
        "limit=0",
        "limit=101",
        "limit=-1",
        "limit=abc",
        "limit=",
        "limit",
        "limit=1.5",
        "limit=1e1",
        "limit=+10",
        "limit=10%20",
        "limit=10%00",
        "limit=4294967306",
        "limit=99999999999999999999",
        "limit=10&limit=10",
    ] {
        let details = app
            .list(query)
            .await
            .refused(StatusCode::BAD_REQUEST, "invalid_request");
        assert_eq!(
            details,
            json!({ "in": "query", "name": "limit" }),
            "{query}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_parameter_is_refused_by_name() {
    let app = App::start().await;
    for (query, name) in [
        ("page=2", "page"),
        ("limit=10&Cursor=x", "Cursor"),
        ("offset=10&limit=10", "offset"),
    ] {
        let details = app
            .list(query)
            .await
            .refused(StatusCode::BAD_REQUEST, "invalid_request");
        assert_eq!(details, json!({ "in": "query", "name": name }));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn items_are_whole_orders() {
    let app = App::start().await;
    let expected = [
        (app.draft().await, "draft", 1, Value::Null),
        (app.confirmed(0).await, "confirmed", 2, json!(0)),
        (app.closed(1234).await, "closed", 3, json!(1234)),
    ];
    let page = app.list("").await.json();
    let items = page["items"].as_array().unwrap();
    assert_eq!(items.len(), expected.len());
    for ((id, status, version, total), item) in expected.iter().rev().zip(items) {
        let whole = json!({
            "id": id,
            "tenantId": app.tenant,
            "status": status,
            "version": version,
            "totalCents": total,
            "createdAt": item["createdAt"],
            "updatedAt": item["updatedAt"],
        });
        assert_eq!(*item, whole);
        assert_eq!(*item, app.get(*id).await.json());
        assert_eq!(item["createdAt"] == item["updatedAt"], *version == 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_of_one_microsecond_are_paged_by_id() {
    let app = App::start().await;
    let newest_first = seed(&app, 23, "0").await;
    assert!(newest_first.is_sorted_by(|a, b| a > b));
    for limit in [1, 4, 23] {
        assert_eq!(walked(&app, limit).await, newest_first, "limit={limit}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_microsecond_between_orders_is_enough() {
    let app = App::start().await;
    let newest_first = seed(&app, 23, "1 microsecond").await;
    for limit in [1, 4, 22] {
        assert_eq!(walked(&app, limit).await, newest_first, "limit={limit}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_walk_returns_every_earlier_order_once_during_writes() {
    let app = App::start().await;
    let committed = Arc::new(Mutex::new(drafts(&app, 40).await));
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..3)
        .map(|_| tokio::spawn(write(app.client.clone(), committed.clone(), stop.clone())))
        .collect();

    let before_all = committed.lock().unwrap().len();
    let mut walks = 0;
    // The claim is about the writes during the walks, so their number is checked.
    while walks < 3 || committed.lock().unwrap().len() < before_all + 30 {
        let earlier = committed.lock().unwrap().clone();
        let mut met: HashMap<Uuid, u32> = HashMap::new();
        let walked = walked(&app, 3).await;
        for id in walked {
            *met.entry(id).or_default() += 1;
        }
        walks += 1;
        assert!(met.values().all(|times| *times == 1), "met twice: {met:?}");
        let missed: Vec<_> = earlier.iter().filter(|id| !met.contains_key(id)).collect();
        assert!(missed.is_empty(), "walk {walks} missed {missed:?}");
        assert!(walks < 1000, "the writers do not write");
    }

    stop.store(true, Ordering::Relaxed);
    for writer in writers {
        writer.await.unwrap();
    }
    let all: BTreeSet<_> = committed.lock().unwrap().iter().copied().collect();
    assert_eq!(
        walked(&app, 100).await.into_iter().collect::<BTreeSet<_>>(),
        all
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_between_two_pages_shift_neither() {
    let app = App::start().await;
    let old = drafts(&app, 6).await;
    let first = app.list("limit=3").await;
    // Orders of the page that was read, of the next page, and newer than both.
    for (id, version) in [(old[5], "\"1\""), (old[0], "\"1\"")] {
        let confirmed = app.confirm(id, version, json!({ "totalCents": 5 })).await;
        assert_eq!(confirmed.status, 200);
        assert_eq!(app.close(id).await.status, 200);
    }
    app.draft().await;
    let second = app.list(&after(&first, 3)).await;
    assert_eq!(ids(&first), [old[5], old[4], old[3]]);
    assert_eq!(ids(&second), [old[2], old[1], old[0]]);
    assert_eq!(second.json()["items"][2]["status"], "closed");
    assert_eq!(second.json()["nextCursor"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_walk_may_change_replicas() {
    let app = App::start().await;
    let mut newest_first = drafts(&app, 7).await;
    newest_first.reverse();
    let replica = app.replica().await;
    let first = app.list("limit=3").await;
    let second = replica.list(&after(&first, 3)).await;
    let third = app.list(&after(&second, 3)).await;
    assert_eq!(
        [ids(&first), ids(&second), ids(&third)].concat(),
        newest_first
    );
    assert_eq!(third.json()["nextCursor"], Value::Null);
}

/// New drafts, oldest first.
pub async fn drafts(client: &Client, count: usize) -> Vec<Uuid> {
    let mut ids = Vec::new();
    for _ in 0..count {
        ids.push(client.draft().await);
    }
    ids
}

/// Inserts drafts whose timestamps are `step` apart. Returns them newest first, as PostgreSQL
/// sorts.
pub async fn seed(app: &App, count: i32, step: &str) -> Vec<Uuid> {
    let insert = "INSERT INTO orders (tenant_id, id, status, version, created_at, updated_at)
         SELECT $1, gen_random_uuid(), 'draft', 1, at, at
           FROM generate_series(1, $2) AS n, LATERAL
                (SELECT timestamptz '2026-01-01T00:00:00.999990Z' + n * $3::text::interval AS at) AS instant";
    let newest_first =
        "SELECT id FROM orders WHERE tenant_id = $1 ORDER BY created_at DESC, id DESC";
    let admin = app.database.admin().await;
    admin
        .execute(insert, &[&app.tenant, &count, &step])
        .await
        .unwrap();
    let rows = admin.query(newest_first, &[&app.tenant]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// Creates orders, and confirms and closes old and new ones, until `stop`.
async fn write(client: Client, committed: Arc<Mutex<Vec<Uuid>>>, stop: Arc<AtomicBool>) {
    let mut turn = 0;
    while !stop.load(Ordering::Relaxed) {
        let own = client.draft().await;
        let old = {
            let mut committed = committed.lock().unwrap();
            committed.push(own);
            committed[turn % committed.len()]
        };
        // Another writer may have written it before.
        let confirmed = client.confirm(old, "*", json!({ "totalCents": 1 })).await;
        assert!([200, 409].contains(&confirmed.status));
        assert!([200, 409].contains(&client.close(old).await.status));
        turn += 1;
    }
}

async fn walked(client: &Client, limit: u32) -> Vec<Uuid> {
    let orders = client.walk(limit).await;
    orders.iter().map(id).collect()
}

/// The query of the next page.
pub fn after(page: &Reply, limit: u32) -> String {
    let page = page.json();
    format!(
        "limit={limit}&cursor={}",
        page["nextCursor"].as_str().unwrap()
    )
}

pub fn ids(page: &Reply) -> Vec<Uuid> {
    assert_eq!(page.status, 200, "{page:?}");
    page.json()["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(id)
        .collect()
}

fn id(order: &Value) -> Uuid {
    order["id"].as_str().unwrap().parse().unwrap()
}
