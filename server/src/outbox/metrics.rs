//! The relay's metrics.

use std::{sync::atomic::AtomicU64, time::Duration};

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::Registry,
};

use super::store::{BacklogSize, Completion, Outcome, Retry};
use crate::metrics::Register;

/// Written by the relay. The gauges hold for the whole database, and are some seconds old; the
/// counters hold for this process since its start. Clones share them.
#[derive(Clone, Debug)]
pub struct Metrics {
    waiting: Gauge<i64>,
    oldest: Gauge<f64, AtomicU64>,
    parked: Gauge<i64>,
    published: Counter,
    failed_attempts: Counter,
    parked_here: Counter,
    lag: Histogram,
    failures: Family<CircuitLabel, Gauge<i64>>,
}

/// What a circuit breaker of the relay is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Circuit {
    Broker,
    Database,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CircuitLabel {
    circuit: &'static str,
}

/// The values at one time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Gauge: events that are neither published nor parked. Exact up to 10,000, beyond an estimate.
    pub waiting: u64,
    /// Gauge: the age of the oldest waiting event by the database's clock, zero without one.
    pub oldest: Duration,
    /// Gauge: parked events. Exact up to 10,000, beyond an estimate.
    pub parked: u64,
    /// Counter: events that the broker has acknowledged and that are marked.
    pub published: u64,
    /// Counter: attempts that the broker refused. An unavailable broker is no attempt.
    pub failed_attempts: u64,
    /// Counter: events parked by this process.
    pub parked_here: u64,
}

// === impl Metrics ===

impl Metrics {
    /// Reads each value by itself: they may be from different moments.
    pub fn read(&self) -> Snapshot {
        let gauge = |gauge: &Gauge<i64>| u64::try_from(gauge.get()).unwrap_or_default();
        Snapshot {
            waiting: gauge(&self.waiting),
            oldest: Duration::try_from_secs_f64(self.oldest.get()).unwrap_or_default(),
            parked: gauge(&self.parked),
            published: self.published.get(),
            failed_attempts: self.failed_attempts.get(),
            parked_here: self.parked_here.get(),
        }
    }

    pub(super) fn set_backlog_size(&self, size: BacklogSize) {
        let number = |events| i64::try_from(events).unwrap_or(i64::MAX);
        self.waiting.set(number(size.waiting));
        self.parked.set(number(size.parked));
    }

    pub(super) fn set_oldest(&self, oldest: Duration) {
        self.oldest.set(oldest.as_secs_f64());
    }

    /// The failures of a circuit breaker in a row; 0 means that it is closed.
    pub(super) fn set_failures(&self, circuit: Circuit, failures: u32) {
        let label = CircuitLabel {
            circuit: circuit.name(),
        };
        self.failures.get_or_create(&label).set(failures.into());
    }

    /// Counts completions that are written. `lags` are the times from the commits of events to
    /// their marks as published.
    pub(super) fn count_completions(&self, completions: &[Completion], lags: &[Duration]) {
        for lag in lags {
            self.lag.observe(lag.as_secs_f64());
        }
        for completion in completions {
            match completion.outcome {
                Outcome::Published => self.published.inc(),
                Outcome::Failed { retry, .. } => {
                    self.parked_here.inc_by(u64::from(retry == Retry::Never));
                    self.failed_attempts.inc()
                }
                Outcome::Released(_) => continue,
            };
        }
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let metrics = Self {
            waiting: Gauge::default(),
            oldest: Gauge::default(),
            parked: Gauge::default(),
            published: Counter::default(),
            failed_attempts: Counter::default(),
            parked_here: Counter::default(),
            // From 1 ms to 3 days.
            lag: Histogram::new(exponential_buckets(0.001, 4.0, 15)),
            failures: Family::default(),
        };
        // Present from the start, so that an alert on them has data.
        for circuit in [Circuit::Broker, Circuit::Database] {
            metrics.set_failures(circuit, 0);
        }
        metrics
    }
}

impl Register for Metrics {
    fn register(&self, registry: &mut Registry) {
        let mut gauge = |name: &str, help: &str, gauge: &Gauge<i64>| {
            registry.register(name, help, gauge.clone());
        };
        gauge(
            "outbox_waiting_events",
            "Events that wait to be published",
            &self.waiting,
        );
        gauge("outbox_parked_events", "Parked events", &self.parked);
        registry.register(
            "outbox_oldest_waiting_seconds",
            "Age of the oldest event that waits to be published",
            self.oldest.clone(),
        );
        registry.register(
            "outbox_lag_seconds",
            "Time from the commit of an event to its mark as published",
            self.lag.clone(),
        );
        let mut counter = |name: &str, help: &str, counter: &Counter| {
            registry.register(name, help, counter.clone());
        };
        counter(
            "outbox_published_events",
            "Events that the broker has acknowledged",
            &self.published,
        );
        let help = "Attempts to publish that the broker refused";
        counter("outbox_failed_attempts", help, &self.failed_attempts);
        counter(
            "outbox_parkings",
            "Events that this process has parked",
            &self.parked_here,
        );
        registry.register(
            "outbox_circuit_failures",
            "Failures in a row of the broker or of the database; 0 while the circuit is closed",
            self.failures.clone(),
        );
    }
}

// === impl Circuit ===

impl Circuit {
    const fn name(self) -> &'static str {
        match self {
            Self::Broker => "broker",
            Self::Database => "database",
        }
    }
}
