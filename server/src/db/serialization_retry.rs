//! Retry of a serialization failure: a transaction that PostgreSQL aborted because of a concurrent
//! one runs again from its start (SQLSTATE 40001 and 40P01).

use tokio_postgres::{Error, error::SqlState};
use tracing::warn;

/// Runs of a transaction, the first one included.
const MAX_ATTEMPTS: u32 = 3;

/// Counts the runs of one transaction.
pub struct SerializationRetry {
    transaction: &'static str,
    attempt: u32,
}

// === impl SerializationRetry ===

impl SerializationRetry {
    /// Before the first run of the named transaction.
    pub fn new(transaction: &'static str) -> Self {
        Self {
            transaction,
            attempt: 1,
        }
    }

    /// Whether the transaction may run again after this error.
    pub fn allows(&mut self, error: &Error) -> bool {
        let allowed = self.attempt < MAX_ATTEMPTS && is_serialization_failure(error);
        if allowed {
            warn!(
                transaction = self.transaction,
                attempt = self.attempt,
                "retrying a transaction: {error}"
            );
            self.attempt += 1;
        }
        allowed
    }
}

fn is_serialization_failure(error: &Error) -> bool {
    error.code().is_some_and(|code| {
        *code == SqlState::T_R_SERIALIZATION_FAILURE || *code == SqlState::T_R_DEADLOCK_DETECTED
    })
}
