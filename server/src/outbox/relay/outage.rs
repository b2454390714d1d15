//! Tells an outage of the broker from a poison event: an event that makes the broker fail.

use std::{collections::HashSet, time::Duration};

use uuid::Uuid;

/// The number of different events whose failures in a row are an outage.
const EVENTS: usize = 3;

/// The longest time after which an event that failed during an outage is due again. Jitter takes
/// off up to half.
const DEFERRAL: Duration = Duration::from_secs(30);

/// The events that failed since the last success.
#[derive(Debug, Default)]
pub struct OutageDetector {
    /// At most [`EVENTS`]: more tell nothing new.
    failed: HashSet<Uuid>,
}

// === impl OutageDetector ===

impl OutageDetector {
    /// Records that the broker failed while it handled this event. Returns whether this is an
    /// outage: several different events have failed, and none has succeeded in between.
    pub fn on_failure(&mut self, event: Uuid) -> bool {
        if self.failed.len() < EVENTS {
            self.failed.insert(event);
        }
        self.failed.len() == EVENTS
    }

    /// Records that the broker has handled an event.
    pub fn on_success(&mut self) {
        self.failed.clear();
    }
}

/// How long an event waits that failed during an outage. Not zero: otherwise the next probe would
/// be the same event, and a poison event could keep the circuit open. `max` is the longest pause
/// of an event.
pub fn deferral(max: Duration) -> Duration {
    DEFERRAL.min(max).mul_f64(0.5 + 0.5 * fastrand::f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fails(detector: &mut OutageDetector, events: &[u128]) -> Vec<bool> {
        let failures = events.iter();
        failures
            .map(|&id| detector.on_failure(Uuid::from_u128(id)))
            .collect()
    }

    #[test]
    fn failures_of_several_events_are_an_outage_until_one_succeeds() {
        let mut detector = OutageDetector::default();
        assert_eq!(
            fails(&mut detector, &[1, 2, 3, 1, 4]),
            [false, false, true, true, true]
        );
        detector.on_success();
        assert_eq!(fails(&mut detector, &[1, 2]), [false, false]);
    }

    #[test]
    fn one_event_that_always_fails_is_no_outage() {
        let mut detector = OutageDetector::default();
        assert_eq!(fails(&mut detector, &[1; 50]), [false; 50]);
    }
}
