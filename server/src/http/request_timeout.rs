//! The request timeout: bounds how long a client waits for its response.
//!
//! At the timeout the client gets 503 and the handler runs on: neither a timeout nor a client that
//! disconnects cancels a handler between `BEGIN` and `COMMIT`. The handler ends by itself, because
//! the database's own timeouts bound each statement.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::FutureExt;
use http::Request;
use orders_api::Response;
use tokio::time::timeout;
use tower::{Layer, Service, layer::layer_fn};

use super::{failure::Failure, overload::Overload};
use crate::{detached::Detached, traces};

/// Bounds the wait for the response to each request, whose handler is [`Detached`].
///
/// The responses at the timeout ([`Failure::Overloaded`]) and for failures of the inner service are
/// written here, so this service never fails.
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
        let handled = traces::Span::current().around(self.inner.call(request));
        let handler = Detached::new(handled);
        let response = timeout(self.timeout, handler).map(|ended| match ended {
            Ok(handled) => handled.unwrap_or_else(Into::into),
            Err(_) => Failure::Overloaded(Overload::RequestTimeout).into(),
        });
        Box::pin(response.map(Ok))
    }
}
