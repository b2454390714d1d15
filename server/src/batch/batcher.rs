//! The queue of one kind of request, and the workers that empty it.

use std::{
    iter,
    panic::AssertUnwindSafe,
    slice,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use futures_util::FutureExt;
use tokio::sync::oneshot;

use super::{
    fair_queue::FairQueue,
    handler::{Attempt, BatchError, BatchHandler, RequestError},
    metrics::{BatchMetrics, Metrics},
    single::{SingleLimits, SingleQueue},
    traces::{self, WaitTrace},
};
use crate::detached::Detached;

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
    operation: &'static str,
    handler: H,
    limits: Limits,
    metrics: BatchMetrics,
    state: Mutex<State<Waiting<H>>>,
}

struct State<T> {
    queue: FairQueue<T>,
    running_workers: usize,
    single: SingleQueue<T>,
}

struct Waiting<H: BatchHandler> {
    tenant: Arc<str>,
    since: Instant,
    trace: WaitTrace,
    request: H::Request,
    responder: Responder<H>,
}

/// Sends the response of one request to its caller.
type Responder<H> = oneshot::Sender<
    Result<<H as BatchHandler>::Response, RequestError<<H as BatchHandler>::Error>>,
>;

// === impl Batcher ===

impl<H: BatchHandler> Batcher<H> {
    /// Batches requests of an operation for `handler`.
    pub fn new(operation: &'static str, handler: H, limits: Limits, metrics: &Metrics) -> Self {
        Self(Arc::new(Shared {
            operation,
            handler,
            limits,
            metrics: metrics.of(operation),
            state: Mutex::new(State {
                queue: FairQueue::default(),
                running_workers: 0,
                single: SingleQueue::new(limits.single()),
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
        let idle = self.0.enqueue(Waiting {
            tenant: tenant.into(),
            since: Instant::now(),
            trace: WaitTrace::start(self.0.operation),
            request,
            responder,
        });
        if let Some(first) = idle {
            // In the caller's task: a worker's would cost a switch there and back.
            Detached::new(Arc::clone(&self.0).run_first(first)).await;
        }
        response.await.unwrap_or(Err(RequestError::Panicked))
    }
}

impl<H: BatchHandler> Clone for Batcher<H> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

// === impl Shared ===

impl<H: BatchHandler> Shared<H> {
    /// Queues a request, or returns it if a worker is idle: that worker has to handle it.
    fn enqueue(self: &Arc<Self>, waiting: Waiting<H>) -> Option<Waiting<H>> {
        let mut state = self.state();
        if state.single.has(&waiting.tenant) {
            drop(state);
            self.enqueue_single([waiting]);
            return None;
        }
        if state.running_workers < self.limits.batch_concurrency {
            state.running_workers += 1;
            return Some(waiting);
        }
        if state.queue.len() >= self.limits.queue_size {
            match state.queue.drop_from_longest(&waiting.tenant) {
                Some(dropped) => dropped.respond(Err(RequestError::QueueFull)),
                None => {
                    waiting.respond(Err(RequestError::QueueFull));
                    return None;
                }
            }
        }
        state.queue.push(&Arc::clone(&waiting.tenant), waiting);
        None
    }

    /// Queues requests that are handled by themselves. Never waits: a request without room fails.
    fn enqueue_single(self: &Arc<Self>, requests: impl IntoIterator<Item = Waiting<H>>) {
        let mut state = self.state();
        for waiting in requests {
            let tenant = Arc::clone(&waiting.tenant);
            if let Err(refused) = state.single.push(&tenant, waiting) {
                refused.respond(Err(RequestError::QueueFull));
            }
        }
        while let Some((_, waiting)) = state.single.start_next() {
            tokio::spawn(Arc::clone(self).run_single(waiting));
        }
    }

    /// A worker that was idle: handles a request by itself. What has been queued meanwhile is
    /// handled in a task, because the request's caller does not wait for it.
    async fn run_first(self: Arc<Self>, first: Waiting<H>) {
        self.handle(vec![first]).await;
        if let Some(batch) = self.next_batch() {
            tokio::spawn(self.run_worker(batch));
        }
    }

    /// A busy worker: handles batches until the queue is empty.
    async fn run_worker(self: Arc<Self>, first: Vec<Waiting<H>>) {
        let mut next = Some(first);
        while let Some(batch) = next {
            self.handle(batch).await;
            next = self.next_batch();
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

    async fn handle(self: &Arc<Self>, batch: Vec<Waiting<H>>) {
        let start = Instant::now();
        for waiting in &batch {
            let waited = start.duration_since(waiting.since);
            self.metrics.wait.observe(waited.as_secs_f64());
        }
        let waits = batch.iter().map(|waiting| &waiting.trace);
        let span = traces::handle(waits, self.operation, Attempt::Batched);
        let (callers, (requests, responders)): (Vec<_>, (Vec<_>, Vec<_>)) = batch
            .into_iter()
            .map(|waiting| {
                let caller = (waiting.tenant, waiting.trace);
                (caller, (waiting.request, waiting.responder))
            })
            .unzip();
        // A panic ends the batch, not the worker: the callers see their responders dropped.
        // Batches share nothing but the handler, which keeps its own state consistent.
        let handled = AssertUnwindSafe(self.handler.handle(&requests, Attempt::Batched));
        let handled = span.around(handled.catch_unwind()).await;
        traces::end(&span, &handled);
        self.metrics.on_batch(requests.len(), start.elapsed());
        let Ok(result) = handled else {
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
                self.metrics.taken_apart.inc();
                let requests = callers.into_iter().zip(requests).zip(responders);
                let waiting = requests.map(|(((tenant, trace), request), responder)| Waiting {
                    tenant,
                    since: start,
                    trace: trace.again(self.operation),
                    request,
                    responder,
                });
                self.enqueue_single(waiting);
            }
        }
    }

    /// Handles one request by itself, and starts the next one.
    async fn run_single(self: Arc<Self>, waiting: Waiting<H>) {
        self.metrics.single.inc();
        let wait = iter::once(&waiting.trace);
        let span = traces::handle(wait, self.operation, Attempt::Single);
        let requests = slice::from_ref(&waiting.request);
        let handled = AssertUnwindSafe(self.handler.handle(requests, Attempt::Single));
        let handled = span.around(handled.catch_unwind()).await;
        traces::end(&span, &handled);
        let response = match handled {
            Ok(Ok(mut responses)) => responses.pop().ok_or(RequestError::Panicked),
            Ok(Err(error)) => Err(RequestError::Failed(error)),
            Err(_) => Err(RequestError::Panicked),
        };
        self.state().single.end(&waiting.tenant);
        waiting.respond(response);
        self.enqueue_single([]);
    }

    fn state(&self) -> MutexGuard<'_, State<Waiting<H>>> {
        // No code panics while it holds the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Waiting ===

impl<H: BatchHandler> Waiting<H> {
    fn respond(self, response: Result<H::Response, RequestError<H::Error>>) {
        let _ = self.responder.send(response); // the caller may have stopped waiting
    }
}

// === impl Limits ===

impl Limits {
    fn single(&self) -> SingleLimits {
        SingleLimits {
            concurrency: self.single_concurrency,
            queue_size: self.queue_size,
            tenant_queue_size: self.batch_size,
        }
    }
}
