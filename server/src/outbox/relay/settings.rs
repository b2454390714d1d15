//! The settings of a relay.

use std::time::Duration;

use super::backoff::Backoff;

/// Bounds and pauses of a relay.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Events that are published, or published and not yet completed, at a time.
    pub max_in_flight: usize,
    /// Events per transaction.
    pub batch_size: usize,
    /// The pause between polls after a poll that led to claims.
    pub poll: Duration,
    /// The longest pause between polls. Each poll without claims doubles the pause.
    pub poll_max: Duration,
    /// The publisher's own timeout of an attempt.
    pub publish_timeout: Duration,
    /// An event is parked after this number of failed attempts, if it has the age as well.
    pub attempts: u32,
    /// The age at which an event may be parked.
    pub park_after: Duration,
    /// The pause after an attempt that failed.
    pub backoff: Backoff,
}

// === impl Settings ===

impl Settings {
    /// The relay's timeout of an attempt. Longer than the publisher's, whose error says more.
    pub(super) fn attempt_timeout(&self) -> Duration {
        self.publish_timeout * 3 / 2
    }

    /// The length of a lease: an attempt that starts in its first two thirds ends before it does.
    pub(super) fn lease(&self) -> Duration {
        self.attempt_timeout() * 3
    }
}
