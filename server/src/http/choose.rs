//! One of two services, by request.

use std::task::{Context, Poll, ready};

use futures_util::future::Either;
use http::Request;
use tower::Service;

/// Calls `this` for requests that satisfy `when`, and `other` for the rest.
#[derive(Clone, Debug)]
pub struct Choose<F, A, B> {
    /// The question.
    pub when: F,
    /// For a yes.
    pub this: A,
    /// For a no.
    pub other: B,
}

impl<F, A, B, T> Service<Request<T>> for Choose<F, A, B>
where
    F: Fn(&Request<T>) -> bool,
    A: Service<Request<T>>,
    B: Service<Request<T>, Response = A::Response, Error = A::Error>,
{
    type Response = A::Response;
    type Error = A::Error;
    type Future = Either<A::Future, B::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), A::Error>> {
        ready!(self.this.poll_ready(cx))?;
        self.other.poll_ready(cx)
    }

    fn call(&mut self, request: Request<T>) -> Self::Future {
        if (self.when)(&request) {
            Either::Left(self.this.call(request))
        } else {
            Either::Right(self.other.call(request))
        }
    }
}
