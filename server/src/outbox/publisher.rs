//! Where events go. A publisher hands one event to a broker and says when the broker has it;
//! everything else (order, retries, parking, marking) is the relay's.

use std::{error::Error, time::Duration};

use futures_util::future::BoxFuture;
use thiserror::Error;
use time::OffsetDateTime;
use uuid::Uuid;

/// A row of the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The message id: the same at every attempt, so that brokers and receivers can de-duplicate.
    pub id: Uuid,
    /// What happened, such as `orders.closed`.
    pub event_type: String,
    /// Whose order it is.
    pub tenant_id: String,
    /// Which order it is about.
    pub order_id: Uuid,
    /// When it was committed, by the database's clock.
    pub created_at: OffsetDateTime,
    /// The bytes that were stored, JSON.
    pub payload: String,
    /// The W3C `traceparent` of the request that caused it.
    pub trace_parent: Option<String>,
}

/// Hands events to a broker.
///
/// The relay polls many of these futures at a time and never two for events of the same order, so
/// an implementation need neither queue nor sort. Retries of an event carry the same `id`.
pub trait Publisher: Send + Sync + 'static {
    /// Completes when the broker has acknowledged the event, and not before.
    ///
    /// # Errors
    /// [`Undelivered`]. The broker may have the event all the same (a lost acknowledgement).
    fn publish<'a>(&'a self, event: &'a Event) -> BoxFuture<'a, Result<(), Undelivered>>;
}

/// Why an event was not delivered, and whose fault that is.
#[derive(Debug, Error)]
pub enum Undelivered {
    /// The broker takes nothing at the moment. Costs the event no attempt: the relay pauses, and
    /// goes on with the same.
    #[error("the broker is unavailable")]
    Unavailable {
        /// When to come back, if the broker said so.
        retry_after: Option<Duration>,
        /// What happened. Without secrets: it is logged.
        #[source]
        cause: Box<dyn Error + Send + Sync>,
    },
    /// The broker did not take this event. It is tried again, up to a number of attempts.
    #[error("the broker refused the event")]
    Refused {
        /// When to try again, if the broker said so.
        retry_after: Option<Duration>,
        /// What happened. Without secrets: it is logged and stored.
        #[source]
        cause: Box<dyn Error + Send + Sync>,
    },
    /// The broker never wants this event: it is parked at once.
    #[error("the broker turned the event away for good")]
    Rejected {
        /// What happened. Without secrets: it is logged and stored.
        #[source]
        cause: Box<dyn Error + Send + Sync>,
    },
}
