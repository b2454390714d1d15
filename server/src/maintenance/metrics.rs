//! Counters of deleted rows.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Written by the purge of this process.
#[derive(Debug, Default)]
pub struct Metrics {
    purged_events: AtomicU64,
    purged_keys: AtomicU64,
}

/// The values at one time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Published events that this process has deleted.
    pub purged_events: u64,
    /// Expired idempotency keys that this process has deleted.
    pub purged_keys: u64,
}

// === impl Metrics ===

impl Metrics {
    /// Reads each value by itself.
    pub fn read(&self) -> Snapshot {
        Snapshot {
            purged_events: self.purged_events.load(Relaxed),
            purged_keys: self.purged_keys.load(Relaxed),
        }
    }

    pub(super) fn count(&self, events: usize, keys: usize) {
        self.purged_events.fetch_add(events as u64, Relaxed);
        self.purged_keys.fetch_add(keys as u64, Relaxed);
    }
}
