//! The relay's metrics: counters and gauges that can be read at any time.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use super::store::{BacklogSize, Completion, Outcome, Retry};

/// Written by the relay. The gauges hold for the whole database, and are some seconds old; the
/// counters hold for this process since its start.
#[derive(Debug, Default)]
pub struct Metrics {
    waiting: AtomicU64,
    oldest_micros: AtomicU64,
    parked: AtomicU64,
    published: AtomicU64,
    failed_attempts: AtomicU64,
    parked_here: AtomicU64,
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
        Snapshot {
            waiting: self.waiting.load(Relaxed),
            oldest: Duration::from_micros(self.oldest_micros.load(Relaxed)),
            parked: self.parked.load(Relaxed),
            published: self.published.load(Relaxed),
            failed_attempts: self.failed_attempts.load(Relaxed),
            parked_here: self.parked_here.load(Relaxed),
        }
    }

    pub(super) fn set_backlog_size(&self, size: BacklogSize) {
        self.waiting.store(size.waiting, Relaxed);
        self.parked.store(size.parked, Relaxed);
    }

    pub(super) fn set_oldest(&self, oldest: Duration) {
        let micros = u64::try_from(oldest.as_micros()).unwrap_or(u64::MAX);
        self.oldest_micros.store(micros, Relaxed);
    }

    pub(super) fn count_completions(&self, completions: &[Completion]) {
        for completion in completions {
            match completion.outcome {
                Outcome::Published => self.published.fetch_add(1, Relaxed),
                Outcome::Failed { retry, .. } => {
                    let parked = u64::from(retry == Retry::Never);
                    self.parked_here.fetch_add(parked, Relaxed);
                    self.failed_attempts.fetch_add(1, Relaxed)
                }
                Outcome::Released(_) => continue,
            };
        }
    }
}
