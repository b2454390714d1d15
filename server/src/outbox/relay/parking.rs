//! What follows from the result of an attempt: when an event is retried, and what parks it.
//!
//! An event is parked by its age, after a least number of failed attempts, or at once if the broker
//! refuses it permanently. An unavailable broker costs no attempt.

use std::{error::Error, time::Duration};

use tracing::{debug, error, warn};

use super::settings::Settings;
use crate::{
    error_chain::Chain,
    outbox::{
        publisher::DeliveryError,
        store::{Outcome, Retry},
    },
};

/// The maximum length of a stored error in characters.
const MAX_ERROR_CHARS: usize = 1_000;

/// What an attempt says about the broker.
#[derive(Debug)]
pub enum BrokerHealth {
    /// The event was not sent.
    Unknown,
    /// The broker has responded.
    Available,
    /// The broker failed with this event. [`OutageDetector`](super::outage::OutageDetector) tells
    /// whether the event or the broker is at fault.
    Ambiguous {
        /// The pause that the broker asks for.
        retry_after: Duration,
        /// The reason.
        cause: String,
    },
    /// The broker accepts no events.
    Unavailable {
        /// The pause that the broker asks for.
        retry_after: Duration,
        /// The reason.
        cause: String,
    },
}

/// Judges the result of the n-th attempt of an event of this age; without a result, the event was
/// not sent.
pub fn judge(
    result: Option<Result<(), DeliveryError>>,
    attempt: u32,
    age: Duration,
    settings: &Settings,
) -> (Outcome, BrokerHealth) {
    match result {
        None => (Outcome::Released(Duration::ZERO), BrokerHealth::Unknown),
        Some(Ok(())) => {
            debug!("published");
            (Outcome::Published, BrokerHealth::Available)
        }
        Some(Err(DeliveryError::Unavailable { retry_after, cause })) => {
            let health = BrokerHealth::Unavailable {
                retry_after: retry_after.unwrap_or_default(),
                cause: storable(&*cause),
            };
            (Outcome::Released(Duration::ZERO), health)
        }
        Some(Err(DeliveryError::Ambiguous { retry_after, cause })) => {
            let cause = storable(&*cause);
            let retry = settings.retry(attempt, age, retry_after);
            let health = BrokerHealth::Ambiguous {
                retry_after: retry_after.unwrap_or_default(),
                cause: cause.clone(),
            };
            (failed(cause, attempt, retry), health)
        }
        Some(Err(DeliveryError::Retryable { retry_after, cause })) => {
            let retry = settings.retry(attempt, age, retry_after);
            let outcome = failed(storable(&*cause), attempt, retry);
            (outcome, BrokerHealth::Available)
        }
        Some(Err(DeliveryError::Permanent { cause })) => {
            let outcome = failed(storable(&*cause), attempt, Retry::Never);
            (outcome, BrokerHealth::Available)
        }
    }
}

fn failed(error: String, attempt: u32, retry: Retry) -> Outcome {
    match retry {
        Retry::After(pause) => warn!(attempt, "not published, retry in {pause:.1?}: {error}"),
        Retry::Never => error!(attempt, "parked: {error}"),
    }
    Outcome::Failed { error, retry }
}

// === impl Settings ===

impl Settings {
    /// When an event of this age is due after its n-th failed attempt.
    fn retry(&self, attempt: u32, age: Duration, retry_after: Option<Duration>) -> Retry {
        if attempt >= self.attempts && age >= self.park_after {
            return Retry::Never;
        }
        let pause = self.backoff.pause(attempt);
        Retry::After(pause.max(retry_after.unwrap_or_default()))
    }
}

/// An error with its causes, as text that PostgreSQL stores: without NUL, and of bounded length.
fn storable(error: &(dyn Error + 'static)) -> String {
    Chain(error)
        .to_string()
        .replace('\0', "\u{fffd}")
        .chars()
        .take(MAX_ERROR_CHARS)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{super::backoff::Backoff, *};

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);

    const SETTINGS: Settings = Settings {
        max_in_flight: 1,
        batch_size: 1,
        poll: Duration::ZERO,
        poll_max: Duration::ZERO,
        publish_timeout: Duration::ZERO,
        attempts: 3,
        park_after: DAY,
        backoff: Backoff {
            first: Duration::from_secs(1),
            max: Duration::from_secs(60),
        },
    };

    fn retry_of(error: DeliveryError, attempt: u32) -> Option<Retry> {
        retry_at(error, attempt, DAY)
    }

    fn retry_at(error: DeliveryError, attempt: u32, age: Duration) -> Option<Retry> {
        match judge(Some(Err(error)), attempt, age, &SETTINGS).0 {
            Outcome::Failed { retry, .. } => Some(retry),
            _ => None,
        }
    }

    #[test]
    fn an_event_is_parked_by_age_and_attempts_or_by_a_permanent_refusal() {
        let retryable = || DeliveryError::retryable(None, "no");
        assert!(matches!(retry_of(retryable(), 2), Some(Retry::After(_))));
        assert_eq!(retry_of(retryable(), 3), Some(Retry::Never));
        let young = retry_at(retryable(), 100, DAY - Duration::from_secs(1));
        assert!(matches!(young, Some(Retry::After(_))));
        let ambiguous = || DeliveryError::ambiguous(None, "no");
        assert_eq!(retry_of(ambiguous(), 3), Some(Retry::Never));
        assert_eq!(
            retry_of(DeliveryError::permanent("no"), 1),
            Some(Retry::Never)
        );
    }

    #[test]
    fn an_unavailable_broker_costs_no_attempt() {
        let unavailable = DeliveryError::unavailable(Some(Duration::from_secs(9)), "away");
        let (outcome, health) = judge(Some(Err(unavailable)), 3, DAY, &SETTINGS);
        assert_eq!(outcome, Outcome::Released(Duration::ZERO));
        let BrokerHealth::Unavailable { retry_after, .. } = health else {
            panic!("{health:?}")
        };
        assert_eq!(retry_after, Duration::from_secs(9));
    }

    #[test]
    fn a_pause_that_the_broker_asks_for_is_kept() {
        let asked = Duration::from_secs(40);
        let retryable = DeliveryError::retryable(Some(asked), "no");
        assert_eq!(retry_of(retryable, 1), Some(Retry::After(asked)));
    }

    #[test]
    fn a_stored_error_has_no_nul_and_a_bounded_length() {
        let long = DeliveryError::permanent(format!("\0{}", "x".repeat(5_000)));
        let (outcome, _) = judge(Some(Err(long)), 1, DAY, &SETTINGS);
        let Outcome::Failed { error, .. } = outcome else {
            panic!("{outcome:?}")
        };
        assert_eq!(error.chars().count(), MAX_ERROR_CHARS);
        assert!(error.starts_with('\u{fffd}'));
    }
}
