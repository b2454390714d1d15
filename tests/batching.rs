//! Batches: concurrent requests share a transaction, and each has its own response, failure and
//! turn.
//!
//! Each test keeps the only worker busy until the queue is full, which shows when one more request
//! gets 503.

use futures_util::future::{BoxFuture, FutureExt, join_all, select_all};
use http::StatusCode;
use serde_json::json;
use tokio::task::JoinHandle;
use tokio_postgres::Client as Postgres;
use uuid::Uuid;

use crate::support::{App, Client, Isolation, Reply, eventually};

/// Requests that fill the queue.
const QUEUE: usize = 20;

const FLAGS: [&str; 4] = ["--batch-concurrency", "1", "--batch-queue", "20"];

/// The total of the order that keeps the worker busy.
const SLOW: i32 = 999;

#[tokio::test(flavor = "multi_thread")]
async fn queued_writes_share_a_transaction() {
    let app = App::with(Isolation::Database, &FLAGS).await;
    let orders = drafts(&app, QUEUE + 1).await;
    let busy = Busy::start(&app).await;
    let confirms = orders.iter().map(|&id| confirm(&app, id, 5));

    let replies = busy.gather(confirms).await;

    let acknowledged = replies.iter().filter(|reply| reply.status == 200).count();
    assert_eq!(acknowledged, QUEUE, "{replies:?}");
    let transactions =
        "SELECT count(DISTINCT xmin::text), count(*) FROM orders WHERE total_cents = 5";
    let row = busy.admin.query_one(transactions, &[]).await.unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (1, 20));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_the_database_refuses_fails_by_itself() {
    let app = App::with(Isolation::Database, &FLAGS).await;
    let orders = drafts(&app, QUEUE + 1).await;
    let rule = "ALTER TABLE orders ADD CHECK (total_cents <> 666)";
    let admin = app.database.admin().await;
    admin.batch_execute(rule).await.unwrap();
    let busy = Busy::start(&app).await;
    let total = |nth| if nth % 7 == 0 { 666 } else { 5 };
    let confirms = (0..)
        .zip(&orders)
        .map(|(nth, &id)| confirm(&app, id, total(nth)));

    let replies = busy.gather(confirms).await;

    for (nth, (reply, &id)) in (0..).zip(replies.iter().zip(&orders)) {
        let stored = app.database.order(id).await;
        match reply.status {
            200 => assert_eq!(stored["total_cents"], total(nth)),
            503 => assert_eq!(stored["status"], "draft"), // refused by the full queue
            _ => {
                reply.refused(StatusCode::INTERNAL_SERVER_ERROR, "internal");
                assert_eq!((total(nth), &stored["status"]), (666, &json!("draft")));
            }
        }
    }
    let turned_away = replies.iter().filter(|reply| reply.status == 503).count();
    assert_eq!(turned_away, 1, "{replies:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_writes_to_one_order_in_a_batch_have_one_winner() {
    let app = App::with(Isolation::Database, &FLAGS).await;
    let orders = drafts(&app, QUEUE / 2).await;
    let extra = app.draft().await;
    let busy = Busy::start(&app).await;
    let twice = orders.iter().flat_map(|&id| [(id, 1), (id, 2)]);
    let confirms = twice
        .chain([(extra, 3)])
        .map(|(id, total)| confirm(&app, id, total));

    let replies = busy.gather(confirms).await;

    for (pair, &id) in replies.chunks(2).zip(&orders) {
        let won: Vec<_> = pair.iter().filter(|reply| reply.status == 200).collect();
        assert_eq!(won.len(), 1, "{pair:?}");
        for lost in pair
            .iter()
            .filter(|reply| ![200, 503].contains(&reply.status))
        {
            lost.conflict("stale_version");
        }
        let stored = app.database.order(id).await;
        assert_eq!(stored["total_cents"], won[0].json()["totalCents"]);
        assert_eq!(stored["version"], 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_are_served_round_robin_and_the_busiest_is_refused() {
    let flags = [&FLAGS[..], &["--batch-size", "4"]].concat();
    let app = App::with(Isolation::Database, &flags).await;
    let small = app.tenant("small");
    let single = small.draft().await;
    let orders = drafts(&app, QUEUE + 1).await;
    let busy = Busy::start(&app).await;
    let flood = orders.iter().map(|&id| confirm(&app, id, 5));

    let (gathered, mut replies) = full(flood).await;
    let late = confirm(&small, single, 5);
    let (turned_away, _, gathered) = select_all(gathered.into_iter().chain([late])).await;
    replies.push(turned_away);
    busy.admin.batch_execute(OPEN).await.unwrap();
    replies.extend(join_all(gathered).await);

    for reply in &replies[..2] {
        reply.refused(StatusCode::SERVICE_UNAVAILABLE, "overloaded");
        assert_eq!(reply.header("retry-after"), Some("1"));
    }
    assert!(
        replies[2..].iter().all(|reply| reply.status == 200),
        "{replies:?}"
    );
    assert_eq!(app.database.order(single).await["status"], "confirmed");
    let before = "SELECT count(*) FROM orders AS o, orders AS s
         WHERE s.id = $1 AND o.tenant_id <> s.tenant_id AND o.total_cents = 5 AND o.updated_at <= s.updated_at";
    let before: i64 = busy
        .admin
        .query_one(before, &[&single])
        .await
        .unwrap()
        .get(0);
    assert_eq!(
        before, 3,
        "those who shared the first batch with the one that came last"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_waits_for_a_lock_delays_no_other() {
    let app = App::with(Isolation::Tenant, &FLAGS).await;
    let orders = drafts(&app, QUEUE).await;
    let held = app.database.hold(orders[7]).await;
    let others = async {
        held.kept_waiting(1).await;
        let others = orders.iter().filter(|&&id| id != orders[7]);
        for reply in join_all(others.map(|&id| confirm(&app, id, 5))).await {
            assert_eq!(reply.status, 200, "{reply:?}");
        }
        held.release().await; // only now
    };
    let (waited, ()) = tokio::join!(confirm(&app, orders[7], 5), others);
    assert_eq!(waited.status, 200, "{waited:?}");
}

// === helpers ===

/// A slow request in the only worker.
struct Busy {
    admin: Postgres,
    working: JoinHandle<Reply>,
}

type Answer = BoxFuture<'static, Reply>;

const CLOSED: &str = "
    CREATE TABLE closed AS SELECT;
    CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN
        WHILE EXISTS (SELECT FROM closed) LOOP PERFORM pg_sleep(0.005); END LOOP;
        RETURN NEW;
    END $$;
    CREATE TRIGGER wait BEFORE UPDATE ON orders FOR EACH ROW WHEN (NEW.total_cents = 999) EXECUTE FUNCTION wait();";

const OPEN: &str = "DELETE FROM closed";

// === impl Busy ===

impl Busy {
    async fn start(app: &App) -> Self {
        let admin = app.database.admin().await;
        admin.batch_execute(CLOSED).await.unwrap();
        let slow = app.tenant("slow");
        let id = slow.draft().await;
        let working = tokio::spawn(confirm(&slow, id, SLOW));
        let asleep = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database())";
        eventually("the lane is busy", async || {
            admin.query_one(asleep, &[]).await.unwrap().get(0)
        })
        .await;
        Self { admin, working }
    }

    /// The responses to one request more than the queue holds, in their order. The worker goes on
    /// once the others are queued.
    async fn gather(&self, requests: impl Iterator<Item = Answer>) -> Vec<Reply> {
        let numbered = (0..)
            .zip(requests)
            .map(|(nth, request)| request.map(move |reply| (nth, reply)).boxed());
        let ((nth, turned_away), _, gathered) = select_all(numbered).await;
        turned_away.refused(StatusCode::SERVICE_UNAVAILABLE, "overloaded");
        self.admin.batch_execute(OPEN).await.unwrap();
        let mut replies: Vec<(usize, Reply)> = join_all(gathered).await;
        replies.push((nth, turned_away));
        replies.sort_by_key(|&(nth, _)| nth);
        replies.into_iter().map(|(_, reply)| reply).collect()
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.working.abort();
    }
}

/// Waits until one request was refused. Returns the queued ones, and the refused response.
async fn full(requests: impl Iterator<Item = Answer>) -> (Vec<Answer>, Vec<Reply>) {
    let (turned_away, _, gathered) = select_all(requests).await;
    (gathered, vec![turned_away])
}

async fn drafts(client: &Client, count: usize) -> Vec<Uuid> {
    let mut drafts = Vec::new();
    while drafts.len() < count {
        drafts.extend(join_all((drafts.len()..count).take(8).map(|_| client.draft())).await);
    }
    drafts
}

fn confirm(client: &Client, id: Uuid, total: i32) -> Answer {
    client
        .confirmation(id, "\"1\"", json!({ "totalCents": total }))
        .send()
        .boxed()
}
