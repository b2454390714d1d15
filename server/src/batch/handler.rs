//! What a [`Batcher`](super::Batcher) needs to know about the requests it batches.

use thiserror::Error;

/// Handles many requests of one kind at once.
pub trait BatchHandler: Send + Sync + 'static {
    /// One request.
    type Request: Send + Sync + 'static;
    /// The response to one request.
    type Response: Send + 'static;
    /// Why no request of the batch was handled.
    type Error: BatchError;

    /// Handles all requests and returns their responses in the same order, or fails without any
    /// effect.
    ///
    /// During [`Attempt::Batched`] other requests wait for this one to end. During
    /// [`Attempt::Single`] there is one request, and no other waits for it.
    fn handle(
        &self,
        requests: &[Self::Request],
        attempt: Attempt,
    ) -> impl Future<Output = Result<Vec<Self::Response>, Self::Error>> + Send;
}

/// How requests are handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// With others, in one transaction.
    Batched,
    /// By itself, after its batch has failed.
    Single,
}

/// The error of a batch.
pub trait BatchError: Clone + Send + 'static {
    /// Whether each request would fail with this error, so that retrying them one by one is
    /// useless.
    fn affects_all(&self) -> bool;
}

/// Why a request has no response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RequestError<E> {
    /// The handler failed.
    #[error("the batch failed")]
    Failed(E),
    /// The queue is full, and no tenant has more waiting requests than this one.
    #[error("the queue is full")]
    QueueFull,
    /// The handler panicked.
    #[error("the handler panicked")]
    Panicked,
}
