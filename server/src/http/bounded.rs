//! Work is bounded for the client, and finished all the same: each request runs as a task of its
//! own, which the client is answered without once its time is up.
//!
//! Neither a time-out nor a client that hangs up cancels a handler between `BEGIN` and `COMMIT`.
//! The database bounds each statement, so no task stays for good.

use std::{
    convert::Infallible,
    future::Future,
    panic::resume_unwind,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use http::Request;
use orders_api::Response;
use tokio::time::timeout;
use tower::{BoxError, Service};
use tracing::Instrument;

use super::failure::Failure;

/// Bounds each call of a service, and turns its refusals into responses.
#[derive(Clone, Copy, Debug)]
pub struct Layer {
    /// How long a client waits at most.
    pub patience: Duration,
}

/// See [`Layer`].
#[derive(Clone, Debug)]
pub struct Bounded<S> {
    inner: S,
    patience: Duration,
}

impl<S> tower::Layer<S> for Layer {
    type Service = Bounded<S>;

    fn layer(&self, inner: S) -> Bounded<S> {
        Bounded {
            inner,
            patience: self.patience,
        }
    }
}

impl<S, B> Service<Request<B>> for Bounded<S>
where
    S: Service<Request<B>, Response = Response, Error = BoxError, Future: Send + 'static>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // Load shedding is always ready; what is not ready below it fails the call.
        let _ = ready!(self.inner.poll_ready(cx));
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let task = tokio::spawn(self.inner.call(request).in_current_span());
        let patience = self.patience;
        Box::pin(async move {
            Ok(match timeout(patience, task).await {
                Ok(Ok(Ok(response))) => response,
                Ok(Ok(Err(_))) => Failure::Overloaded("too many requests in flight").into(),
                Ok(Err(ended)) => match ended.try_into_panic() {
                    Ok(panic) => resume_unwind(panic), // as if it had been called in place
                    // the runtime drops its tasks
                    Err(_) => Failure::Overloaded("shutting down").into(),
                },
                Err(_) => Failure::Overloaded("the request took too long").into(),
            })
        })
    }
}
