//! Combining: calls that are waiting anyway go on together.
//!
//! A fixed number of lanes do the work. A call that finds one idle goes on alone and at once; while
//! all are busy calls gather, and the next lane that is done takes what has gathered. Nothing waits
//! on a timer.
//!
//! **Invariant:** a call that was accepted is worked on to its end, whether or not its caller still
//! waits.
//!
//! **Invariant:** a call that cannot be done fails alone: a batch that fails is taken apart.
//!
//! **Invariant:** callers are served in turn. One that floods the queue delays itself, and is the
//! one turned away when the queue is full.

use std::{
    collections::{HashMap, VecDeque},
    panic::AssertUnwindSafe,
    slice,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::FutureExt;
use thiserror::Error;
use tokio::sync::{Semaphore, oneshot};

/// What can be done for many calls at once.
pub trait Work: Send + Sync + 'static {
    /// What is asked.
    type Call: Send + Sync + 'static;
    /// What is answered.
    type Answer: Send + 'static;
    /// Why nothing was done.
    type Error: Clone + Send + 'static;

    /// Answers the calls, each in its own way, in their order; or does nothing for any of them.
    /// Nobody waits behind a call that is `alone`, so it may take its time.
    fn work(
        &self,
        calls: &[Self::Call],
        alone: bool,
    ) -> impl Future<Output = Result<Vec<Self::Answer>, Self::Error>> + Send;

    /// Whether an error is due to no call in particular, so that trying them one by one would be no
    /// use.
    fn concerns_all(error: &Self::Error) -> bool;
}

/// How much is done at a time, and how much may wait.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Batches in the works at a time.
    pub lanes: usize,
    /// Calls in the works one by one, because the batch they came in failed.
    pub stragglers: usize,
    /// Calls in a batch.
    pub batch: usize,
    /// Calls waiting for a lane.
    pub queue: usize,
}

/// Why a call was not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refused<E> {
    /// The work failed.
    #[error("the work failed")]
    Failed(E),
    /// The queue is full, and this caller's part of it is the largest.
    #[error("too many calls are waiting")]
    Full,
    /// The work panicked.
    #[error("the work was lost")]
    Lost,
}

/// Combines the calls of many callers. Cheap to clone.
pub struct Combiner<W: Work>(Arc<Shared<W>>);

struct Shared<W: Work> {
    work: W,
    limits: Limits,
    stragglers: Arc<Semaphore>,
    state: Mutex<State<Waiting<W>>>,
}

struct State<T> {
    queue: Turns<T>,
    busy_lanes: usize,
}

struct Waiting<W: Work> {
    call: W::Call,
    answer: Answer<W>,
}

type Answer<W> = oneshot::Sender<Result<<W as Work>::Answer, Refused<<W as Work>::Error>>>;

/// A queue for each caller, served in turn.
struct Turns<T> {
    queues: HashMap<Arc<str>, VecDeque<T>>,
    /// The callers with something waiting, next one first.
    order: VecDeque<Arc<str>>,
    len: usize,
}

// === impl Combiner ===

impl<W: Work> Combiner<W> {
    /// Combines calls of `work`.
    pub fn new(work: W, limits: Limits) -> Self {
        Self(Arc::new(Shared {
            work,
            limits,
            stragglers: Arc::new(Semaphore::new(limits.stragglers)),
            state: Mutex::new(State {
                queue: Turns::default(),
                busy_lanes: 0,
            }),
        }))
    }

    /// Has the call worked on in its caller's turn. Dropping the future does not take the call
    /// back.
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn call(&self, caller: &str, call: W::Call) -> Result<W::Answer, Refused<W::Error>> {
        let (answer, answered) = oneshot::channel();
        self.enter(caller, Waiting { call, answer })?;
        answered.await.unwrap_or(Err(Refused::Lost))
    }

    fn enter(&self, caller: &str, waiting: Waiting<W>) -> Result<(), Refused<W::Error>> {
        let shared = &self.0;
        let mut state = shared.state();
        if state.queue.len >= shared.limits.queue {
            let turned_away = state.queue.drop_from_longest(caller).ok_or(Refused::Full)?;
            let _ = turned_away.answer.send(Err(Refused::Full)); // it may have given up already
        }
        state.queue.push(caller, waiting);
        if state.busy_lanes < shared.limits.lanes {
            state.busy_lanes += 1;
            tokio::spawn(Arc::clone(shared).run_lane());
        }
        Ok(())
    }
}

impl<W: Work> Clone for Combiner<W> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

// === impl Shared ===

impl<W: Work> Shared<W> {
    /// A lane: takes what waits until nothing does.
    async fn run_lane(self: Arc<Self>) {
        while let Some(batch) = self.next_batch() {
            let (calls, answers) = batch
                .into_iter()
                .map(|waiting| (waiting.call, waiting.answer))
                .unzip();
            self.run(calls, answers).await;
        }
    }

    /// What a lane does next; or nothing, and the lane is idle.
    fn next_batch(&self) -> Option<Vec<Waiting<W>>> {
        let mut state = self.state();
        let batch = state.queue.take(self.limits.batch);
        if batch.is_empty() {
            // Under the same lock as the look, or a call could slip in between and wait for ever.
            state.busy_lanes -= 1;
            return None;
        }
        Some(batch)
    }

    async fn run(self: &Arc<Self>, calls: Vec<W::Call>, answers: Vec<Answer<W>>) {
        // A panic ends the batch and not the lane: who waits sees the answer dropped. Nothing is
        // shared between batches but the work itself, which answers for its own state.
        let working = AssertUnwindSafe(self.work.work(&calls, false));
        let Ok(result) = working.catch_unwind().await else {
            return;
        };
        match result {
            Ok(results) => {
                for (answer, result) in answers.into_iter().zip(results) {
                    let _ = answer.send(Ok(result)); // the caller may have given up
                }
            }
            Err(error) if W::concerns_all(&error) => {
                for answer in answers {
                    let _ = answer.send(Err(Refused::Failed(error.clone())));
                }
            }
            Err(_) => {
                for (call, answer) in calls.into_iter().zip(answers) {
                    self.run_alone(call, answer).await;
                }
            }
        }
    }

    /// Works on a call beside the lanes: one that waits for a lock holds up no other. Returns when
    /// there is room to.
    async fn run_alone(self: &Arc<Self>, call: W::Call, answer: Answer<W>) {
        let Ok(room) = Arc::clone(&self.stragglers).acquire_owned().await else {
            return; // never closed
        };
        let shared = Arc::clone(self);
        tokio::spawn(async move {
            let result = shared.work.work(slice::from_ref(&call), true).await;
            let _ = answer.send(match result.map(|mut results| results.pop()) {
                Ok(Some(result)) => Ok(result),
                Ok(None) => Err(Refused::Lost),
                Err(error) => Err(Refused::Failed(error)),
            });
            drop(room);
        });
    }

    fn state(&self) -> MutexGuard<'_, State<Waiting<W>>> {
        // Nothing panics while it holds the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Turns ===

impl<T> Default for Turns<T> {
    fn default() -> Self {
        Self {
            queues: HashMap::new(),
            order: VecDeque::new(),
            len: 0,
        }
    }
}

impl<T> Turns<T> {
    fn push(&mut self, caller: &str, item: T) {
        self.len += 1;
        if let Some(queue) = self.queues.get_mut(caller) {
            queue.push_back(item);
            return;
        }
        let caller: Arc<str> = caller.into();
        self.order.push_back(Arc::clone(&caller));
        self.queues.insert(caller, VecDeque::from([item]));
    }

    /// Up to `most` items, one of each caller in turn. O(items taken).
    fn take(&mut self, most: usize) -> Vec<T> {
        let mut taken = Vec::with_capacity(most.min(self.len));
        while taken.len() < most
            && let Some(caller) = self.order.pop_front()
        {
            let Some(queue) = self.queues.get_mut(&caller) else {
                continue;
            };
            taken.extend(queue.pop_front());
            if queue.is_empty() {
                self.queues.remove(&caller);
            } else {
                self.order.push_back(caller);
            }
        }
        self.len -= taken.len();
        taken
    }

    /// Makes room for `caller` at the expense of whoever has the most waiting: its latest item, or
    /// none if that is the caller itself. O(callers).
    fn drop_from_longest(&mut self, caller: &str) -> Option<T> {
        let own = self.queues.get(caller).map_or(0, VecDeque::len);
        let longest = self.queues.values_mut().max_by_key(|queue| queue.len())?;
        if longest.len() <= own + 1 {
            return None;
        }
        self.len -= 1;
        longest.pop_back()
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicUsize, Ordering},
        time::Duration,
    };

    use tokio::{
        sync::{Notify, mpsc},
        time::timeout,
    };

    use super::*;

    const LIMITS: Limits = Limits {
        lanes: 1,
        stragglers: 1,
        batch: 3,
        queue: 6,
    };

    /// Echoes numbers, one batch whenever it is told to. Zero cannot be done, 13 panics, 666 fails
    /// everyone.
    struct Echo {
        batches: mpsc::UnboundedSender<(Vec<u32>, bool)>,
        go_on: Arc<Notify>,
        done: Arc<AtomicUsize>,
    }

    impl Work for Echo {
        type Call = u32;
        type Answer = u32;
        type Error = &'static str;

        async fn work(&self, calls: &[u32], alone: bool) -> Result<Vec<u32>, &'static str> {
            let _ = self.batches.send((calls.to_vec(), alone));
            self.go_on.notified().await;
            assert!(!calls.contains(&13), "unlucky");
            if calls.contains(&666) {
                return Err("everyone");
            }
            if calls.contains(&0) {
                return Err("zero");
            }
            self.done.fetch_add(calls.len(), Ordering::SeqCst);
            Ok(calls.to_vec())
        }

        fn concerns_all(error: &&'static str) -> bool {
            *error == "everyone"
        }
    }

    struct World {
        combiner: Combiner<Echo>,
        batches: mpsc::UnboundedReceiver<(Vec<u32>, bool)>,
        go_on: Arc<Notify>,
        done: Arc<AtomicUsize>,
    }

    type Outcome = tokio::task::JoinHandle<Result<u32, Refused<&'static str>>>;

    impl World {
        fn new() -> Self {
            let (sender, batches) = mpsc::unbounded_channel();
            let (go_on, done) = (Arc::new(Notify::new()), Arc::new(AtomicUsize::new(0)));
            let echo = Echo {
                batches: sender,
                go_on: Arc::clone(&go_on),
                done: Arc::clone(&done),
            };
            Self {
                combiner: Combiner::new(echo, LIMITS),
                batches,
                go_on,
                done,
            }
        }

        /// Calls, and returns once the call has entered the queue.
        async fn call(&self, caller: &'static str, call: u32) -> Outcome {
            let combiner = self.combiner.clone();
            let task = tokio::spawn(async move { combiner.call(caller, call).await });
            // On a current-thread runtime the task runs up to its first wait, as far as the queue.
            tokio::task::yield_now().await;
            task
        }

        async fn batch(&mut self) -> (Vec<u32>, bool) {
            timeout(Duration::from_secs(10), self.batches.recv())
                .await
                .unwrap()
                .unwrap()
        }
    }

    #[tokio::test]
    async fn an_idle_lane_takes_one_call_at_once_and_a_busy_one_what_has_gathered() {
        let mut world = World::new();
        let first = world.call("a", 1).await;
        assert_eq!(world.batch().await, (vec![1], false));
        let (second, third) = (world.call("a", 2).await, world.call("a", 3).await);
        world.go_on.notify_one();
        assert_eq!(first.await.unwrap(), Ok(1));
        assert_eq!(world.batch().await, (vec![2, 3], false));
        world.go_on.notify_one();
        assert_eq!(
            (second.await.unwrap(), third.await.unwrap()),
            (Ok(2), Ok(3))
        );
    }

    #[tokio::test]
    async fn a_call_that_cannot_be_done_fails_alone() {
        let mut world = World::new();
        let first = world.call("a", 1).await;
        world.batch().await;
        let calls = [
            world.call("a", 2).await,
            world.call("a", 0).await,
            world.call("a", 3).await,
        ];
        for _ in 0..2 {
            world.go_on.notify_one();
            world.batch().await; // the batch of three, then its first member alone
        }
        for _ in 0..2 {
            world.go_on.notify_one();
            assert!(world.batch().await.1, "members are tried alone");
        }
        world.go_on.notify_one();
        let mut answers = Vec::new();
        for call in calls {
            answers.push(call.await.unwrap());
        }
        assert_eq!(answers, [Ok(2), Err(Refused::Failed("zero")), Ok(3)]);
        assert_eq!(first.await.unwrap(), Ok(1));
    }

    #[tokio::test]
    async fn what_concerns_all_is_not_tried_one_by_one() {
        let mut world = World::new();
        let _first = world.call("a", 1).await;
        world.batch().await;
        let calls = [world.call("a", 666).await, world.call("a", 2).await];
        world.go_on.notify_one();
        world.batch().await;
        world.go_on.notify_one();
        for call in calls {
            assert_eq!(call.await.unwrap(), Err(Refused::Failed("everyone")));
        }
        assert!(world.batches.try_recv().is_err());
    }

    #[tokio::test]
    async fn a_caller_who_gives_up_cancels_nobody() {
        let mut world = World::new();
        let first = world.call("a", 1).await;
        world.batch().await;
        let (second, third) = (world.call("a", 2).await, world.call("a", 3).await);
        second.abort();
        world.go_on.notify_one();
        assert_eq!(first.await.unwrap(), Ok(1));
        assert_eq!(world.batch().await, (vec![2, 3], false));
        world.go_on.notify_one();
        assert_eq!(third.await.unwrap(), Ok(3));
        assert_eq!(
            world.done.load(Ordering::SeqCst),
            3,
            "what was accepted is done"
        );
    }

    #[tokio::test]
    async fn a_caller_who_floods_waits_for_its_turn_and_is_the_one_turned_away() {
        let mut world = World::new();
        let _busy = world.call("flood", 1).await;
        world.batch().await;
        let mut flood = Vec::new();
        for call in 10..10 + LIMITS.queue as u32 {
            flood.push(world.call("flood", call).await);
        }
        let one_too_many = world.call("flood", 99).await;
        assert_eq!(one_too_many.await.unwrap(), Err(Refused::Full));
        let small = world.call("small", 7).await;
        assert_eq!(
            flood.pop().unwrap().await.unwrap(),
            Err(Refused::Full),
            "the latest makes room"
        );
        world.go_on.notify_one();
        assert_eq!(
            world.batch().await,
            (vec![10, 7, 11], false),
            "one of each in turn"
        );
        world.go_on.notify_one();
        assert_eq!(small.await.unwrap(), Ok(7));
    }

    #[tokio::test]
    async fn a_panic_ends_its_batch_and_not_the_lane() {
        let mut world = World::new();
        let unlucky = world.call("a", 13).await;
        world.batch().await;
        world.go_on.notify_one();
        assert_eq!(unlucky.await.unwrap(), Err(Refused::Lost));
        let next = world.call("a", 1).await;
        assert_eq!(world.batch().await, (vec![1], false));
        world.go_on.notify_one();
        assert_eq!(next.await.unwrap(), Ok(1));
    }
}
