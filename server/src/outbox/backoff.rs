//! How long to wait after a failure: twice as long each time, up to a bound, and never as long as
//! others do.

use std::time::Duration;

/// Exponential backoff with jitter.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    /// After the first failure, at most.
    pub first: Duration,
    /// After any failure, at most.
    pub most: Duration,
}

// === impl Backoff ===

impl Backoff {
    /// How long to wait after so many failures in a row, the first being number 1. Between a half
    /// and the whole of what is due, so that those who failed together do not come back
    /// together.
    pub fn pause(&self, failures: u32) -> Duration {
        self.whole(failures).mul_f64(0.5 + 0.5 * fastrand::f64())
    }

    fn whole(&self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        self.first.saturating_mul(1 << doublings).min(self.most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKOFF: Backoff = Backoff {
        first: Duration::from_millis(100),
        most: Duration::from_secs(60),
    };

    #[test]
    fn pauses_double_up_to_the_bound() {
        let wholes =
            [1, 2, 3, 10, 11, u32::MAX].map(|failures| BACKOFF.whole(failures).as_millis());
        assert_eq!(wholes, [100, 200, 400, 51_200, 60_000, 60_000]);
    }

    #[test]
    fn those_who_fail_together_come_back_apart_and_not_at_once() {
        let pauses: Vec<_> = (0..100).map(|_| BACKOFF.pause(3)).collect();
        let (least, most) = (pauses.iter().min().unwrap(), pauses.iter().max().unwrap());
        assert!(*least >= Duration::from_millis(200) && *most <= Duration::from_millis(400));
        assert!(
            *most - *least > Duration::from_millis(50),
            "{least:?} to {most:?}"
        );
    }
}
