//! Concurrent creates: on two replicas, behind a locked key, and without their client.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
};
use tokio_postgres::Client as Connection;

use super::{Stored, age_key, assert_replays};
use crate::support::{App, Client, Database, Isolation, Reply};

/// The pause between checks of an awaited fact, and their timeout.
const PAUSE: Duration = Duration::from_millis(10);
const BOUND: Duration = Duration::from_secs(30);

/// Timeouts that are longer than any step of a test.
const PATIENT: [&str; 6] = [
    "--lock-timeout",
    "30s",
    "--statement-timeout",
    "30s",
    "--request-timeout",
    "60s",
];

/// A key that an open transaction of a superuser locks: creates with it wait.
struct Held {
    holder: Connection,
    database: Database,
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_creates_on_two_replicas_make_one_order() {
    let app = App::start().await;
    let replica = app.replica().await;
    let held = Held::new_key(&app, "k").await;
    let replies = race(&[&app, &replica], &["{}"], held).await;
    assert_one_winner(&replies);
    assert_eq!(Stored::of(&app).await.counts(), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_creates_with_different_bodies_have_one_winner() {
    let app = App::start().await;
    let replica = app.replica().await;
    let held = Held::new_key(&app, "k").await;
    let replies = race(&[&app, &replica], &[r#"{"n":1}"#, r#"{"n":2}"#], held).await;
    // Half of the requests have the body of the winner, and half have the other one.
    let (same, different): (Vec<_>, Vec<_>) =
        replies.into_iter().partition(|reply| reply.status < 300);
    assert_eq!((same.len(), different.len()), (32, 32));
    assert_one_winner(&same);
    for reply in different {
        reply.conflict("idempotency_key_reused");
    }
    assert_eq!(Stored::of(&app).await.counts(), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_takeovers_of_an_expired_key_make_one_order() {
    let app = App::start().await;
    let replica = app.replica().await;
    let first = app.create("k", "{}").await;
    age_key(&app, "k", "61 minutes").await;
    let held = Held::stored_key(&app, "k").await;
    let replies = race(&[&app, &replica], &["{}"], held).await;
    assert_one_winner(&replies);
    assert_ne!(replies[0].id(), first.id());
    assert_eq!(Stored::of(&app).await.counts(), (2, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_that_waits_too_long_for_its_duplicate_gets_request_in_progress() {
    let app = App::with(Isolation::Tenant, &["--lock-timeout", "200ms"]).await;
    let held = Held::new_key(&app, "k").await;
    let waited = app.create("k", "{}").await;
    assert_eq!(
        waited.conflict("request_in_progress"),
        json!({ "reason": "request_in_progress" })
    );
    assert_eq!(waited.header("retry-after"), Some("1"));
    held.release().await;
    assert_eq!(app.create("k", "{}").await.status, 201);
    assert_eq!(Stored::of(&app).await.counts(), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_whose_duplicate_rolls_back_makes_the_order() {
    let app = App::with(Isolation::Tenant, &PATIENT).await;
    let held = Held::new_key(&app, "k").await;
    let release = async {
        held.someone_waits().await;
        held.release().await;
    };
    let (created, ()) = tokio::join!(app.create("k", "{}"), release);
    assert_eq!(created.status, 201);
    assert_eq!(Stored::of(&app).await.counts(), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_disconnect_and_retry_get_one_order_each() {
    let app = App::start().await;
    let keys: Vec<_> = (0..50).map(|n| format!("k{n}")).collect();
    for key in &keys {
        drop(send_without_reading(&app, key).await);
    }
    for key in &keys {
        let replied = app.create(key, "{}").await;
        assert!([200, 201].contains(&replied.status), "{replied:?}");
        assert_replays(&app.create(key, "{}").await, &replied);
    }
    assert_eq!(Stored::of(&app).await.counts(), (50, 50));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_completes_after_its_client_disconnects() {
    let app = App::with(Isolation::Tenant, &PATIENT).await;
    let held = Held::new_key(&app, "k").await;
    let mut client = send_without_reading(&app, "k").await;
    held.someone_waits().await;
    client.shutdown().await.unwrap();
    assert_eq!(client.read(&mut [0]).await.unwrap(), 0, "it was answered");
    held.release().await;
    let finished = async {
        while Stored::of(&app).await.counts() != (1, 1) {
            sleep(PAUSE).await;
        }
    };
    timeout(BOUND, finished).await.unwrap();
    assert_eq!(app.create("k", "{}").await.status, 200);
}

// === helpers ===

// === impl Held ===

impl Held {
    /// Locks the key as an uncommitted create does.
    async fn new_key(app: &App, key: &str) -> Self {
        let insert = "INSERT INTO idempotency_keys (tenant_id, key, fingerprint, order_id, response_json, created_at)
                      VALUES ($1, $2, decode(repeat('00', 32), 'hex'), gen_random_uuid(), '{}', now())";
        Self::by(app, insert, key).await
    }

    async fn stored_key(app: &App, key: &str) -> Self {
        let lock = "UPDATE idempotency_keys SET key = key WHERE tenant_id = $1 AND key = $2";
        Self::by(app, lock, key).await
    }

    async fn by(app: &App, statement: &str, key: &str) -> Self {
        let holder = app.database.admin().await;
        holder.batch_execute("BEGIN").await.unwrap();
        let held = holder.execute(statement, &[&app.tenant, &key]).await;
        assert_eq!(held.unwrap(), 1);
        Self {
            holder,
            database: app.database.clone(),
        }
    }

    async fn someone_waits(&self) {
        let pid = "SELECT pg_backend_pid()";
        let pid: i32 = self.holder.query_one(pid, &[]).await.unwrap().get(0);
        let waiting = "SELECT 1 FROM pg_stat_activity WHERE $1 = ANY (pg_blocking_pids(pid))";
        let admin = self.database.admin().await;
        let waits = async {
            while admin.query(waiting, &[&pid]).await.unwrap().is_empty() {
                sleep(PAUSE).await;
            }
        };
        timeout(BOUND, waits).await.unwrap();
    }

    async fn release(self) {
        self.holder.batch_execute("ROLLBACK").await.unwrap();
    }
}

/// The responses to 64 creates with the key "k", alternating clients and bodies. They start while
/// the key is locked.
async fn race(clients: &[&Client; 2], bodies: &[&str], held: Held) -> Vec<Reply> {
    let creates = (0..64).map(|n| clients[n / 2 % 2].create("k", bodies[n % bodies.len()]));
    let release = async {
        held.someone_waits().await;
        held.release().await;
    };
    tokio::join!(join_all(creates), release).0
}

#[track_caller]
fn assert_one_winner(replies: &[Reply]) {
    let (won, replayed): (Vec<_>, Vec<_>) = replies.iter().partition(|reply| reply.status == 201);
    assert_eq!(won.len(), 1, "{replies:?}");
    for reply in replayed {
        assert_replays(reply, won[0]);
    }
}

/// A create on a connection of its own.
async fn send_without_reading(client: &Client, key: &str) -> TcpStream {
    let mut stream = TcpStream::connect(client.address).await.unwrap();
    let request = format!(
        "POST /orders HTTP/1.1\r\nhost: orders\r\nx-tenant-id: {}\r\nidempotency-key: {key}\r\ncontent-length: 0\r\n\r\n",
        client.tenant
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}
