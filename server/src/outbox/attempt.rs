//! One event handed to the publisher, whatever the publisher does: it may take for ever or panic.

use std::{
    panic::AssertUnwindSafe,
    time::{Duration, Instant},
};

use futures_util::FutureExt;
use tokio::{sync::watch, time::timeout};
use tracing::{Instrument, Span, debug, error, field, info_span, warn};

use super::{
    backoff::Backoff,
    event::Event,
    publisher::{DeliveryError, Publisher},
    store::{Leased, Outcome, Settlement},
};
use crate::{error_chain::Chain, trace_context::TraceParent};

/// No more of an error is stored.
const ERROR_MAX_CHARS: usize = 1_000;

/// What every attempt keeps to.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// How long the publisher may take.
    pub timeout: Duration,
    /// How many attempts an event has.
    pub attempts: u32,
    /// How long an event waits after an attempt that failed.
    pub backoff: Backoff,
}

/// What an attempt came to.
#[derive(Debug)]
pub struct Done {
    /// What to write down about the event.
    pub settlement: Settlement,
    /// What it says about the broker.
    pub broker: Broker,
}

/// What is known of the broker.
#[derive(Debug)]
pub enum Broker {
    /// It was not asked.
    Unasked,
    /// It answers.
    Answers,
    /// It takes nothing.
    Unavailable {
        /// When to come back, if it said so.
        retry_after: Option<Duration>,
        /// Why.
        cause: String,
    },
}

// === impl Rules ===

impl Rules {
    /// How long an event is ours: long enough that an attempt which begins in the first two thirds
    /// ends in time.
    pub fn lease(&self) -> Duration {
        self.timeout * 3
    }
}

/// Publishes the event, unless its lease could end meanwhile or the relay stops first.
pub async fn attempt(
    publisher: &dyn Publisher,
    leased: Leased,
    rules: Rules,
    mut stop: watch::Receiver<bool>,
) -> Done {
    let span = span(&leased.event);
    let Leased {
        event,
        attempts,
        lease,
        until,
    } = leased;
    let result = tokio::select! {
        biased;
        // Also when the sender is gone.
        _ = stop.wait_for(|stop| *stop) => None,
        result = publish(publisher, &event, until, rules.timeout).instrument(span.clone()) => result,
    };
    let (outcome, broker) = span.in_scope(|| judge(result, attempts + 1, rules));
    Done {
        settlement: Settlement { lease, outcome },
        broker,
    }
}

/// Lines about an event carry this; the trace is that of the request which caused the event (W3C
/// Trace Context §3.2).
fn span(event: &Event) -> Span {
    let trace_id = event.trace_parent.as_ref().map(TraceParent::trace_id);
    info_span!(
        "publish",
        event_id = %event.id,
        event_type = event.event_type,
        tenant_id = %event.tenant_id,
        order_id = %event.order_id,
        trace_id = trace_id.map(field::display),
    )
}

/// No result: it was not tried.
async fn publish(
    publisher: &dyn Publisher,
    event: &Event,
    until: Instant,
    patience: Duration,
) -> Option<Result<(), DeliveryError>> {
    if Instant::now() + patience > until {
        return None;
    }
    let refused = |cause: &str| DeliveryError::retryable(None, cause);
    // Inside the block, so that a publisher may also panic before it has made its future.
    let publishing = AssertUnwindSafe(async { publisher.publish(event).await });
    Some(match timeout(patience, publishing.catch_unwind()).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(refused("the publisher panicked")),
        Err(_) => Err(refused("the publisher took too long")),
    })
}

/// What follows from the result of an event's n-th attempt.
fn judge(result: Option<Result<(), DeliveryError>>, nth: u32, rules: Rules) -> (Outcome, Broker) {
    match result {
        None => (Outcome::GivenBack, Broker::Unasked),
        Some(Ok(())) => {
            debug!("published");
            (Outcome::Published, Broker::Answers)
        }
        Some(Err(DeliveryError::Unavailable { retry_after, cause })) => {
            let cause = chain(&*cause);
            (
                Outcome::GivenBack,
                Broker::Unavailable { retry_after, cause },
            )
        }
        Some(Err(DeliveryError::Retryable { retry_after, cause })) => {
            let pause = rules
                .backoff
                .pause(nth)
                .max(retry_after.unwrap_or_default());
            let park = nth >= rules.attempts;
            (failed(chain(&*cause), nth, pause, park), Broker::Answers)
        }
        Some(Err(DeliveryError::Permanent { cause })) => {
            let pause = Duration::ZERO;
            (failed(chain(&*cause), nth, pause, true), Broker::Answers)
        }
    }
}

fn failed(error: String, nth: u32, pause: Duration, park: bool) -> Outcome {
    if park {
        error!(attempts = nth, "parked: {error}");
    } else {
        warn!(
            attempts = nth,
            "not published, again in {pause:.1?}: {error}"
        );
    }
    Outcome::Failed { error, pause, park }
}

/// An error with its causes, as text that PostgreSQL can store.
pub(super) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let text = Chain(error).to_string().replace('\0', "\u{fffd}");
    text.chars().take(ERROR_MAX_CHARS).collect()
}
