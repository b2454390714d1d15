//! One attempt to publish an event. The publisher may hang or panic without harm.

use std::{
    panic::AssertUnwindSafe,
    time::{Duration, Instant},
};

use futures_util::FutureExt;
use tokio::{sync::watch, time::timeout};
use tracing::{Instrument, Span, field, info_span};

use super::{
    parking::{BrokerHealth, judge},
    settings::Settings,
};
use crate::outbox::{
    event::Event,
    publisher::{DeliveryError, Publisher},
    store::{ClaimedEvent, Completion},
};

/// The result of an attempt.
#[derive(Debug)]
pub struct Attempted {
    /// What became of the event.
    pub completion: Completion,
    /// What the attempt says about the broker.
    pub broker: BrokerHealth,
}

/// Publishes an event, unless its lease could end before the attempt does. Ends early when `cancel`
/// turns true: the event is then released.
pub async fn attempt(
    publisher: &dyn Publisher,
    claimed: ClaimedEvent,
    settings: Settings,
    mut cancel: watch::Receiver<bool>,
) -> Attempted {
    let span = span(&claimed.event);
    let ClaimedEvent {
        event,
        age,
        failed_attempts,
        lease,
        lease_ends,
    } = claimed;
    let published = publish(publisher, &event, lease_ends, settings.attempt_timeout());
    let result = tokio::select! {
        biased;
        // Also completes when the sender is dropped.
        _ = cancel.wait_for(|cancel| *cancel) => None,
        result = published.instrument(span.clone()) => result,
    };
    let (outcome, broker) = span.in_scope(|| judge(result, failed_attempts + 1, age, &settings));
    Attempted {
        completion: Completion { lease, outcome },
        broker,
    }
}

/// The span of an event. Its trace is that of the request that caused the event (W3C Trace Context
/// §3.2). With traces the publisher adds the id of the attempt's span there.
fn span(event: &Event) -> Span {
    let span = info_span!(
        "publish",
        event_id = %event.id,
        event_type = event.event_type,
        tenant_id = %event.tenant_id,
        order_id = %event.order_id,
        trace_id = field::Empty,
        span_id = field::Empty,
    );
    if let Some(parent) = &event.trace_parent {
        span.record("trace_id", parent.trace_id());
    }
    span
}

/// `None` if the event was not sent, because its lease could end first.
async fn publish(
    publisher: &dyn Publisher,
    event: &Event,
    lease_ends: Instant,
    attempt_timeout: Duration,
) -> Option<Result<(), DeliveryError>> {
    if Instant::now() + attempt_timeout > lease_ends {
        return None;
    }
    // In a block, because a publisher may panic before it returns its future.
    let publishing = AssertUnwindSafe(async { publisher.publish(event).await });
    let result = match timeout(attempt_timeout, publishing.catch_unwind()).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(DeliveryError::retryable(None, "the publisher panicked")),
        Err(_) => Err(DeliveryError::ambiguous(
            None,
            "the publisher took too long",
        )),
    };
    Some(result)
}
