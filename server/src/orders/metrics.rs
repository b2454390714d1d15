//! The metrics of the use cases.

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family},
    registry::Registry,
};

use crate::{
    batch,
    metrics::{OperationLabel, Register},
};

/// Counted by the use cases. Clones share the counters.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    pub(super) batches: batch::Metrics,
    idempotency: Family<OutcomeLabel, Counter>,
    stale_versions: Family<OperationLabel, Counter>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabel {
    outcome: &'static str,
}

/// How the idempotency key of a create was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The key was free: a new order.
    Created,
    /// The key was used before with this body.
    Replayed,
    /// As replayed, after waiting for a request with the key that was in progress.
    Waited,
    /// The key was used before with another body.
    Reused,
    /// A request with the key did not end within the lock timeout.
    InProgress,
}

// === impl Metrics ===

impl Metrics {
    pub(super) fn count_outcome(&self, outcome: Outcome) {
        let outcome = outcome.name();
        self.idempotency
            .get_or_create(&OutcomeLabel { outcome })
            .inc();
    }

    pub(super) fn count_stale_version(&self, operation: &'static str) {
        self.stale_versions
            .get_or_create(&OperationLabel { operation })
            .inc();
    }
}

impl Register for Metrics {
    fn register(&self, registry: &mut Registry) {
        self.batches.register(registry);
        registry.register(
            "idempotency_outcomes",
            "Creates by the use of their idempotency key",
            self.idempotency.clone(),
        );
        registry.register(
            "stale_versions",
            "Writes that were refused because of their version",
            self.stale_versions.clone(),
        );
    }
}

// === impl Outcome ===

impl Outcome {
    const fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Replayed => "replayed",
            Self::Waited => "waited",
            Self::Reused => "reused",
            Self::InProgress => "in_progress",
        }
    }
}
