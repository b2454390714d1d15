//! Why an event was not delivered.

use std::{error::Error, time::Duration};

use thiserror::Error;

type Cause = Box<dyn Error + Send + Sync>;

/// Why an event was not delivered, by what the relay does next. The causes contain no secrets: they
/// are logged, and those of a failed attempt are stored in `last_error`.
#[derive(Debug, Error)]
pub enum DeliveryError {
    /// The broker accepts no event at the moment. The event keeps its attempts; the circuit breaker
    /// opens.
    #[error("the broker is unavailable")]
    Unavailable {
        /// The pause that the broker asks for.
        retry_after: Option<Duration>,
        /// What happened.
        #[source]
        cause: Cause,
    },
    /// The broker failed, or gave no response in time: it may be out of order, or this event may be
    /// what makes it fail. One such event is retried as after [`Retryable`](Self::Retryable);
    /// several different ones in a row are treated as [`Unavailable`](Self::Unavailable).
    #[error("the broker failed")]
    Ambiguous {
        /// The pause that the broker asks for.
        retry_after: Option<Duration>,
        /// What happened.
        #[source]
        cause: Cause,
    },
    /// The broker did not accept this event. The relay retries it for some days.
    #[error("the broker refused the event")]
    Retryable {
        /// The pause that the broker asks for.
        retry_after: Option<Duration>,
        /// What happened.
        #[source]
        cause: Cause,
    },
    /// The broker will never accept this event. The relay parks it without a retry.
    #[error("the broker refused the event permanently")]
    Permanent {
        /// What happened.
        #[source]
        cause: Cause,
    },
}

// === impl DeliveryError ===

impl DeliveryError {
    /// The variant as a constant text.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Unavailable { .. } => "unavailable",
            Self::Ambiguous { .. } => "ambiguous",
            Self::Retryable { .. } => "retryable",
            Self::Permanent { .. } => "permanent",
        }
    }

    /// [`Unavailable`](Self::Unavailable).
    pub fn unavailable(retry_after: Option<Duration>, cause: impl Into<Cause>) -> Self {
        Self::Unavailable {
            retry_after,
            cause: cause.into(),
        }
    }

    /// [`Ambiguous`](Self::Ambiguous).
    pub fn ambiguous(retry_after: Option<Duration>, cause: impl Into<Cause>) -> Self {
        Self::Ambiguous {
            retry_after,
            cause: cause.into(),
        }
    }

    /// [`Retryable`](Self::Retryable).
    pub fn retryable(retry_after: Option<Duration>, cause: impl Into<Cause>) -> Self {
        Self::Retryable {
            retry_after,
            cause: cause.into(),
        }
    }

    /// [`Permanent`](Self::Permanent).
    pub fn permanent(cause: impl Into<Cause>) -> Self {
        Self::Permanent {
            cause: cause.into(),
        }
    }
}
