//! When the relay polls the outbox for events of other processes.

use std::time::{Duration, Instant};

/// The pause after a slow poll, as a multiple of the poll's duration. So a poll that gets slower
/// takes less of the database's time, but the pause never exceeds half of [`PollTimer::max`].
const PAUSE_FACTOR: u32 = 2;

/// The time of the next poll. The pause doubles from `min` to `max` while polls lead to no claims.
#[derive(Debug)]
pub struct PollTimer {
    min: Duration,
    max: Duration,
    pause: Duration,
    next: Instant,
    in_progress: bool,
    claimed: bool,
}

// === impl PollTimer ===

impl PollTimer {
    /// Due at once.
    pub fn new(now: Instant, min: Duration, max: Duration) -> Self {
        Self {
            min,
            max,
            pause: min,
            next: now,
            in_progress: false,
            claimed: false,
        }
    }

    /// When the next poll is due; `None` during a poll.
    pub fn next(&self) -> Option<Instant> {
        (!self.in_progress).then_some(self.next)
    }

    /// Starts a poll if it is due.
    pub fn start(&mut self, now: Instant) -> bool {
        let due = self.next().is_some_and(|next| next <= now);
        self.in_progress |= due;
        due
    }

    /// Records that events were claimed since the last poll. What a poll has seen does not count:
    /// every poll sees an event behind a parked one.
    pub fn on_claim(&mut self) {
        self.claimed = true;
    }

    /// A poll has ended, after so long.
    pub fn end(&mut self, now: Instant, took: Duration) {
        self.in_progress = false;
        self.pause = if self.claimed {
            self.min
        } else {
            (self.pause * 2).min(self.max)
        };
        self.claimed = false;
        // Jitter spreads the polls of processes that started together.
        let pause = self.pause.max((took * PAUSE_FACTOR).min(self.max / 2));
        self.next = now + pause.mul_f64(0.8 + 0.4 * fastrand::f64());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIN: Duration = Duration::from_millis(10);
    const MAX: Duration = Duration::from_millis(100);

    /// Polls at the next time; returns the pause until then.
    fn poll(timer: &mut PollTimer, now: &mut Instant, took: Duration) -> Duration {
        let next = timer.next().unwrap();
        let pause = next.saturating_duration_since(*now);
        *now = next;
        assert!(timer.start(*now));
        assert_eq!(timer.next(), None, "one poll at a time");
        timer.end(*now, took);
        pause
    }

    #[test]
    fn the_pause_doubles_without_claims_and_is_short_after_one() {
        let mut now = Instant::now();
        let mut timer = PollTimer::new(now, MIN, MAX);
        let pauses: Vec<_> = (0..7)
            .map(|_| poll(&mut timer, &mut now, Duration::ZERO))
            .collect();
        assert_eq!(pauses[0], Duration::ZERO);
        assert!(pauses[1] < pauses[2] * 2 && pauses[2] > MIN, "{pauses:?}");
        assert!(pauses[6] <= MAX.mul_f64(1.2) && pauses[6] >= MAX.mul_f64(0.8));
        timer.on_claim();
        poll(&mut timer, &mut now, Duration::ZERO);
        assert!(poll(&mut timer, &mut now, Duration::ZERO) <= MIN.mul_f64(1.2));
    }

    #[test]
    fn the_pause_grows_with_the_duration_of_the_poll_up_to_the_maximum() {
        let mut now = Instant::now();
        let mut timer = PollTimer::new(now, MIN, MAX);
        timer.on_claim();
        poll(&mut timer, &mut now, MAX / 8);
        assert!(timer.next().unwrap() - now >= (MAX / 4).mul_f64(0.8));
        assert!(!timer.start(now));
        timer.on_claim();
        poll(&mut timer, &mut now, MAX * 10);
        let pause = timer.next().unwrap() - now;
        let longest = (MAX / 2).mul_f64(1.2);
        assert!(
            pause >= (MAX / 2).mul_f64(0.8) && pause <= longest,
            "{pause:?}"
        );
    }
}
