//! Clients that keep the service waiting, on purpose or not: others are served meanwhile.

use std::time::{Duration, Instant};

use bytes::Bytes;
use h2::{
    Reason, SendStream,
    client::{Builder, Connection, ResponseFuture, SendRequest},
};
use http::{Method, Request, StatusCode};
use serde_json::json;
use tokio::{net::TcpStream, task::JoinHandle, time::timeout};

use crate::support::{App, Client, Hold, Isolation, Process, Wire};

/// Below the default timeouts of the service.
const PATIENCE: Duration = Duration::from_secs(8);

// === requests that do not arrive ===

#[tokio::test(flavor = "multi_thread")]
async fn open_uploads_hold_up_no_other_client() {
    let app = App::with(Isolation::Tenant, &["--max-in-flight", "50"]).await;
    let mut hostile = Vec::new();
    for _ in 0..3 {
        let mut client = Http2::connect(&app, Builder::new()).await;
        let uploads: Vec<_> = (0..99).map(|_| client.upload(&app)).collect();
        client.settled(&app).await;
        hostile.push((client, uploads));
    }
    assert_eq!(app.call(Method::GET, "/readyz").send().await.status, 200);
    assert_eq!(app.create("key", "{}").await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_oldest_upload_makes_room_for_others() {
    let app = App::with(Isolation::Tenant, &["--max-buffered", "1000000"]).await;
    let mut uploads = Vec::new();
    for _ in 0..30 {
        let mut wire = Wire::connect(app.server.address()).await;
        wire.send(format!(
            "POST /orders HTTP/1.1\r\nhost: orders\r\nx-tenant-id: {}\r\nidempotency-key: key\r\n\
             content-length: 60000\r\n\r\n",
            app.tenant
        ))
        .await;
        wire.send("x".repeat(59_999)).await;
        uploads.push(wire);
    }
    assert_eq!(app.create("key", "{}").await.status, 201);
    uploads[0].closed().await;
    let newest = uploads.last_mut().unwrap();
    newest.send("x").await;
    let reply = newest.reply().await;
    reply.refused(StatusCode::BAD_REQUEST, "invalid_request");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_whose_streams_were_reset_is_closed_when_idle() {
    let app = App::with(Isolation::Tenant, &["--header-timeout", "300ms"]).await;
    let mut client = Http2::connect(&app, Builder::new()).await;
    let (response, mut upload) = client.upload(&app);
    client.settled(&app).await;
    upload.send_reset(Reason::CANCEL);
    drop(response);
    client.closed().await;
}

// === responses that are not read ===

#[tokio::test(flavor = "multi_thread")]
async fn the_oldest_unread_responses_make_room_for_others() {
    let app = App::with(Isolation::Tenant, &["--max-buffered", "300000"]).await;
    let mut zero_window = Builder::new();
    zero_window.initial_window_size(0);
    let mut client = Http2::connect(&app, zero_window).await;
    let mut unread = Vec::new();
    for _ in 0..100 {
        let request = request(&app, Method::GET, "/openapi.yaml");
        let Ok((response, _)) = client.send.send_request(request, true) else {
            break; // the connection is closed already
        };
        unread.push(response);
    }
    client.closed().await;
    assert_eq!(app.call(Method::GET, "/healthz").send().await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn unread_assets_share_their_memory() {
    let app = App::with(Isolation::Tenant, &["--max-buffered", "1000000"]).await;
    let mut zero_window = Builder::new();
    zero_window.initial_window_size(0);
    let mut client = Http2::connect(&app, zero_window).await;
    let mut unread = Vec::new();
    for _ in 0..90 {
        let request = request(&app, Method::GET, "/docs/swagger-ui-bundle.js");
        unread.push(client.send.send_request(request, true).unwrap().0);
    }
    for response in unread {
        let response = timeout(PATIENCE, response).await.unwrap().unwrap();
        assert_eq!(response.status(), 200, "the connection stays open");
    }
}

// === connections ===

#[tokio::test(flavor = "multi_thread")]
async fn at_the_maximum_of_connections_the_one_that_waits_longest_makes_room() {
    let app = App::with(Isolation::Tenant, &["--max-connections", "5"]).await;
    let mut idle = Vec::new();
    for _ in 0..20 {
        idle.push(Wire::connect(app.server.address()).await);
    }
    assert_eq!(app.create("key", "{}").await.status, 201);
    idle[0].closed().await;
    let newest = idle.last_mut().unwrap();
    newest
        .send("GET /healthz HTTP/1.1\r\nhost: orders\r\n\r\n")
        .await;
    assert_eq!(newest.reply().await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_http2_connection_has_a_maximum_of_streams() {
    let app = App::with(Isolation::Tenant, &["--max-streams", "7"]).await;
    let mut client = Http2::connect(&app, Builder::new()).await;
    client.settled(&app).await;
    assert_eq!(client.send.current_max_send_streams(), 7);
}

/// h2 responds by itself, without the contract's body.
#[tokio::test(flavor = "multi_thread")]
async fn a_head_beyond_the_limit_is_refused_over_http2() {
    let app = App::start().await;
    let mut client = Http2::connect(&app, Builder::new()).await;
    for (length, status) in [(15_000, 200), (17_000, 431)] {
        let mut request = request(&app, Method::GET, "/healthz");
        let large = "x".repeat(length).parse().unwrap();
        request.headers_mut().insert("x-large", large);
        let (response, _) = client.send.send_request(request, true).unwrap();
        let response = timeout(PATIENCE, response).await.expect("no answer");
        assert_eq!(response.unwrap().status(), status);
    }
}

// === the log ===

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_not_read_does_not_stop_the_service() {
    let app = App::start().await;
    let mut process = serve(&app, &["--log", "debug"]).await;
    let client = Client::new(process.address().await, &app.tenant);
    process.stop_reading();
    // Each request has a line of more than 100 bytes, and a pipe holds 64 KiB.
    for _ in 0..2_000 {
        assert_eq!(
            client.call(Method::GET, "/healthz").send().await.status,
            200
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn shed_requests_are_logged_at_a_bounded_rate() {
    let app = App::start().await;
    let mut process = serve(&app, &["--max-in-flight", "1", "--lock-timeout", "1m"]).await;
    let client = Client::new(process.address().await, &app.tenant);
    let order = app.draft().await;
    let hold = Hold::order(app.database.admin().await, order).await;
    let confirm = client.confirmation(order, "\"1\"", json!({ "totalCents": 5 }));
    let confirming = tokio::spawn(confirm.send());
    hold.kept_waiting(1).await;

    let start = Instant::now();
    for _ in 0..200 {
        let refused = client.call(Method::GET, "/orders").send().await;
        refused.refused(StatusCode::SERVICE_UNAVAILABLE, "overloaded");
    }
    let periods = start.elapsed().as_secs() as usize + 2;
    hold.release().await;
    assert_eq!(confirming.await.unwrap().status, 200);
    process.signal("TERM");
    let ended = process.ended().await;
    let shed = |line: &&String| line.contains("too many requests in flight");
    let lines = ended.lines.iter().filter(shed).count();
    assert!((1..=10 * periods).contains(&lines), "{lines} lines");
}

// === helpers ===

/// The service as a process, on the same database.
async fn serve(app: &App, flags: &[&str]) -> Process {
    let listen = ["serve", "--no-relay", "--listen", "127.0.0.1:0"];
    let database = [("DATABASE_URL", app.database.url())];
    Process::start(&[&listen[..], flags].concat(), &database).await
}

/// A raw HTTP/2 connection.
struct Http2 {
    send: SendRequest<Bytes>,
    connection: JoinHandle<()>,
}

impl Http2 {
    async fn connect(app: &App, builder: Builder) -> Self {
        let stream = TcpStream::connect(app.server.address()).await.unwrap();
        let (send, connection): (_, Connection<TcpStream, Bytes>) =
            builder.handshake(stream).await.unwrap();
        let connection = tokio::spawn(async move {
            connection.await.ok();
        });
        Self { send, connection }
    }

    /// A create whose body never ends.
    fn upload(&mut self, app: &App) -> (ResponseFuture, SendStream<Bytes>) {
        let request = request(app, Method::POST, "/orders");
        self.send.send_request(request, false).unwrap()
    }

    /// Waits until the service has read all that was sent before.
    async fn settled(&mut self, app: &App) {
        let probe = request(app, Method::GET, "/healthz");
        let mut send = self.send.clone().ready().await.unwrap();
        let (response, _) = send.send_request(probe, true).unwrap();
        let response = timeout(PATIENCE, response).await.expect("no answer");
        assert_eq!(response.unwrap().status(), 200);
    }

    /// Fails the test unless the service closes the connection.
    async fn closed(self) {
        let closed = timeout(PATIENCE, self.connection).await;
        closed.expect("the connection stays open").unwrap();
    }
}

fn request(app: &App, method: Method, path: &str) -> Request<()> {
    Request::builder()
        .method(method)
        .uri(format!("http://{}{path}", app.server.address()))
        .header("x-tenant-id", &app.tenant)
        .header("idempotency-key", "key")
        .body(())
        .unwrap()
}
