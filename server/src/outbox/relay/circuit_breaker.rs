//! A circuit breaker: stops requests to a broker or database that fails, for growing pauses.

use std::time::{Duration, Instant};

use super::backoff::Backoff;

/// How long the breaker stays open after consecutive failures.
const PAUSES: Backoff = Backoff {
    first: Duration::from_millis(100),
    max: Duration::from_secs(10),
};

/// Closed at first. Opens at a failure, and closes again after a pause; the next result tells
/// whether it stays closed.
#[derive(Debug, Default)]
pub struct CircuitBreaker {
    failures: u32,
    closes_at: Option<Instant>,
}

// === impl CircuitBreaker ===

impl CircuitBreaker {
    /// Consecutive failures. Failures while the breaker is open count as one.
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// When the breaker closes; `None` if it is closed.
    pub fn closes_at(&self, now: Instant) -> Option<Instant> {
        self.closes_at.filter(|closes_at| now < *closes_at)
    }

    /// Whether requests must wait.
    pub fn is_open(&self, now: Instant) -> bool {
        self.closes_at(now).is_some()
    }

    /// Records a failure; returns true if this opened the breaker. Requests that were in flight
    /// together fail together, and open it once. `retry_after` is the least time it stays open.
    pub fn on_failure(&mut self, now: Instant, retry_after: Duration) -> bool {
        let opened = !self.is_open(now);
        let mut pause = retry_after;
        if opened {
            self.failures = self.failures.saturating_add(1);
            pause = pause.max(PAUSES.pause(self.failures));
        }
        self.closes_at = self.closes_at.max(Some(now + pause));
        opened
    }

    /// Records a success; returns true if it ended a series of failures.
    pub fn on_success(&mut self) -> bool {
        let recovered = self.failures > 0;
        *self = Self::default();
        recovered
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_of_requests_in_flight_together_count_as_one() {
        let (now, mut breaker) = (Instant::now(), CircuitBreaker::default());
        assert!(!breaker.is_open(now));
        assert!(breaker.on_failure(now, Duration::ZERO));
        assert!(!breaker.on_failure(now, Duration::ZERO), "it is open");
        assert!(breaker.is_open(now));
        assert_eq!(breaker.failures(), 1);
    }

    #[test]
    fn it_closes_after_a_pause_that_grows_with_each_failure() {
        let (mut now, mut breaker) = (Instant::now(), CircuitBreaker::default());
        let mut pauses = Vec::new();
        for _ in 0..10 {
            assert!(breaker.on_failure(now, Duration::ZERO));
            let closes_at = breaker.closes_at(now).unwrap();
            pauses.push(closes_at - now);
            now = closes_at;
            assert!(!breaker.is_open(now));
        }
        assert!(pauses[9] > pauses[0] * 10, "{pauses:?}");
    }

    #[test]
    fn a_requested_pause_is_kept_whenever_it_is_requested() {
        let (now, mut breaker) = (Instant::now(), CircuitBreaker::default());
        breaker.on_failure(now, Duration::ZERO);
        breaker.on_failure(now, Duration::from_secs(3600));
        breaker.on_failure(now, Duration::ZERO);
        let pause = breaker.closes_at(now).map(|closes_at| closes_at - now);
        assert_eq!(pause, Some(Duration::from_secs(3600)));
    }

    #[test]
    fn a_success_ends_a_series_of_failures_once() {
        let (now, mut breaker) = (Instant::now(), CircuitBreaker::default());
        assert!(!breaker.on_success());
        breaker.on_failure(now, Duration::ZERO);
        assert!(breaker.on_success());
        assert!(!breaker.is_open(now) && !breaker.on_success());
    }
}
