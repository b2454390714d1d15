//! Counters of deleted rows.

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family},
    registry::Registry,
};

use crate::metrics::Register;

/// Written by the purge of this process. Clones share the counters.
#[derive(Clone, Debug, Default)]
pub struct Metrics(Family<TableLabel, Counter>);

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TableLabel {
    table: &'static str,
}

/// The values at one time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Published events that this process has deleted.
    pub purged_events: u64,
    /// Expired idempotency keys that this process has deleted.
    pub purged_keys: u64,
}

const EVENTS: TableLabel = TableLabel { table: "outbox" };
const KEYS: TableLabel = TableLabel {
    table: "idempotency_keys",
};

// === impl Metrics ===

impl Metrics {
    /// Reads each value by itself.
    pub fn read(&self) -> Snapshot {
        // Owned: a borrowed counter would hold the family's lock while the next one is created.
        let count = |label| self.0.get_or_create_owned(label).get();
        Snapshot {
            purged_events: count(&EVENTS),
            purged_keys: count(&KEYS),
        }
    }

    pub(super) fn count(&self, events: usize, keys: usize) {
        self.0.get_or_create(&EVENTS).inc_by(events as u64);
        self.0.get_or_create(&KEYS).inc_by(keys as u64);
    }
}

impl Register for Metrics {
    fn register(&self, registry: &mut Registry) {
        registry.register(
            "purged_rows",
            "Rows that this process has deleted",
            self.0.clone(),
        );
    }
}
