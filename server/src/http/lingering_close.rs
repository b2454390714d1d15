//! Lingering close (RFC 9112 §9.6): after the last response, the connection stays open for reading
//! for up to a second.
//!
//! hyper closes a connection also while the client is still sending, for instance after a response
//! to a body that is too large. The operating system then resets the connection, and the client
//! loses the response that it has not read yet. So the write side is closed first, and what arrives
//! on the read side is discarded until the client closes too.

use std::{
    io,
    mem::MaybeUninit,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use hyper::rt::{Read, ReadBuf, ReadBufCursor, Write};
use tokio::time::{Sleep, sleep};

/// How long a client may go on sending after the last response.
const TIMEOUT: Duration = Duration::from_secs(1);

/// A connection whose `poll_shutdown` lingers.
#[derive(Debug)]
pub struct LingeringClose<T> {
    io: T,
    /// Set once the write side is closed.
    deadline: Option<Pin<Box<Sleep>>>,
}

// === impl LingeringClose ===

impl<T> LingeringClose<T> {
    /// Wraps a connection.
    pub fn new(io: T) -> Self {
        Self { io, deadline: None }
    }
}

impl<T: Read + Unpin> Read for LingeringClose<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl<T: Read + Write + Unpin> Write for LingeringClose<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.deadline.is_none() {
            ready!(Pin::new(&mut this.io).poll_shutdown(cx))?;
        }
        let deadline = this
            .deadline
            .get_or_insert_with(|| Box::pin(sleep(TIMEOUT)));
        let mut discarded = [MaybeUninit::uninit(); 16 * 1024];
        while deadline.as_mut().poll(cx).is_pending() {
            let mut buf = ReadBuf::uninit(&mut discarded);
            let read = ready!(Pin::new(&mut this.io).poll_read(cx, buf.unfilled()));
            if read.is_err() || buf.filled().is_empty() {
                break; // the client has closed its side too
            }
        }
        Poll::Ready(Ok(()))
    }
}
