//! The relay at work: look, claim, publish, settle, all at the same time.
//!
//! One task holds all state and starts everything else. Nothing waits on a timer that could go on:
//! while claims are under way tenants gather for the next, and while settlements are under way
//! outcomes gather for the next.
//!
//! **Invariant:** an event is settled as published only after the publisher has said so.
//!
//! **Invariant:** no transaction is open and no lock held while an event is on its way to the
//! broker.
//!
//! **Invariant:** of an order at most one event is on its way at a time, over all replicas: a later
//! one cannot be claimed before the earlier one is marked.

use std::{
    future::pending,
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};
use tokio::{sync::watch, task::JoinSet, time::timeout_at};
use tracing::{info, warn};

use super::{
    attempt::{self, Broker, Rules, attempt},
    away::Away,
    figures::Figures,
    publisher::Publisher,
    store::{Leased, Outcome, Settlement, Store, Waiting},
    turns::{Turn, Turns},
    wake::WakeUp,
};
use crate::db::DbError;

/// Transactions of a kind under way at a time.
const LANES: usize = 2;

/// Tenants in a claim.
const TENANTS: usize = 16;

/// How long a relay that stops tries to give back what it holds.
const GIVING_BACK: Duration = Duration::from_secs(10);

/// How much of the time may go into looking: one part in so many.
const LOOKING: u32 = 20;

/// How much is done at a time, and how often.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Events on their way to the broker, or back from it and not yet settled.
    pub in_flight: usize,
    /// Events in a transaction.
    pub batch: usize,
    /// The pause between looks after something was found.
    pub poll: Duration,
    /// The pause between looks at most.
    pub poll_max: Duration,
}

/// The state of a relay.
pub struct Worker {
    store: Store,
    publisher: Arc<dyn Publisher>,
    wake_up: WakeUp,
    figures: Arc<Figures>,
    pace: Pace,
    rules: Rules,

    turns: Turns,
    /// Work in the database.
    steps: FuturesUnordered<BoxFuture<'static, Step>>,
    looking: bool,
    claims: usize,
    /// Events that the claims under way may bring.
    expected: usize,
    publishing: JoinSet<attempt::Done>,
    settlements: Vec<Settlement>,
    settling: usize,
    /// Events in the settlements under way.
    unsettled: usize,

    broker: Away,
    database: Away,
    next_look: Instant,
    pause: Duration,
    /// Whether something was claimed since the last look.
    found: bool,
    /// Tells attempts to stop.
    hurry: watch::Sender<bool>,
}

/// What a piece of work in the database came to.
enum Step {
    Looked(Duration, Result<Waiting, DbError>),
    Claimed {
        turns: Vec<Turn>,
        limit: usize,
        result: Result<Vec<Vec<Leased>>, DbError>,
    },
    Settled {
        taken: usize,
        left: Vec<Settlement>,
        result: Result<(), DbError>,
    },
}

// === impl Worker ===

impl Worker {
    /// A relay that has not begun.
    pub fn new(
        store: Store,
        publisher: Arc<dyn Publisher>,
        wake_up: WakeUp,
        figures: Arc<Figures>,
        pace: Pace,
        rules: Rules,
    ) -> Self {
        Self {
            store,
            publisher,
            wake_up,
            figures,
            pace,
            rules,
            turns: Turns::default(),
            steps: FuturesUnordered::new(),
            looking: false,
            claims: 0,
            expected: 0,
            publishing: JoinSet::new(),
            settlements: Vec::new(),
            settling: 0,
            unsettled: 0,
            broker: Away::default(),
            database: Away::default(),
            next_look: Instant::now(),
            pause: pace.poll,
            found: false,
            hurry: watch::Sender::new(false),
        }
    }

    /// Works until `stop`. Then nothing new is claimed; what is on its way may arrive for as long
    /// as `stop` says, and the rest is given back.
    pub async fn run(mut self, stop: impl Future<Output = Duration>) {
        let (mut stop, closes) = (pin!(stop), self.wake_up.clone());
        let patience = loop {
            self.start_work();
            let next_look = (!self.looking && !self.database.is_away()).then_some(self.next_look);
            let wake_up = next_look.into_iter().chain(self.pause_ends()).min();
            tokio::select! {
                patience = &mut stop => break patience,
                () = self.progress() => {}
                tenants = closes.notified() => for tenant in tenants { self.turns.add(tenant) },
                () = sleep_until(wake_up) => {}
            }
        };
        let deadline = Instant::now() + patience;
        if timeout_at(deadline.into(), self.finish()).await.is_err() {
            let _ = self.hurry.send(true); // nobody listens when nothing is on its way
            // What a database does not take back in time it has back when the leases end.
            let _ = timeout_at((deadline + GIVING_BACK).into(), self.finish()).await;
        }
    }

    /// Finishes what has begun.
    async fn finish(&mut self) {
        while !(self.steps.is_empty() && self.publishing.is_empty() && self.settlements.is_empty())
        {
            self.start_settlements();
            let wake_up = self.pause_ends();
            tokio::select! {
                () = self.progress() => {}
                () = sleep_until(wake_up) => {}
            }
        }
    }

    /// When the next pause ends, if there is one.
    fn pause_ends(&self) -> Option<Instant> {
        let ends = [&self.broker, &self.database].map(Away::until);
        ends.into_iter().flatten().min()
    }

    /// Waits for anything that is under way, and takes it in. Cancelling loses nothing.
    async fn progress(&mut self) {
        tokio::select! {
            Some(step) = self.steps.next() => match step {
                Step::Looked(took, result) => self.looked(took, result),
                Step::Claimed { turns, limit, result } => self.claimed(turns, limit, result),
                Step::Settled { taken, left, result } => self.settled(taken, left, &result),
            },
            Some(done) = self.publishing.join_next() => {
                // A panic of the publisher's is caught; there is no other.
                if let Ok(done) = done { self.attempted(done) }
            }
            else => pending().await,
        }
    }

    fn start_work(&mut self) {
        if !self.database.is_away() {
            self.start_look();
            self.start_claims();
        }
        self.start_settlements();
    }
}

// === looking ===

impl Worker {
    fn start_look(&mut self) {
        if self.looking || Instant::now() < self.next_look {
            return;
        }
        self.looking = true;
        let store = self.store.clone();
        self.start(async move {
            let start = Instant::now();
            let result = store.look().await;
            Step::Looked(start.elapsed(), result)
        });
    }

    fn looked(&mut self, took: Duration, result: Result<Waiting, DbError>) {
        self.looking = false;
        // By what was claimed and not by what was seen, which may be behind a parked event and stay
        // there.
        self.pause = if self.found {
            self.pace.poll
        } else {
            (self.pause * 2).min(self.pace.poll_max)
        };
        self.found = false;
        // Replicas that started together do not look together for ever.
        let pause = self
            .pause
            .max(took * LOOKING)
            .mul_f64(0.8 + 0.4 * fastrand::f64());
        self.next_look = Instant::now() + pause;
        if let Some(waiting) = self.heard_from_database(result) {
            self.figures
                .saw(waiting.events, waiting.oldest, waiting.parked);
            for tenant in waiting.due {
                self.turns.add(tenant);
            }
        }
    }
}

// === claiming ===

impl Worker {
    fn start_claims(&mut self) {
        while self.claims < LANES {
            let room = self.room();
            let turns = self.turns.take(room.min(TENANTS));
            if turns.is_empty() {
                return;
            }
            let limit = (room.min(self.pace.batch) / turns.len()).max(1);
            self.claims += 1;
            self.expected += limit * turns.len();
            let (store, lease) = (self.store.clone(), self.rules.lease());
            self.start(async move {
                let result = store.claim(&turns, limit, lease).await;
                Step::Claimed {
                    turns,
                    limit,
                    result,
                }
            });
        }
    }

    /// How many events may be claimed. While the broker is away nothing is; then one goes ahead to
    /// see.
    fn room(&self) -> usize {
        let most = match self.broker.failures() {
            _ if self.broker.is_away() => 0,
            0 => self.pace.in_flight,
            _ => 1,
        };
        let held = self.expected + self.publishing.len() + self.settlements.len() + self.unsettled;
        most.saturating_sub(held)
    }

    fn claimed(
        &mut self,
        turns: Vec<Turn>,
        limit: usize,
        result: Result<Vec<Vec<Leased>>, DbError>,
    ) {
        self.claims -= 1;
        self.expected -= limit * turns.len();
        let Some(claimed) = self.heard_from_database(result) else {
            for turn in turns {
                self.turns.go_on(turn);
            }
            return;
        };
        for (mut turn, events) in turns.into_iter().zip(claimed) {
            self.found |= !events.is_empty();
            match events.last() {
                Some(last) if events.len() == limit => {
                    turn.after = last.place();
                    self.turns.go_on(turn);
                }
                _ => self.turns.end(turn),
            }
            for leased in events {
                self.publish(leased);
            }
        }
    }
}

// === publishing ===

impl Worker {
    fn publish(&mut self, leased: Leased) {
        if self.broker.is_away() || *self.hurry.borrow() {
            let outcome = Outcome::GivenBack;
            let lease = leased.lease;
            return self.settlements.push(Settlement { lease, outcome });
        }
        let (publisher, rules, stop) = (
            Arc::clone(&self.publisher),
            self.rules,
            self.hurry.subscribe(),
        );
        self.publishing
            .spawn(async move { attempt(&*publisher, leased, rules, stop).await });
    }

    fn attempted(&mut self, done: attempt::Done) {
        match done.broker {
            Broker::Unasked => {}
            Broker::Answers => {
                if self.broker.is_back() {
                    info!("the broker is back");
                }
            }
            Broker::Unavailable { retry_after, cause } => {
                if self.broker.failed(retry_after.unwrap_or_default()) {
                    warn!(
                        failures = self.broker.failures(),
                        "publishing pauses: {cause}"
                    );
                }
            }
        }
        self.settlements.push(done.settlement);
    }
}

// === settling ===

impl Worker {
    fn start_settlements(&mut self) {
        while self.settling < LANES && !self.settlements.is_empty() && !self.database.is_away() {
            let taken = self.settlements.len().min(self.pace.batch);
            let batch: Vec<_> = self.settlements.drain(..taken).collect();
            self.settling += 1;
            self.unsettled += taken;
            let (store, figures) = (self.store.clone(), Arc::clone(&self.figures));
            self.start(async move {
                let (left, result) = settle(&store, &figures, batch).await;
                Step::Settled {
                    taken,
                    left,
                    result,
                }
            });
        }
    }

    fn settled(&mut self, taken: usize, left: Vec<Settlement>, result: &Result<(), DbError>) {
        self.settling -= 1;
        self.unsettled -= taken;
        self.settlements.extend(left);
        self.heard_from_database(result.clone());
    }
}

/// Settles what can be settled: a row that somebody has locked holds up no other. Gives what is
/// left, and why.
async fn settle(
    store: &Store,
    figures: &Figures,
    mut batch: Vec<Settlement>,
) -> (Vec<Settlement>, Result<(), DbError>) {
    batch.sort_unstable_by(|a, b| a.lease.sort_key().cmp(&b.lease.sort_key()));
    let (mut parts, mut left, mut result) = (vec![batch], Vec::new(), Ok(()));
    while let Some(mut part) = parts.pop() {
        match store.settle(&part).await {
            Ok(()) => figures.settled(&part),
            Err(DbError::LockTimeout(_) | DbError::Fault(_)) if part.len() > 1 => {
                parts.push(part.split_off(part.len() / 2));
                parts.push(part);
            }
            Err(error) => {
                left.append(&mut part);
                result = Err(error);
            }
        }
    }
    (left, result)
}

// === the database ===

impl Worker {
    fn start(&mut self, step: impl Future<Output = Step> + Send + 'static) {
        self.steps.push(step.boxed());
    }

    fn heard_from_database<T>(&mut self, result: Result<T, DbError>) -> Option<T> {
        match result {
            Ok(value) => {
                if self.database.is_back() {
                    info!("the relay's database is back");
                }
                Some(value)
            }
            Err(error) => {
                if self.database.failed(Duration::ZERO) {
                    let cause = attempt::chain(&error);
                    warn!(
                        failures = self.database.failures(),
                        "the relay pauses: {cause}"
                    );
                }
                None
            }
        }
    }
}

/// Never returns without an instant to wait for.
async fn sleep_until(instant: Option<Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant.into()).await,
        None => pending().await,
    }
}
