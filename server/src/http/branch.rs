//! A choice between two services by request.

use std::task::{Context, Poll, ready};

use futures_util::future::Either;
use http::Request;
use tower::Service;

/// Passes requests that satisfy `predicate` to `then`, and others to `otherwise`. Ready when both
/// are.
#[derive(Clone, Debug)]
pub struct Branch<P, A, B> {
    /// Judges each request.
    pub predicate: P,
    /// Responds if the predicate returns true.
    pub then: A,
    /// Responds if the predicate returns false.
    pub otherwise: B,
}

// === impl Branch ===

impl<P, A, B, T> Service<Request<T>> for Branch<P, A, B>
where
    P: Fn(&Request<T>) -> bool,
    A: Service<Request<T>>,
    B: Service<Request<T>, Response = A::Response, Error = A::Error>,
{
    type Response = A::Response;
    type Error = A::Error;
    type Future = Either<A::Future, B::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), A::Error>> {
        ready!(self.then.poll_ready(cx))?;
        self.otherwise.poll_ready(cx)
    }

    fn call(&mut self, request: Request<T>) -> Self::Future {
        if (self.predicate)(&request) {
            Either::Left(self.then.call(request))
        } else {
            Either::Right(self.otherwise.call(request))
        }
    }
}
