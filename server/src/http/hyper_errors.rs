//! Gives the error responses that hyper writes by itself the contract's body.
//!
//! If hyper cannot parse the head of a request, it responds with 400, 414 or 431 and no body, and
//! closes the connection, without calling the service. hyper has no hook for this response. So this
//! wrapper looks for it in what hyper writes, and replaces it with [`Failure::Malformed`].

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes};
use futures_util::FutureExt;
use http_body_util::BodyExt;
use hyper::rt::{Read, ReadBufCursor, Write};
use orders_api::Response;

use super::{
    caching,
    failure::Failure,
    request_id::{self, X_REQUEST_ID},
};

/// More than the bytes of any error response of hyper's.
const MAX_ERROR_LEN: usize = 256;

/// A connection on which hyper's error responses are replaced.
///
/// It offers no vectored writes, so that hyper writes each response from one buffer.
#[derive(Debug)]
pub struct HyperErrors<T> {
    io: T,
    /// The bytes still to be written in place of hyper's.
    replacement: Bytes,
}

// === impl HyperErrors ===

impl<T> HyperErrors<T> {
    /// Wraps a connection.
    pub fn new(io: T) -> Self {
        Self {
            io,
            replacement: Bytes::new(),
        }
    }
}

impl<T: Read + Unpin> Read for HyperErrors<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl<T: Write + Unpin> Write for HyperErrors<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if this.replacement.is_empty() {
            let Some(start) = error_response(buf) else {
                return Pin::new(&mut this.io).poll_write(cx, buf);
            };
            this.replacement = [&buf[..start], &malformed()].concat().into();
        }
        // While this is pending, hyper calls again with the same buffer.
        while this.replacement.has_remaining() {
            let written = ready!(Pin::new(&mut this.io).poll_write(cx, &this.replacement))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            this.replacement.advance(written);
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

/// The position at which an error response of hyper's starts in the bytes that hyper writes. It
/// ends them, has a 4xx status and no body, and lacks the request id of the service's responses.
fn error_response(written: &[u8]) -> Option<usize> {
    if !written.ends_with(b"\r\n\r\n") {
        return None;
    }
    let from = written.len().saturating_sub(MAX_ERROR_LEN);
    let tail = &written[from..];
    let find = |needle: &[u8]| {
        tail.windows(needle.len())
            .rposition(|window| window == needle)
    };
    let start = find(b"HTTP/1.")?;
    let is_client_error = tail[start..].get(8..10) == Some(b" 4");
    let contains = |needle| find(needle).is_some_and(|position| position > start);
    let is_hypers = contains(b"\r\ncontent-length: 0\r\n") && !contains(b"\r\nx-request-id: ");
    (is_client_error && is_hypers).then_some(from + start)
}

/// The replacement, as bytes of HTTP/1.1.
fn malformed() -> Vec<u8> {
    let (mut head, body) = Response::from(Failure::Malformed).into_parts();
    caching::complete_malformed(&mut head.headers);
    head.headers.insert(X_REQUEST_ID, request_id::new());
    // A `Full` body is complete at the first poll.
    let body = body
        .collect()
        .now_or_never()
        .and_then(Result::ok)
        .unwrap_or_default()
        .to_bytes();
    let status = head.status;
    let mut text = format!("HTTP/1.1 {status}\r\n").into_bytes();
    for (name, value) in &head.headers {
        text.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    text.extend(
        format!(
            "content-length: {}\r\nconnection: close\r\n\r\n",
            body.len()
        )
        .bytes(),
    );
    text.extend(body);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_response_of_hypers_is_recognised_behind_other_responses() {
        let hypers = "HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\n\
                      content-length: 0\r\ndate: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\n";
        let before = "HTTP/1.1 200 OK\r\nx-request-id: a\r\ncontent-length: 2\r\n\r\n{}";
        assert_eq!(error_response(hypers.as_bytes()), Some(0));
        let both = format!("{before}{hypers}");
        assert_eq!(error_response(both.as_bytes()), Some(before.len()));
    }

    #[test]
    fn the_services_own_responses_are_left_alone() {
        for response in [
            "HTTP/1.1 404 Not Found\r\nx-request-id: a\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n{}",
            "",
        ] {
            assert_eq!(error_response(response.as_bytes()), None, "{response}");
        }
    }
}
