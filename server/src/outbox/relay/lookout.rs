//! When the relay looks for events of other processes and counts the backlog, and how far it is on
//! its way through all tenants.

use std::time::{Duration, Instant};

use super::{poll_timer::PollTimer, settings::Settings};
use crate::outbox::store::Waiting;

/// The pause between two counts of the backlog.
const COUNT_INTERVAL: Duration = Duration::from_secs(5);

/// The polls and the counts. At most one of each is in progress.
#[derive(Debug)]
pub struct Lookout {
    polls: PollTimer,
    /// The tenant behind which the next poll begins; `None` for the first one.
    after: Option<String>,
    /// The age of the oldest event on the way so far.
    oldest: Duration,
    /// When the backlog is counted again; `None` while it is counted.
    next_count: Option<Instant>,
}

// === impl Lookout ===

impl Lookout {
    /// Due at once.
    pub fn new(now: Instant, settings: &Settings) -> Self {
        Self {
            polls: PollTimer::new(now, settings.poll, settings.poll_max),
            after: None,
            oldest: Duration::ZERO,
            next_count: Some(now),
        }
    }

    /// When a poll or a count is due.
    pub fn next(&self) -> Option<Instant> {
        self.polls.next().into_iter().chain(self.next_count).min()
    }

    /// Starts a poll if it is due. Returns the tenant behind which it begins, if not the first one.
    pub fn start_poll(&mut self, now: Instant) -> Option<Option<String>> {
        self.polls.start(now).then(|| self.after.clone())
    }

    /// Records that events were claimed.
    pub fn on_claim(&mut self) {
        self.polls.on_claim();
    }

    /// A poll has ended, after so long. Without a result the next one begins at the same tenant.
    /// At the end of the way, returns the age of the oldest event.
    pub fn end_poll(&mut self, took: Duration, waiting: Option<&Waiting>) -> Option<Duration> {
        self.polls.end(Instant::now(), took);
        let waiting = waiting?;
        self.oldest = self.oldest.max(waiting.oldest);
        self.after.clone_from(&waiting.last);
        let at_end = self.after.is_none();
        at_end.then(|| std::mem::take(&mut self.oldest))
    }

    /// Starts a count if it is due.
    pub fn start_count(&mut self, now: Instant) -> bool {
        self.next_count.take_if(|next| *next <= now).is_some()
    }

    /// A count has ended.
    pub fn end_count(&mut self) {
        self.next_count = Some(Instant::now() + COUNT_INTERVAL);
    }
}

#[cfg(test)]
mod tests {
    use super::{super::backoff::Backoff, *};

    const SETTINGS: Settings = Settings {
        max_in_flight: 1,
        batch_size: 1,
        poll: Duration::ZERO,
        poll_max: Duration::ZERO,
        publish_timeout: Duration::ZERO,
        attempts: 1,
        park_after: Duration::ZERO,
        backoff: Backoff {
            first: Duration::ZERO,
            max: Duration::ZERO,
        },
    };

    #[test]
    fn polls_continue_behind_the_last_tenant_and_begin_again() {
        let mut lookout = Lookout::new(Instant::now(), &SETTINGS);
        let part = |seconds, last: Option<&str>| Waiting {
            tenants: Vec::new(),
            oldest: Duration::from_secs(seconds),
            last: last.map(str::to_owned),
        };
        let mut poll = |waiting: Option<Waiting>| {
            let after = lookout.start_poll(Instant::now()).unwrap();
            (after, lookout.end_poll(Duration::ZERO, waiting.as_ref()))
        };
        assert_eq!(poll(Some(part(9, Some("m")))), (None, None));
        assert_eq!(poll(None), (Some("m".to_owned()), None), "it has failed");
        let oldest = Some(Duration::from_secs(9));
        assert_eq!(poll(Some(part(5, None))), (Some("m".to_owned()), oldest));
        let oldest = Some(Duration::from_secs(2));
        assert_eq!(poll(Some(part(2, None))), (None, oldest));
    }

    #[test]
    fn one_count_is_in_progress_and_the_next_one_follows_later() {
        let now = Instant::now();
        let mut lookout = Lookout::new(now, &SETTINGS);
        assert!(lookout.start_count(now));
        assert!(!lookout.start_count(now));
        lookout.end_count();
        assert!(!lookout.start_count(Instant::now()));
        assert!(lookout.start_count(Instant::now() + COUNT_INTERVAL));
    }
}
