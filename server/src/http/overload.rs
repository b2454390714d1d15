//! Why a request gets 503 although it may be valid.

use thiserror::Error;

/// Why a request gets 503; an extension of the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Overload {
    /// As many requests as allowed are handled.
    #[error("too many requests in flight")]
    InFlight,
    /// The body did not arrive within the request timeout.
    #[error("the body took too long")]
    BodyTimeout,
    /// The response was not ready within the request timeout.
    #[error("the request took too long")]
    RequestTimeout,
    /// The process should receive no requests.
    #[error("not ready")]
    NotReady,
    /// The queue of the operation is full.
    #[error("too many requests are waiting")]
    QueueFull,
    /// Other writes changed the order during each attempt.
    #[error("the order keeps changing")]
    Contended,
    /// The database cannot be reached, or gives no response.
    #[error("the database is unavailable")]
    DatabaseUnavailable,
    /// The database has cancelled a statement.
    #[error("the database is too slow")]
    StatementTimeout,
    /// Another transaction holds a row.
    #[error("a row is locked")]
    LockTimeout,
}

// === impl Overload ===

impl Overload {
    /// The value of the label `reason`.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::InFlight => "in_flight",
            Self::BodyTimeout => "body_timeout",
            Self::RequestTimeout => "request_timeout",
            Self::NotReady => "not_ready",
            Self::QueueFull => "queue_full",
            Self::Contended => "contended",
            Self::DatabaseUnavailable => "database_unavailable",
            Self::StatementTimeout => "statement_timeout",
            Self::LockTimeout => "lock_timeout",
        }
    }
}
