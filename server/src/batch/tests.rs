use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{Notify, mpsc},
    task::JoinHandle,
    time::timeout,
};

use super::{Attempt, BatchError, BatchHandler, Batcher, Limits, Metrics, RequestError};

const LIMITS: Limits = Limits {
    batch_concurrency: 1,
    single_concurrency: 1,
    batch_size: 3,
    queue_size: 6,
};

const FAILS: u32 = 0;
const PANICS: u32 = 13;
const FAILS_THE_BATCH: u32 = 666;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    OneRequest,
    AllRequests,
}

impl BatchError for Fault {
    fn affects_all(&self) -> bool {
        *self == Self::AllRequests
    }
}

type Handled = (Vec<u32>, Attempt);

/// Responds with the requests. Handles one batch each time `proceed` is notified.
struct Echo {
    batches: mpsc::UnboundedSender<Handled>,
    proceed: Arc<Notify>,
    handled: Arc<AtomicUsize>,
}

impl BatchHandler for Echo {
    type Request = u32;
    type Response = u32;
    type Error = Fault;

    async fn handle(&self, requests: &[u32], attempt: Attempt) -> Result<Vec<u32>, Fault> {
        let _ = self.batches.send((requests.to_vec(), attempt));
        self.proceed.notified().await;
        assert!(!requests.contains(&PANICS), "on purpose");
        if requests.contains(&FAILS_THE_BATCH) {
            return Err(Fault::AllRequests);
        }
        if requests.contains(&FAILS) {
            return Err(Fault::OneRequest);
        }
        self.handled.fetch_add(requests.len(), Ordering::SeqCst);
        Ok(requests.to_vec())
    }
}

struct World {
    batcher: Batcher<Echo>,
    batches: mpsc::UnboundedReceiver<Handled>,
    proceed: Arc<Notify>,
    handled: Arc<AtomicUsize>,
}

type Called = JoinHandle<Result<u32, RequestError<Fault>>>;

impl World {
    fn new() -> Self {
        let (sender, batches) = mpsc::unbounded_channel();
        let (proceed, handled) = (Arc::new(Notify::new()), Arc::new(AtomicUsize::new(0)));
        let echo = Echo {
            batches: sender,
            proceed: Arc::clone(&proceed),
            handled: Arc::clone(&handled),
        };
        Self {
            batcher: Batcher::new("echo", echo, LIMITS, &Metrics::default()),
            batches,
            proceed,
            handled,
        }
    }

    /// Sends a request; returns once it is in the queue.
    async fn call(&self, tenant: &'static str, request: u32) -> Called {
        let batcher = self.batcher.clone();
        let task = tokio::spawn(async move { batcher.call(tenant, request).await });
        // On a current-thread runtime the task runs up to its first wait, past the queue.
        tokio::task::yield_now().await;
        task
    }

    /// The next batch that reaches the handler.
    async fn batch(&mut self) -> Handled {
        let batch = timeout(Duration::from_secs(10), self.batches.recv());
        batch.await.unwrap().unwrap()
    }
}

#[tokio::test]
async fn an_idle_worker_takes_one_request_at_once_and_a_busy_one_takes_the_queue() {
    let mut world = World::new();
    let first = world.call("a", 1).await;
    assert_eq!(world.batch().await, (vec![1], Attempt::Batched));
    let (second, third) = (world.call("a", 2).await, world.call("a", 3).await);
    world.proceed.notify_one();
    assert_eq!(first.await.unwrap(), Ok(1));
    assert_eq!(world.batch().await, (vec![2, 3], Attempt::Batched));
    world.proceed.notify_one();
    assert_eq!(second.await.unwrap(), Ok(2));
    assert_eq!(third.await.unwrap(), Ok(3));
}

#[tokio::test]
async fn one_failing_request_of_a_batch_fails_by_itself() {
    let mut world = World::new();
    let first = world.call("a", 1).await;
    world.batch().await;
    let calls = [
        world.call("a", 2).await,
        world.call("a", FAILS).await,
        world.call("a", 3).await,
    ];
    for _ in 0..2 {
        world.proceed.notify_one();
        world.batch().await; // the batch of three, then its first request
    }
    for _ in 0..2 {
        world.proceed.notify_one();
        assert_eq!(world.batch().await.1, Attempt::Single);
    }
    world.proceed.notify_one();
    let mut responses = Vec::new();
    for call in calls {
        responses.push(call.await.unwrap());
    }
    let failed = Err(RequestError::Failed(Fault::OneRequest));
    assert_eq!(responses, [Ok(2), failed, Ok(3)]);
    assert_eq!(first.await.unwrap(), Ok(1));
}

#[tokio::test]
async fn an_error_that_affects_all_requests_is_not_retried() {
    let mut world = World::new();
    let _first = world.call("a", 1).await;
    world.batch().await;
    let calls = [
        world.call("a", FAILS_THE_BATCH).await,
        world.call("a", 2).await,
    ];
    world.proceed.notify_one();
    world.batch().await;
    world.proceed.notify_one();
    for call in calls {
        let failed = Err(RequestError::Failed(Fault::AllRequests));
        assert_eq!(call.await.unwrap(), failed);
    }
    assert!(world.batches.try_recv().is_err());
}

#[tokio::test]
async fn a_caller_that_stops_waiting_cancels_no_request() {
    let mut world = World::new();
    let first = world.call("a", 1).await;
    world.batch().await;
    let (second, third) = (world.call("a", 2).await, world.call("a", 3).await);
    second.abort();
    world.proceed.notify_one();
    assert_eq!(first.await.unwrap(), Ok(1));
    assert_eq!(world.batch().await, (vec![2, 3], Attempt::Batched));
    world.proceed.notify_one();
    assert_eq!(third.await.unwrap(), Ok(3));
    assert_eq!(world.handled.load(Ordering::SeqCst), 3);
}

/// The caller whose request found an idle worker runs the batch itself.
#[tokio::test]
async fn a_caller_that_stops_waiting_ends_neither_its_batch_nor_the_worker() {
    let mut world = World::new();
    let first = world.call("a", 1).await;
    assert_eq!(world.batch().await, (vec![1], Attempt::Batched));
    let second = world.call("a", 2).await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    world.proceed.notify_one();
    assert_eq!(world.batch().await, (vec![2], Attempt::Batched));
    assert_eq!(world.handled.load(Ordering::SeqCst), 1);
    world.proceed.notify_one();
    assert_eq!(second.await.unwrap(), Ok(2));
}

#[tokio::test]
async fn a_full_queue_refuses_the_tenant_that_fills_it() {
    let mut world = World::new();
    let _running = world.call("flood", 1).await;
    world.batch().await;
    let mut flood = Vec::new();
    for request in 10..10 + LIMITS.queue_size as u32 {
        flood.push(world.call("flood", request).await);
    }
    let one_too_many = world.call("flood", 99).await;
    assert_eq!(one_too_many.await.unwrap(), Err(RequestError::QueueFull));
    let small = world.call("small", 7).await;
    let latest = flood.pop().unwrap().await.unwrap();
    assert_eq!(latest, Err(RequestError::QueueFull), "it makes room");
    world.proceed.notify_one();
    let round_robin = (vec![10, 7, 11], Attempt::Batched);
    assert_eq!(world.batch().await, round_robin);
    world.proceed.notify_one();
    assert_eq!(small.await.unwrap(), Ok(7));
}

#[tokio::test]
async fn a_panic_ends_its_batch_and_not_the_worker() {
    let mut world = World::new();
    let panicking = world.call("a", PANICS).await;
    world.batch().await;
    world.proceed.notify_one();
    assert_eq!(panicking.await.unwrap(), Err(RequestError::Panicked));
    let next = world.call("a", 1).await;
    assert_eq!(world.batch().await, (vec![1], Attempt::Batched));
    world.proceed.notify_one();
    assert_eq!(next.await.unwrap(), Ok(1));
}

#[tokio::test]
async fn a_tenant_whose_single_request_waits_delays_no_other_tenant() {
    let mut world = World::new();
    let failing = world.call("locked", FAILS).await;
    assert_eq!(world.batch().await, (vec![FAILS], Attempt::Batched));
    world.proceed.notify_one();
    assert_eq!(world.batch().await, (vec![FAILS], Attempt::Single));
    // It waits for a lock now. Later requests of its tenant join no batch.
    let later = world.call("locked", 1).await;
    let other = world.call("other", 2).await;
    assert_eq!(world.batch().await, (vec![2], Attempt::Batched));
    world.proceed.notify_one(); // the single request, which waits longest
    assert_eq!(
        failing.await.unwrap(),
        Err(RequestError::Failed(Fault::OneRequest))
    );
    assert_eq!(world.batch().await, (vec![1], Attempt::Single));
    world.proceed.notify_one();
    assert_eq!(other.await.unwrap(), Ok(2));
    world.proceed.notify_one();
    assert_eq!(later.await.unwrap(), Ok(1));
}
