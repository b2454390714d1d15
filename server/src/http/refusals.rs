//! What hyper refuses. It answers a head that it cannot parse by itself, without a body, before any service is asked;
//! this stands between it and the socket and gives that answer the contract's shape.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes};
use futures_util::FutureExt;
use http::header::CONTENT_TYPE;
use http_body_util::BodyExt;
use hyper::rt::{Read, ReadBufCursor, Write};
use orders_api::Response;
use uuid::Uuid;

use super::{failure::Failure, request_id};

/// A connection on which hyper's own refusals are rewritten.
#[derive(Debug)]
pub struct Refusals<T> {
    io: T,
    /// The rest of the rewritten refusal, while it is being written.
    rewritten: Bytes,
}

// === impl Refusals ===

impl<T> Refusals<T> {
    /// Watches what is written to `io`.
    pub fn new(io: T) -> Self {
        Self {
            io,
            rewritten: Bytes::new(),
        }
    }
}

impl<T: Read + Unpin> Read for Refusals<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl<T: Write + Unpin> Write for Refusals<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if this.rewritten.is_empty() {
            if !is_refusal(buf) {
                return Pin::new(&mut this.io).poll_write(cx, buf);
            }
            this.rewritten = refusal();
        }
        // While this is pending hyper comes back with the same buffer.
        while this.rewritten.has_remaining() {
            let written = ready!(Pin::new(&mut this.io).poll_write(cx, &this.rewritten))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            this.rewritten.advance(written);
        }
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

/// A head with a client error, without a body and without the request id that every answer of ours carries.
fn is_refusal(written: &[u8]) -> bool {
    let contains = |needle: &[u8]| written.windows(needle.len()).any(|window| window == needle);
    written.starts_with(b"HTTP/1.1 4")
        && contains(b"\r\ncontent-length: 0\r\n")
        && !contains(b"\r\nx-request-id: ")
}

fn refusal() -> Bytes {
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
