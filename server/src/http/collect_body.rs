//! Collects the body of each request before the request takes a permit of the concurrency limit, so
//! that a client which does not send its body holds up no other client.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::Request;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use orders_api::Response;
use tokio::time::timeout;
use tower::{BoxError, Layer, Service, ServiceExt, layer::layer_fn};

use super::{body_limit::limit_body, connections::OpenRequest, failure::Failure};

/// How much the memory for a body grows at a time, in bytes.
const GROWTH: usize = 8 * 1024;

/// A body in one piece, or the reason why it did not arrive:
/// [`LengthLimitError`](http_body_util::LengthLimitError) beyond the limit,
/// [`Elapsed`](tokio::time::error::Elapsed) at the timeout, otherwise the error of the connection.
///
/// The reason is an error of the body, so that the router ranks it among the errors of the request.
#[derive(Debug)]
pub struct CollectedBody(Option<Result<Bytes, BoxError>>);

/// Passes each request on with its [`CollectedBody`].
#[derive(Clone, Debug)]
pub struct CollectBody<S> {
    inner: S,
    limit: usize,
    timeout: Duration,
}

/// Wraps a service in [`CollectBody`]: at most `limit` bytes, which arrive within the timeout.
pub fn layer<S>(
    limit: usize,
    timeout: Duration,
) -> impl Layer<S, Service = CollectBody<S>> + Clone {
    layer_fn(move |inner| CollectBody {
        inner,
        limit,
        timeout,
    })
}

// === impl CollectBody ===

impl<S, B> Service<Request<B>> for CollectBody<S>
where
    S: Service<Request<CollectedBody>, Response = Response, Error = Failure, Future: Send>,
    S: Clone + Send + 'static,
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    type Response = Response;
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Failure>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        // The inner service is asked once the body is there.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let Self {
            inner,
            limit,
            timeout: patience,
        } = self.clone();
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            // Absent if no connection brought the request, as in a test of the stack.
            let open = parts.extensions.get::<Arc<OpenRequest>>();
            let collected = match timeout(patience, collect(body, limit, open)).await {
                Ok(collected) => collected,
                Err(elapsed) => Err(elapsed.into()),
            };
            if let Some(open) = open {
                open.handling();
            }
            let body = CollectedBody(Some(collected));
            inner.oneshot(Request::from_parts(parts, body)).await
        })
    }
}

/// Copies the frames: a frame of one byte may keep the connection's whole read buffer alive.
async fn collect<B>(
    body: B,
    limit: usize,
    open: Option<&Arc<OpenRequest>>,
) -> Result<Bytes, BoxError>
where
    B: Body<Data = Bytes, Error: Into<BoxError>>,
{
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let mut body = Box::pin(limit_body(body, limit));
    let mut collected = Vec::new();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame?.into_data() {
            if let Some(open) = open {
                open.received(data.len());
            }
            if collected.capacity() - collected.len() < data.len() {
                // Not doubled, so that the memory is about what is counted.
                collected.reserve_exact(data.len().max(GROWTH));
            }
            collected.extend_from_slice(&data);
        }
    }
    Ok(collected.into())
}

// === impl CollectedBody ===

impl Body for CollectedBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let collected = self.0.take();
        Poll::Ready(collected.map(|collected| collected.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Some(Ok(data)) => SizeHint::with_exact(data.len() as u64),
            Some(Err(_)) => SizeHint::default(),
            None => SizeHint::with_exact(0),
        }
    }
}
