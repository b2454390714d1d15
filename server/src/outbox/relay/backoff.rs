//! Exponential backoff with jitter.

use std::time::Duration;

/// The pauses after consecutive failures: each is twice as long as the one before, up to a maximum.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    /// The longest pause after the first failure.
    pub first: Duration,
    /// The longest pause after any failure.
    pub max: Duration,
}

// === impl Backoff ===

impl Backoff {
    /// A pause after so many consecutive failures, counted from 1: between half and all of the
    /// longest one. The jitter spreads the retries of events that failed together.
    pub fn pause(&self, failures: u32) -> Duration {
        self.longest(failures).mul_f64(0.5 + 0.5 * fastrand::f64())
    }

    fn longest(&self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        self.first.saturating_mul(1 << doublings).min(self.max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKOFF: Backoff = Backoff {
        first: Duration::from_millis(100),
        max: Duration::from_secs(60),
    };

    #[test]
    fn pauses_double_up_to_the_maximum() {
        let longest =
            [1, 2, 3, 10, 11, u32::MAX].map(|failures| BACKOFF.longest(failures).as_millis());
        assert_eq!(longest, [100, 200, 400, 51_200, 60_000, 60_000]);
    }

    #[test]
    fn pauses_are_spread_over_the_upper_half() {
        let pauses: Vec<_> = (0..100).map(|_| BACKOFF.pause(3)).collect();
        let (min, max) = (pauses.iter().min().unwrap(), pauses.iter().max().unwrap());
        assert!(*min >= Duration::from_millis(200) && *max <= Duration::from_millis(400));
        assert!(
            *max - *min > Duration::from_millis(50),
            "{min:?} to {max:?}"
        );
    }
}
