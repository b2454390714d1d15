//! Authenticates requests for the operations that need it.

use std::{
    sync::Arc,
    task::{Context, Poll},
};

use futures_util::future::{BoxFuture, Either};
use http::Request;
use orders_api::{Operation, Response};
use tower::{Layer, Service, ServiceExt, layer::layer_fn};

use super::failure::Failure;
use crate::auth::{self, Authentication};

/// A service whose requests are authenticated.
#[derive(Clone, Debug)]
pub struct Authenticated<S> {
    authentication: Authentication,
    inner: S,
}

/// Checks the requests of the operations that have scopes. Other paths pass: probes and the
/// contract are public, and the router refuses unknown paths.
pub fn layer<S>(
    authentication: &Authentication,
) -> impl Layer<S, Service = Authenticated<S>> + Clone + use<S> {
    let authentication = authentication.clone();
    layer_fn(move |inner| Authenticated {
        authentication: authentication.clone(),
        inner,
    })
}

// === impl Authenticated ===

impl<S, B> Service<Request<B>> for Authenticated<S>
where
    S: Service<Request<B>, Response = Response, Error = Failure, Future: Send>,
    S: Clone + Send + 'static,
    B: Send + 'static,
{
    type Response = Response;
    type Error = Failure;
    type Future = Either<S::Future, BoxFuture<'static, Result<Response, Failure>>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let Authentication::Jwt(verifier) = &self.authentication else {
            return Either::Left(self.inner.call(request));
        };
        let operation = Operation::find(request.method(), request.uri().path());
        let Some(scopes) = operation.and_then(|operation| operation.scopes) else {
            return Either::Left(self.inner.call(request));
        };
        let (verifier, inner) = (Arc::clone(verifier), self.inner.clone());
        Either::Right(Box::pin(async move {
            let headers = request.headers_mut();
            let authorized = auth::authorize(&verifier, headers, scopes).await;
            authorized.map_err(Failure::Auth)?;
            inner.oneshot(request).await
        }))
    }
}
