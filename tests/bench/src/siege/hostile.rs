//! Connections that keep the service waiting.

use std::sync::Arc;

use bytes::Bytes;
use h2::client::{Builder, SendRequest};
use http::Request;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};
use uuid::Uuid;

use super::attack::{TENANT, Target};
use crate::Result;

/// Requests on an HTTP/2 connection.
const STREAMS: usize = 100;

/// An HTTP/2 connection with as many uploads as it may have, which never end. It begins new ones
/// when they are refused, and connects again when the service closes it.
pub async fn open_uploads(target: Arc<Target>) {
    loop {
        // An error is the end of the connection.
        let _ = uploads(&target).await;
    }
}

async fn uploads(target: &Arc<Target>) -> Result<()> {
    let (mut send, _connection) = connect(target, &Builder::new()).await?;
    let mut responses = JoinSet::new();
    loop {
        while responses.len() < STREAMS {
            send = send.ready().await?;
            let (response, mut body) =
                send.send_request(request(target, "POST", "/orders")?, false)?;
            body.send_data(Bytes::from_static(b"{"), false)?;
            responses.spawn(async move {
                let _body = body; // dropping it would reset the stream
                response.await.is_ok()
            });
        }
        responses.join_next().await;
        target.outcome.count(true);
    }
}

/// One of many connections, with a part of a head, a part of a body, or unread responses. It
/// connects again when the service closes it.
pub async fn connection(target: Arc<Target>, number: u32) {
    loop {
        let result = match number % 3 {
            0 => part(&target, "GET /orders HTTP/1.1\r\nx-large: ", 16_000).await,
            1 => part(&target, &upload_head(), 60_000).await,
            _ => unread_responses(&target).await,
        };
        // An error is the end of the connection, as its end without an error.
        let _ = result;
        target.outcome.count(true);
    }
}

fn upload_head() -> String {
    let key = Uuid::new_v4();
    format!(
        "POST /orders HTTP/1.1\r\nhost: siege\r\nx-tenant-id: {TENANT}\r\nidempotency-key: {key}\r\n\
         content-length: 65000\r\n\r\n"
    )
}

/// Sends a part of a request, and waits until the service closes the connection.
async fn part(target: &Target, begin: &str, then: usize) -> Result<()> {
    let mut stream = TcpStream::connect(target.caller.address).await?;
    stream.write_all(begin.as_bytes()).await?;
    stream.write_all(&vec![b'x'; then]).await?;
    stream.read_to_end(&mut Vec::new()).await?;
    Ok(())
}

/// Requests responses over HTTP/2 without ever opening the window for their bodies.
async fn unread_responses(target: &Arc<Target>) -> Result<()> {
    let mut builder = Builder::new();
    builder.initial_window_size(0);
    let (mut send, mut connection) = connect(target, &builder).await?;
    let mut unread = Vec::new();
    for path in ["/openapi.yaml", "/docs/swagger-ui-bundle.js"]
        .iter()
        .cycle()
        .take(STREAMS)
    {
        send = send.ready().await?;
        unread.push(send.send_request(request(target, "GET", path)?, true)?);
    }
    connection.join_next().await;
    Ok(())
}

/// A connection, and the task that runs it until it is dropped.
async fn connect(target: &Target, builder: &Builder) -> Result<(SendRequest<Bytes>, JoinSet<()>)> {
    let stream = TcpStream::connect(target.caller.address).await?;
    let (send, connection) = builder.handshake(stream).await?;
    let mut running = JoinSet::new();
    running.spawn(async move {
        let _ = connection.await; // its end is what matters
    });
    Ok((send, running))
}

fn request(target: &Target, method: &str, path: &str) -> Result<Request<()>> {
    let request = Request::builder()
        .method(method)
        .uri(format!("http://{}{path}", target.caller.address))
        .header("x-tenant-id", TENANT)
        .header("idempotency-key", Uuid::new_v4().to_string());
    Ok(request.body(())?)
}
