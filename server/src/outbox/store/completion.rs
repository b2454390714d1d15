//! What became of claimed events.

use std::time::Duration;

use super::lease::Lease;

/// What became of a claimed event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The lease of the claim.
    pub lease: Lease,
    /// What became of the event.
    pub outcome: Outcome,
}

/// What became of a claimed event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The broker has acknowledged the event.
    Published,
    /// The broker has refused the event. This counts as an attempt.
    Failed {
        /// The reason, without secrets.
        error: String,
        /// Whether the event is parked.
        retry: Retry,
    },
    /// The event was not sent, or the broker is unavailable. This counts as no attempt; the event
    /// is due again after this time.
    Released(Duration),
}

/// When a failed event is due again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// After this time.
    After(Duration),
    /// Never: the event is parked.
    Never,
}
