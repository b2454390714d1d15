//! The metrics of batches.

use std::time::Duration;

use prometheus_client::{
    metrics::{counter::Counter, family::Family, histogram::Histogram},
    registry::Registry,
};

use crate::metrics::{Durations, OperationLabel, Register, durations};

/// Buckets of batch sizes in requests.
const SIZES: [f64; 8] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0];

type Counters = Family<OperationLabel, Counter>;

/// The metrics of the batches of all operations. Clones share them.
#[derive(Clone, Debug)]
pub struct Metrics {
    size: Family<OperationLabel, Histogram, fn() -> Histogram>,
    wait: Durations<OperationLabel>,
    duration: Durations<OperationLabel>,
    taken_apart: Counters,
    single: Counters,
}

/// The metrics of the batches of one operation.
#[derive(Debug)]
pub(super) struct BatchMetrics {
    pub size: Histogram,
    pub wait: Histogram,
    pub duration: Histogram,
    pub taken_apart: Counter,
    pub single: Counter,
}

// === impl Metrics ===

impl Metrics {
    pub(super) fn of(&self, operation: &'static str) -> BatchMetrics {
        let label = &OperationLabel { operation };
        BatchMetrics {
            size: self.size.get_or_create_owned(label),
            wait: self.wait.get_or_create_owned(label),
            duration: self.duration.get_or_create_owned(label),
            taken_apart: self.taken_apart.get_or_create_owned(label),
            single: self.single.get_or_create_owned(label),
        }
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            size: Family::new_with_constructor(|| Histogram::new(SIZES)),
            wait: durations(),
            duration: durations(),
            taken_apart: Family::default(),
            single: Family::default(),
        }
    }
}

impl Register for Metrics {
    fn register(&self, registry: &mut Registry) {
        registry.register("batch_size", "Requests in a batch", self.size.clone());
        registry.register(
            "batch_wait_seconds",
            "Time that a request waited for a worker",
            self.wait.clone(),
        );
        registry.register(
            "batch_duration_seconds",
            "Time that a batch took",
            self.duration.clone(),
        );
        registry.register(
            "batches_taken_apart",
            "Batches that failed, so that their requests were handled one by one",
            self.taken_apart.clone(),
        );
        registry.register(
            "single_requests",
            "Requests that were handled by themselves after their batch had failed",
            self.single.clone(),
        );
    }
}

// === impl BatchMetrics ===

impl BatchMetrics {
    /// A batch of so many requests has ended after so long.
    pub fn on_batch(&self, size: usize, took: Duration) {
        self.size.observe(size as f64);
        self.duration.observe(took.as_secs_f64());
    }
}
