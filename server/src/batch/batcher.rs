//! The queue of one kind of request, and the workers that empty it.

use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::FutureExt;
use tokio::sync::oneshot;

use super::{
    fair_queue::FairQueue,
    handler::{Attempt, BatchError, BatchHandler, RequestError},
    single::{Responder, SingleRequests},
};

/// Bounds of a [`Batcher`].
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Workers: batches handled at a time.
    pub batch_concurrency: usize,
    /// Single requests handled at a time.
    pub single_concurrency: usize,
    /// Requests in a batch.
    pub batch_size: usize,
    /// Requests that wait for a worker.
    pub queue_size: usize,
}

/// Batches requests of one kind. Cheap to clone.
pub struct Batcher<H: BatchHandler>(Arc<Shared<H>>);

struct Shared<H: BatchHandler> {
    handler: Arc<H>,
    limits: Limits,
    single_requests: SingleRequests,
    state: Mutex<State<Waiting<H>>>,
}

struct State<T> {
    queue: FairQueue<T>,
    running_workers: usize,
}

struct Waiting<H: BatchHandler> {
    request: H::Request,
    responder: Responder<H>,
}

// === impl Batcher ===

impl<H: BatchHandler> Batcher<H> {
    /// Batches requests for `handler`.
    pub fn new(handler: H, limits: Limits) -> Self {
        Self(Arc::new(Shared {
            handler: Arc::new(handler),
            limits,
            single_requests: SingleRequests::new(limits.single_concurrency),
            state: Mutex::new(State {
                queue: FairQueue::default(),
                running_workers: 0,
            }),
        }))
    }

    /// Handles a request of a tenant. Dropping the future does not cancel the request.
    ///
    /// # Errors
    /// [`RequestError::Failed`] with the handler's error, [`RequestError::QueueFull`] if the queue
    /// has no room for this tenant, [`RequestError::Panicked`] if the handler panicked.
    pub async fn call(
        &self,
        tenant: &str,
        request: H::Request,
    ) -> Result<H::Response, RequestError<H::Error>> {
        let (responder, response) = oneshot::channel();
        self.enqueue(tenant, Waiting { request, responder })?;
        response.await.unwrap_or(Err(RequestError::Panicked))
    }

    fn enqueue(&self, tenant: &str, waiting: Waiting<H>) -> Result<(), RequestError<H::Error>> {
        let shared = &self.0;
        let mut state = shared.state();
        if state.queue.len() >= shared.limits.queue_size {
            let dropped = state.queue.drop_from_longest(tenant);
            let dropped = dropped.ok_or(RequestError::QueueFull)?;
            // The caller may have stopped waiting.
            let _ = dropped.responder.send(Err(RequestError::QueueFull));
        }
        state.queue.push(tenant, waiting);
        if state.running_workers < shared.limits.batch_concurrency {
            state.running_workers += 1;
            tokio::spawn(Arc::clone(shared).run_worker());
        }
        Ok(())
    }
}

impl<H: BatchHandler> Clone for Batcher<H> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

// === impl Shared ===

impl<H: BatchHandler> Shared<H> {
    /// A worker: handles batches until the queue is empty.
    async fn run_worker(self: Arc<Self>) {
        while let Some(batch) = self.next_batch() {
            let (requests, responders) = batch
                .into_iter()
                .map(|waiting| (waiting.request, waiting.responder))
                .unzip();
            self.handle(requests, responders).await;
        }
    }

    /// The next batch; `None` ends the worker.
    fn next_batch(&self) -> Option<Vec<Waiting<H>>> {
        let mut state = self.state();
        let batch = state.queue.take(self.limits.batch_size);
        if batch.is_empty() {
            // Under the same lock: a request queued in between would wait for ever.
            state.running_workers -= 1;
            return None;
        }
        Some(batch)
    }

    async fn handle(&self, requests: Vec<H::Request>, responders: Vec<Responder<H>>) {
        // A panic ends the batch, not the worker: the callers see their responders dropped.
        // Batches share nothing but the handler, which keeps its own state consistent.
        let handled = AssertUnwindSafe(self.handler.handle(&requests, Attempt::Batched));
        let Ok(result) = handled.catch_unwind().await else {
            return;
        };
        match result {
            Ok(responses) => {
                for (responder, response) in responders.into_iter().zip(responses) {
                    let _ = responder.send(Ok(response)); // the caller may have stopped waiting
                }
            }
            Err(error) if error.affects_all() => {
                for responder in responders {
                    let _ = responder.send(Err(RequestError::Failed(error.clone())));
                }
            }
            Err(_) => {
                for (request, responder) in requests.into_iter().zip(responders) {
                    let handler = Arc::clone(&self.handler);
                    self.single_requests
                        .start(handler, request, responder)
                        .await;
                }
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State<Waiting<H>>> {
        // No code panics while it holds the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
