//! The socket as hyper sees it, and two things that hyper leaves to others.
//!
//! Hyper answers a head that it cannot parse by itself, without a body, before any service is
//! asked: here that answer gets the contract's shape. And it closes a connection over what it has
//! not read: a client that is still sending then gets a reset instead of its answer, so here the
//! closing lingers (RFC 9112 §9.6).

use std::{
    io,
    mem::MaybeUninit,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::{Buf, Bytes};
use futures_util::FutureExt;
use http::header::CONTENT_TYPE;
use http_body_util::BodyExt;
use hyper::rt::{Read, ReadBuf, ReadBufCursor, Write};
use orders_api::Response;
use tokio::time::{Sleep, sleep};
use uuid::Uuid;

use super::{failure::Failure, request_id};

/// How long a client may go on sending after its answer.
const LINGER: Duration = Duration::from_secs(1);

/// No refusal of hyper's is longer.
const LONGEST_REFUSAL: usize = 256;

/// A socket.
#[derive(Debug)]
pub struct Socket<T> {
    io: T,
    /// The rest of what is written instead of a refusal of hyper's.
    instead: Bytes,
    /// Since the answer is out and our side closed.
    lingering: Option<Pin<Box<Sleep>>>,
}

// === impl Socket ===

impl<T> Socket<T> {
    /// Stands between hyper and `io`.
    pub fn new(io: T) -> Self {
        Self {
            io,
            instead: Bytes::new(),
            lingering: None,
        }
    }
}

impl<T: Read + Unpin> Read for Socket<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl<T: Read + Write + Unpin> Write for Socket<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if this.instead.is_empty() {
            let Some(start) = refusal(buf) else {
                return Pin::new(&mut this.io).poll_write(cx, buf);
            };
            this.instead = [&buf[..start], &envelope()].concat().into();
        }
        // While this is pending hyper comes back with the same buffer.
        while this.instead.has_remaining() {
            let written = ready!(Pin::new(&mut this.io).poll_write(cx, &this.instead))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            this.instead.advance(written);
        }
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.lingering.is_none() {
            ready!(Pin::new(&mut this.io).poll_shutdown(cx))?;
        }
        let patience = this
            .lingering
            .get_or_insert_with(|| Box::pin(sleep(LINGER)));
        let mut discarded = [MaybeUninit::uninit(); 16 * 1024];
        while patience.as_mut().poll(cx).is_pending() {
            let mut buf = ReadBuf::uninit(&mut discarded);
            let read = ready!(Pin::new(&mut this.io).poll_read(cx, buf.unfilled()));
            if read.is_err() || buf.filled().is_empty() {
                break; // the peer has closed its side too
            }
        }
        Poll::Ready(Ok(()))
    }
}

/// Where a refusal of hyper's starts in what it writes, if there is one: the last head, with a
/// client error, without a body, and without the request id that every answer of ours carries.
fn refusal(written: &[u8]) -> Option<usize> {
    if !written.ends_with(b"\r\n\r\n") {
        return None;
    }
    let from = written.len().saturating_sub(LONGEST_REFUSAL);
    let tail = &written[from..];
    let find = |needle: &[u8]| {
        tail.windows(needle.len())
            .rposition(|window| window == needle)
    };
    let start = find(b"HTTP/1.")?;
    let is_client_error = tail[start..].get(8..10) == Some(b" 4");
    let after_start = |needle| find(needle).is_some_and(|at| at > start);
    let is_ours = after_start(b"\r\nx-request-id: ") || !after_start(b"\r\ncontent-length: 0\r\n");
    (is_client_error && !is_ours).then_some(from + start)
}

/// What is answered instead.
fn envelope() -> Bytes {
    let (head, body) = Response::from(Failure::Malformed).into_parts();
    // A body in memory is there at once.
    let body = body
        .collect()
        .now_or_never()
        .and_then(Result::ok)
        .unwrap_or_default()
        .to_bytes();
    let content_type = head
        .headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let mut text = format!(
        "HTTP/1.1 {}\r\n{}: {}\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        head.status,
        request_id::NAME,
        Uuid::now_v7(),
        body.len(),
    )
    .into_bytes();
    text.extend_from_slice(&body);
    text.into()
}
