//! Counts the memory of a response until its client has read it.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::connections::OpenRequest;

/// The body of a response, with the request that it answers. hyper drops it after the last frame,
/// or when the client resets the stream.
#[derive(Debug)]
pub struct UnreadBody<B> {
    inner: Pin<Box<B>>,
    _open: Arc<OpenRequest>,
}

// === impl UnreadBody ===

impl<B: Body> UnreadBody<B> {
    /// Counts a response from now on, in place of its request.
    pub fn new(response: http::Response<B>, open: Arc<OpenRequest>) -> http::Response<Self> {
        // Operations alone make bodies of their own; others share one, such as those of assets.
        let own = response
            .extensions()
            .get::<orders_api::Operation>()
            .is_some();
        let bytes = if own {
            response.body().size_hint().lower()
        } else {
            0
        };
        open.responding(usize::try_from(bytes).unwrap_or(usize::MAX));
        response.map(|body| Self {
            inner: Box::pin(body),
            _open: open,
        })
    }
}

impl<B: Body<Data = Bytes>> Body for UnreadBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        self.inner.as_mut().poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
