//! What the relay has done and what is left to do, as numbers that can be read at any time.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use super::store::{Outcome, Settlement};

/// Kept by the relay. What waits and what is parked is the whole database's, as of the relay's last
/// look; what was done is this process's, since its start.
#[derive(Debug, Default)]
pub struct Figures {
    waiting: AtomicU64,
    oldest_micros: AtomicU64,
    parked: AtomicU64,
    published: AtomicU64,
    failed: AtomicU64,
    given_up: AtomicU64,
    purged_events: AtomicU64,
    purged_keys: AtomicU64,
}

/// The figures at one time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Events neither published nor parked.
    pub waiting: u64,
    /// How long ago the oldest of them was written, by the database's clock; zero when nothing
    /// waits.
    pub oldest: Duration,
    /// Events parked and not retried.
    pub parked: u64,
    /// Events acknowledged by the broker and marked, since the start.
    pub published: u64,
    /// Attempts that failed, since the start. A broker that is away is no attempt.
    pub failed: u64,
    /// Events parked by this process, since the start.
    pub given_up: u64,
    /// Published events deleted, since the start.
    pub purged_events: u64,
    /// Expired idempotency keys deleted, since the start.
    pub purged_keys: u64,
}

// === impl Figures ===

impl Figures {
    /// The figures now. Each is right by itself; they are not read at one instant.
    pub fn read(&self) -> Reading {
        Reading {
            waiting: self.waiting.load(Relaxed),
            oldest: Duration::from_micros(self.oldest_micros.load(Relaxed)),
            parked: self.parked.load(Relaxed),
            published: self.published.load(Relaxed),
            failed: self.failed.load(Relaxed),
            given_up: self.given_up.load(Relaxed),
            purged_events: self.purged_events.load(Relaxed),
            purged_keys: self.purged_keys.load(Relaxed),
        }
    }

    pub(super) fn saw(&self, waiting: u64, oldest: Duration, parked: u64) {
        let micros = u64::try_from(oldest.as_micros()).unwrap_or(u64::MAX);
        self.waiting.store(waiting, Relaxed);
        self.oldest_micros.store(micros, Relaxed);
        self.parked.store(parked, Relaxed);
    }

    pub(super) fn settled(&self, settlements: &[Settlement]) {
        for settlement in settlements {
            match settlement.outcome {
                Outcome::Published => self.published.fetch_add(1, Relaxed),
                Outcome::Failed { park, .. } => {
                    self.given_up.fetch_add(u64::from(park), Relaxed);
                    self.failed.fetch_add(1, Relaxed)
                }
                Outcome::GivenBack => continue,
            };
        }
    }

    pub(super) fn purged(&self, events: usize, keys: usize) {
        self.purged_events.fetch_add(events as u64, Relaxed);
        self.purged_keys.fetch_add(keys as u64, Relaxed);
    }
}
