//! The event loop of a relay: one task that holds all state and starts everything else.

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
    circuit_breaker::CircuitBreaker,
    claim_window::ClaimWindow,
    completions::Completions,
    parking::BrokerHealth,
    poll_timer::PollTimer,
    publish_attempt::{Attempted, attempt},
    settings::Settings,
    tenant_schedule::TenantSchedule,
};
use crate::{
    db::{Db, DbError},
    error_chain::Chain,
    outbox::{
        metrics::Metrics,
        publisher::Publisher,
        store::{self, Backlog, ClaimedEvent, Completion, Outcome, Scan},
        wake_up::WakeUp,
    },
};

/// After the timeout of a stop: bounds the time to release what the relay still holds.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(10);

/// The state of a relay.
pub struct EventLoop {
    db: Db,
    publisher: Arc<dyn Publisher>,
    metrics: Arc<Metrics>,
    settings: Settings,

    poll_timer: PollTimer,
    schedule: TenantSchedule,
    claims: ClaimWindow,
    completions: Completions,
    broker: CircuitBreaker,
    database: CircuitBreaker,

    transactions: FuturesUnordered<BoxFuture<'static, Transaction>>,
    in_flight: JoinSet<Attempted>,
    /// Turns true to cancel the attempts in flight.
    cancel: watch::Sender<bool>,
}

/// The result of a transaction.
enum Transaction {
    Polled {
        took: Duration,
        result: Result<Backlog, DbError>,
    },
    Claimed {
        scans: Vec<Scan>,
        limit: usize,
        result: Result<Vec<Vec<ClaimedEvent>>, DbError>,
    },
    Completed {
        size: usize,
        unwritten: Vec<Completion>,
        result: Result<(), DbError>,
    },
}

// === impl EventLoop ===

impl EventLoop {
    /// An event loop that has not started.
    pub fn new(
        db: Db,
        publisher: Arc<dyn Publisher>,
        metrics: Arc<Metrics>,
        settings: Settings,
    ) -> Self {
        Self {
            db,
            publisher,
            metrics,
            poll_timer: PollTimer::new(Instant::now(), settings.poll, settings.poll_max),
            schedule: TenantSchedule::default(),
            claims: ClaimWindow::new(&settings),
            completions: Completions::default(),
            broker: CircuitBreaker::default(),
            database: CircuitBreaker::default(),
            transactions: FuturesUnordered::new(),
            in_flight: JoinSet::new(),
            cancel: watch::Sender::new(false),
            settings,
        }
    }

    /// Runs until `stop` completes. Then claims nothing more; the events in flight have the time
    /// that `stop` returns, and the rest is released.
    pub async fn run(mut self, wake_up: WakeUp, stop: impl Future<Output = Duration>) {
        let mut stop = pin!(stop);
        let stop_timeout = loop {
            let wakes_at = self.start_work();
            tokio::select! {
                stop_timeout = &mut stop => break stop_timeout,
                () = self.progress() => {}
                tenants = wake_up.notified() => {
                    for tenant in tenants {
                        self.schedule.add(tenant);
                    }
                }
                () = sleep_until(wakes_at) => {}
            }
        };
        let deadline = Instant::now() + stop_timeout;
        if timeout_at(deadline.into(), self.drain()).await.is_err() {
            let _ = self.cancel.send(true); // no receiver without events in flight
            // Events that the database does not release in time are due when their leases end.
            let _ = timeout_at((deadline + RELEASE_TIMEOUT).into(), self.drain()).await;
        }
    }

    /// Finishes what has begun.
    async fn drain(&mut self) {
        while !(self.transactions.is_empty()
            && self.in_flight.is_empty()
            && self.completions.is_empty())
        {
            self.start_completions();
            let wakes_at = self.database.closes_at(Instant::now());
            tokio::select! {
                () = self.progress() => {}
                () = sleep_until(wakes_at) => {}
            }
        }
    }

    /// Starts whatever may start. Returns when to look again although nothing has happened.
    fn start_work(&mut self) -> Option<Instant> {
        let now = Instant::now();
        let mut next_poll = None;
        if !self.database.is_open(now) {
            self.start_poll(now);
            self.start_claims(now);
            next_poll = self.poll_timer.next();
        }
        self.start_completions();
        let breakers = [&self.broker, &self.database].map(|breaker| breaker.closes_at(now));
        breakers.into_iter().flatten().chain(next_poll).min()
    }

    /// Waits for anything in progress and handles its result. Dropping the future loses nothing.
    async fn progress(&mut self) {
        tokio::select! {
            Some(transaction) = self.transactions.next() => match transaction {
                Transaction::Polled { took, result } => self.on_polled(took, result),
                Transaction::Claimed { scans, limit, result } => {
                    self.on_claimed(scans, limit, result);
                }
                Transaction::Completed { size, unwritten, result } => {
                    self.completions.end(size, unwritten);
                    self.on_database(result);
                }
            },
            Some(attempted) = self.in_flight.join_next() => {
                // An attempt catches the panics of its publisher, and has none of its own.
                if let Ok(attempted) = attempted {
                    self.on_attempted(attempted);
                }
            }
            else => pending().await,
        }
    }

    fn spawn(&self, transaction: impl Future<Output = Transaction> + Send + 'static) {
        self.transactions.push(transaction.boxed());
    }
}

// === polls ===

impl EventLoop {
    fn start_poll(&mut self, now: Instant) {
        if !self.poll_timer.start(now) {
            return;
        }
        let db = self.db.clone();
        self.spawn(async move {
            let result = store::poll(&db).await;
            let took = now.elapsed();
            Transaction::Polled { took, result }
        });
    }

    fn on_polled(&mut self, took: Duration, result: Result<Backlog, DbError>) {
        self.poll_timer.end(Instant::now(), took);
        if let Some(backlog) = self.on_database(result) {
            self.metrics.set_backlog(&backlog);
            for tenant in backlog.due {
                self.schedule.add(tenant);
            }
        }
    }
}

// === claims ===

impl EventLoop {
    fn start_claims(&mut self, now: Instant) {
        while !self.broker.is_open(now)
            && let Some(size) = self.claims.next(self.held(), self.broker.failures())
        {
            let scans = self.schedule.take(size.tenants);
            if scans.is_empty() {
                return;
            }
            let limit = self.claims.start(size, scans.len());
            let (db, lease) = (self.db.clone(), self.settings.lease());
            self.spawn(async move {
                let result = store::claim(&db, &scans, limit, lease).await;
                Transaction::Claimed {
                    scans,
                    limit,
                    result,
                }
            });
        }
    }

    /// Claimed events that are not completed yet.
    fn held(&self) -> usize {
        self.in_flight.len() + self.completions.held()
    }

    fn on_claimed(
        &mut self,
        scans: Vec<Scan>,
        limit: usize,
        result: Result<Vec<Vec<ClaimedEvent>>, DbError>,
    ) {
        self.claims.end(limit, scans.len());
        let Some(claimed) = self.on_database(result) else {
            for scan in scans {
                self.schedule.resume(scan);
            }
            return;
        };
        for (mut scan, events) in scans.into_iter().zip(claimed) {
            match events.last() {
                Some(last) if events.len() == limit => {
                    scan.after = last.keyset();
                    self.schedule.resume(scan);
                }
                _ => self.schedule.end(scan),
            }
            for event in events {
                self.poll_timer.on_claim();
                self.publish(event);
            }
        }
    }
}

// === attempts ===

impl EventLoop {
    fn publish(&mut self, claimed: ClaimedEvent) {
        if self.broker.is_open(Instant::now()) || *self.cancel.borrow() {
            let (lease, outcome) = (claimed.lease, Outcome::Released);
            return self.completions.push(Completion { lease, outcome });
        }
        let publisher = Arc::clone(&self.publisher);
        let (settings, cancel) = (self.settings, self.cancel.subscribe());
        self.in_flight
            .spawn(async move { attempt(&*publisher, claimed, settings, cancel).await });
    }

    fn on_attempted(&mut self, attempted: Attempted) {
        match attempted.broker {
            BrokerHealth::Unknown => {}
            BrokerHealth::Available => {
                if self.broker.on_success() {
                    info!("the broker is available again");
                }
            }
            BrokerHealth::Unavailable { retry_after, cause } => {
                if self.broker.on_failure(Instant::now(), retry_after) {
                    let failures = self.broker.failures();
                    warn!(failures, "the broker is unavailable: {cause}");
                }
            }
        }
        self.completions.push(attempted.completion);
    }
}

// === completions ===

impl EventLoop {
    fn start_completions(&mut self) {
        while !self.database.is_open(Instant::now())
            && let Some(batch) = self.completions.start(self.settings.batch_size)
        {
            let (db, metrics) = (self.db.clone(), Arc::clone(&self.metrics));
            self.spawn(async move {
                let size = batch.len();
                let (unwritten, result) = complete(&db, &metrics, batch).await;
                Transaction::Completed {
                    size,
                    unwritten,
                    result,
                }
            });
        }
    }
}

/// Writes completions. A batch that fails because of one row is split, so that a locked row delays
/// no other event. Returns the completions that could not be written, and why.
async fn complete(
    db: &Db,
    metrics: &Metrics,
    batch: Vec<Completion>,
) -> (Vec<Completion>, Result<(), DbError>) {
    let (mut parts, mut unwritten, mut result) = (vec![batch], Vec::new(), Ok(()));
    while let Some(mut part) = parts.pop() {
        match store::complete(db, &part).await {
            Ok(()) => metrics.count_completions(&part),
            Err(DbError::LockTimeout(_) | DbError::StatementTimeout(_) | DbError::Fault(_))
                if part.len() > 1 =>
            {
                parts.push(part.split_off(part.len() / 2));
                parts.push(part);
            }
            Err(error) => {
                unwritten.append(&mut part);
                result = Err(error);
            }
        }
    }
    (unwritten, result)
}

// === the database ===

impl EventLoop {
    /// Records the result of a transaction in the database's circuit breaker.
    fn on_database<T>(&mut self, result: Result<T, DbError>) -> Option<T> {
        match result {
            Ok(value) => {
                if self.database.on_success() {
                    info!("the relay's database is available again");
                }
                Some(value)
            }
            Err(error) => {
                if self.database.on_failure(Instant::now(), Duration::ZERO) {
                    let failures = self.database.failures();
                    warn!(failures, "the relay pauses: {}", Chain(&error));
                }
                None
            }
        }
    }
}

/// Never completes without an instant.
async fn sleep_until(instant: Option<Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant.into()).await,
        None => pending().await,
    }
}
