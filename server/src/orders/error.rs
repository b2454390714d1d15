//! Why a use case fails.

use orders_core::order::Refusal;
use thiserror::Error;

use crate::{
    batch::{Attempt, BatchError, RequestError},
    db::{DbError, LockWait},
};

/// Why a use case fails.
#[derive(Clone, Debug, Error)]
pub enum Error {
    /// The tenant has no such order.
    #[error("no such order")]
    NotFound,
    /// The order's version or status refuses the transition.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// An earlier request used the idempotency key with a different body.
    #[error("the idempotency key was used with a different body")]
    KeyReused,
    /// Another request with the same idempotency key has not ended within the lock timeout.
    #[error("a request with this idempotency key is still in progress")]
    InProgress,
    /// Other writes changed the order during each attempt.
    #[error("the order keeps changing")]
    Contended,
    /// The queue of this kind of request is full.
    #[error("too many requests are waiting")]
    QueueFull,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
    /// A row is missing, or breaks a rule that the schema should have enforced.
    #[error("the database has {0}")]
    Corrupt(&'static str),
    /// The use case panicked.
    #[error("the use case panicked")]
    Panicked,
}

impl From<RequestError<DbError>> for Error {
    fn from(error: RequestError<DbError>) -> Self {
        match error {
            RequestError::Failed(error) => error.into(),
            RequestError::QueueFull => Self::QueueFull,
            RequestError::Panicked => Self::Panicked,
        }
    }
}

impl BatchError for DbError {
    /// An unreachable database fails every request; a locked row or a faulty value fails one.
    fn affects_all(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

impl From<Attempt> for LockWait {
    fn from(attempt: Attempt) -> Self {
        match attempt {
            Attempt::Batched => Self::Brief,
            Attempt::Single => Self::Full,
        }
    }
}
