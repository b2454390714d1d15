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
    completions::{self, Completions},
    lookout::Lookout,
    outage::{self, OutageDetector},
    parking::BrokerHealth,
    publish_attempt::{Attempted, attempt},
    settings::Settings,
    tenant_schedule::TenantSchedule,
};
use crate::{
    db::{Db, DbError},
    error_chain::Chain,
    outbox::{
        metrics::{Circuit, Metrics},
        publisher::Publisher,
        store::{self, BacklogSize, ClaimedEvent, Completion, Outcome, Scan, Waiting},
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

    lookout: Lookout,
    schedule: TenantSchedule,
    claims: ClaimWindow,
    completions: Completions,
    broker: CircuitBreaker,
    outage: OutageDetector,
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
        result: Result<Waiting, DbError>,
    },
    Counted(Result<BacklogSize, DbError>),
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
            lookout: Lookout::new(Instant::now(), &settings),
            schedule: TenantSchedule::default(),
            claims: ClaimWindow::new(&settings),
            completions: Completions::default(),
            broker: CircuitBreaker::default(),
            outage: OutageDetector::default(),
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
            self.start_lookout(now);
            self.start_claims(now);
            next_poll = self.lookout.next();
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
                Transaction::Counted(result) => self.on_counted(result),
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

// === polls and counts ===

impl EventLoop {
    fn start_lookout(&mut self, now: Instant) {
        if let Some(after) = self.lookout.start_poll(now) {
            let db = self.db.clone();
            self.spawn(async move {
                let result = store::poll(&db, after.as_deref()).await;
                let took = now.elapsed();
                Transaction::Polled { took, result }
            });
        }
        if self.lookout.start_count(now) {
            let db = self.db.clone();
            self.spawn(async move { Transaction::Counted(store::backlog_size(&db).await) });
        }
    }

    fn on_polled(&mut self, took: Duration, result: Result<Waiting, DbError>) {
        let waiting = self.unless_slow(result);
        if let Some(oldest) = self.lookout.end_poll(took, waiting.as_ref()) {
            self.metrics.set_oldest(oldest);
        }
        for tenant in waiting.into_iter().flat_map(|waiting| waiting.tenants) {
            self.schedule.add(tenant);
        }
    }

    fn on_counted(&mut self, result: Result<BacklogSize, DbError>) {
        self.lookout.end_count();
        if let Some(size) = self.unless_slow(result) {
            self.metrics.set_backlog_size(size);
        }
    }

    /// The result of a poll or a count. If it was too slow, claims go on.
    fn unless_slow<T>(&mut self, result: Result<T, DbError>) -> Option<T> {
        match result {
            Err(error @ (DbError::StatementTimeout(_) | DbError::LockTimeout(_))) => {
                warn!("the relay cannot look for events: {}", Chain(&error));
                None
            }
            result => self.on_database(result),
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
        if let Err(DbError::StatementTimeout(_)) = result {
            warn!(tenants = scans.len(), "a claim of events is too slow");
            return self.schedule.slow(scans);
        }
        let Some(claimed) = self.on_database(result) else {
            return scans
                .into_iter()
                .for_each(|scan| self.schedule.resume(scan));
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
                self.lookout.on_claim();
                self.publish(event);
            }
        }
    }
}

// === attempts ===

impl EventLoop {
    fn publish(&mut self, claimed: ClaimedEvent) {
        if self.broker.is_open(Instant::now()) || *self.cancel.borrow() {
            let (lease, outcome) = (claimed.lease, Outcome::Released(Duration::ZERO));
            return self.completions.push(Completion { lease, outcome });
        }
        let publisher = Arc::clone(&self.publisher);
        let (settings, cancel) = (self.settings, self.cancel.subscribe());
        self.in_flight
            .spawn(async move { attempt(&*publisher, claimed, settings, cancel).await });
    }

    fn on_attempted(&mut self, mut attempted: Attempted) {
        match attempted.broker {
            BrokerHealth::Unknown => {}
            BrokerHealth::Available => {
                self.outage.on_success();
                if self.broker.on_success() {
                    self.metrics.set_failures(Circuit::Broker, 0);
                    info!("the broker is available again");
                }
            }
            BrokerHealth::Ambiguous { retry_after, cause } => {
                let completion = &mut attempted.completion;
                if self.outage.on_failure(completion.lease.event_id) {
                    let delay = outage::deferral(self.settings.backoff.max);
                    completion.outcome = Outcome::Released(delay.max(retry_after));
                    self.on_unavailable(retry_after, &cause);
                }
            }
            BrokerHealth::Unavailable { retry_after, cause } => {
                self.on_unavailable(retry_after, &cause);
            }
        }
        self.completions.push(attempted.completion);
    }

    fn on_unavailable(&mut self, retry_after: Duration, cause: &str) {
        if self.broker.on_failure(Instant::now(), retry_after) {
            let failures = self.broker.failures();
            self.metrics.set_failures(Circuit::Broker, failures);
            warn!(failures, "the broker is unavailable: {cause}");
        }
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
                let (unwritten, result) = completions::write(&db, &metrics, batch).await;
                Transaction::Completed {
                    size,
                    unwritten,
                    result,
                }
            });
        }
    }
}

// === the database ===

impl EventLoop {
    /// Records the result of a transaction in the database's circuit breaker.
    fn on_database<T>(&mut self, result: Result<T, DbError>) -> Option<T> {
        match result {
            Ok(value) => {
                if self.database.on_success() {
                    self.metrics.set_failures(Circuit::Database, 0);
                    info!("the relay's database is available again");
                }
                Some(value)
            }
            Err(error) => {
                if self.database.on_failure(Instant::now(), Duration::ZERO) {
                    let failures = self.database.failures();
                    self.metrics.set_failures(Circuit::Database, failures);
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
