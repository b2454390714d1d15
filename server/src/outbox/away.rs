//! A broker or a database that is away at times: let alone, for longer and longer, until it is
//! back.

use std::time::{Duration, Instant};

use super::backoff::Backoff;

/// How long to let it alone.
const PAUSES: Backoff = Backoff {
    first: Duration::from_millis(100),
    most: Duration::from_secs(10),
};

/// What is known of something that can be away. At first it is not.
#[derive(Debug, Default)]
pub struct Away {
    failures: u32,
    until: Option<Instant>,
}

// === impl Away ===

impl Away {
    /// How often it failed in a row.
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// Until when to let it alone, if that is not over.
    pub fn until(&self) -> Option<Instant> {
        self.until.filter(|until| Instant::now() < *until)
    }

    /// Whether to let it alone.
    pub fn is_away(&self) -> bool {
        self.until().is_some()
    }

    /// It failed. Whether that is news: those who were under way together fail together.
    pub fn failed(&mut self, retry_after: Duration) -> bool {
        let news = !self.is_away();
        if news {
            self.failures = self.failures.saturating_add(1);
        }
        let pause = if news {
            PAUSES.pause(self.failures)
        } else {
            Duration::ZERO
        };
        self.until = self
            .until
            .max(Some(Instant::now() + pause.max(retry_after)));
        news
    }

    /// It works. Whether that is news.
    pub fn is_back(&mut self) -> bool {
        let news = self.failures > 0;
        *self = Self::default();
        news
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_who_fail_together_count_as_one_failure() {
        let mut away = Away::default();
        assert!(!away.is_away());
        assert!(away.failed(Duration::ZERO));
        assert!(!away.failed(Duration::ZERO), "it is known");
        assert!(away.is_away());
        assert_eq!(away.failures(), 1);
    }

    #[test]
    fn who_says_when_to_come_back_is_believed_at_any_time() {
        let mut away = Away::default();
        away.failed(Duration::ZERO);
        away.failed(Duration::from_secs(3600));
        away.failed(Duration::ZERO);
        let left = away.until().map(|until| until - Instant::now());
        assert!(left > Some(Duration::from_secs(3000)), "{left:?}");
    }

    #[test]
    fn it_is_back_once() {
        let mut away = Away::default();
        assert!(!away.is_back());
        away.failed(Duration::ZERO);
        assert!(away.is_back());
        assert!(!away.is_away() && !away.is_back());
    }
}
