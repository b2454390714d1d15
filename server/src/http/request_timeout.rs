//! The request timeout: bounds how long a client waits for its response.
//!
//! Each request runs in a task of its own. At the timeout the client gets 503 and the task runs on:
//! neither a timeout nor a client that disconnects cancels a handler between `BEGIN` and `COMMIT`.
//! The task ends by itself, because the database's own timeouts bound each statement.

use std::{
    convert::Infallible,
    future::Future,
    panic::resume_unwind,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::FutureExt;
use http::Request;
use orders_api::Response;
use tokio::time::timeout;
use tower::{Layer, Service, layer::layer_fn};
use tracing::Instrument;

use super::{failure::Failure, overload::Overload};

/// Runs each request in a task of its own and bounds the wait for its response.
///
/// The responses at the timeout ([`Failure::Overloaded`]) and for failures of the inner service are
/// written here, so this service never fails. A panic of the inner service goes on in the caller.
#[derive(Clone, Debug)]
pub struct DetachedTimeout<S> {
    inner: S,
    timeout: Duration,
}

/// Wraps a service in [`DetachedTimeout`].
pub fn layer<S>(timeout: Duration) -> impl Layer<S, Service = DetachedTimeout<S>> + Clone {
    layer_fn(move |inner| DetachedTimeout { inner, timeout })
}

// === impl DetachedTimeout ===

impl<S, B> Service<Request<B>> for DetachedTimeout<S>
where
    S: Service<Request<B>, Response = Response, Error = Failure, Future: Send + 'static>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // Load shedding below is always ready, and fails the request if its own service is not.
        self.inner.poll_ready(cx).map(|_| Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let task = tokio::spawn(self.inner.call(request).in_current_span());
        let response = timeout(self.timeout, task).map(|ended| match ended {
            Ok(Ok(Ok(response))) => response,
            Ok(Ok(Err(failure))) => failure.into(),
            Ok(Err(error)) => match error.try_into_panic() {
                Ok(panic) => resume_unwind(panic),
                // The runtime cancels its tasks when it shuts down.
                Err(_) => Failure::Overloaded(Overload::ShuttingDown).into(),
            },
            Err(_) => Failure::Overloaded(Overload::RequestTimeout).into(),
        });
        Box::pin(response.map(Ok))
    }
}
