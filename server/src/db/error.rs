//! Errors of the database, by what the caller can do about them.

use std::{error::Error as _, io, sync::Arc, time::Duration};

use deadpool_postgres::PoolError;
use thiserror::Error;
use tokio_postgres::{Error, error::SqlState};

/// Why a transaction failed.
#[derive(Clone, Debug, Error)]
pub enum DbError {
    /// The database is unreachable, overloaded or too slow. A retry may succeed.
    #[error("the database is unavailable")]
    Unavailable(#[source] Arc<dyn std::error::Error + Send + Sync>),
    /// A statement ran for longer than `--statement-timeout` (SQLSTATE 57014). Other requests of
    /// its batch may succeed by themselves.
    #[error("the database was too slow")]
    StatementTimeout(#[source] Arc<Error>),
    /// Another transaction held a row for longer than the lock timeout (SQLSTATE 55P03).
    #[error("another transaction holds the row")]
    LockTimeout(#[source] Arc<Error>),
    /// The database refuses a statement: a fault of this program or of the schema.
    #[error("the database refuses a statement")]
    Fault(#[source] Arc<Error>),
}

/// The database did not respond in time: the connection may lead nowhere (failover, partition).
#[derive(Clone, Copy, Debug, Error)]
#[error("the database did not respond within {0:?}")]
pub struct NoResponse(pub Duration);

// === impl DbError ===

impl DbError {
    /// The variant as a constant text, for metrics and spans.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Unavailable(_) => "unavailable",
            Self::StatementTimeout(_) => "statement_timeout",
            Self::LockTimeout(_) => "lock_timeout",
            Self::Fault(_) => "fault",
        }
    }

    /// PostgreSQL's code of the error, if the database has reported one.
    pub fn sqlstate(&self) -> Option<&SqlState> {
        match self {
            Self::Unavailable(error) => error.downcast_ref::<Error>()?.code(),
            Self::StatementTimeout(error) | Self::LockTimeout(error) | Self::Fault(error) => {
                error.code()
            }
        }
    }
}

impl From<Error> for DbError {
    fn from(error: Error) -> Self {
        match error.code() {
            Some(code) if *code == SqlState::LOCK_NOT_AVAILABLE => Self::LockTimeout(error.into()),
            Some(code) if *code == SqlState::QUERY_CANCELED => Self::StatementTimeout(error.into()),
            Some(code) if is_transient(code) => Self::Unavailable(Arc::new(error)),
            Some(_) => Self::Fault(error.into()),
            None if is_connection_loss(&error) => Self::Unavailable(Arc::new(error)),
            None => Self::Fault(error.into()),
        }
    }
}

impl From<NoResponse> for DbError {
    fn from(error: NoResponse) -> Self {
        Self::Unavailable(Arc::new(error))
    }
}

impl From<PoolError> for DbError {
    fn from(error: PoolError) -> Self {
        Self::Unavailable(Arc::new(error))
    }
}

/// Whether the same statement may succeed later (PostgreSQL manual, appendix A).
pub fn is_transient(code: &SqlState) -> bool {
    const CLASSES: [&str; 4] = [
        "08", // connection exception
        "40", // transaction rollback
        "53", // insufficient resources
        "57", // operator intervention: shutdown, statement timeout
    ];
    let class = code.code().get(..2).unwrap_or_default();
    CLASSES.contains(&class) || *code == SqlState::READ_ONLY_SQL_TRANSACTION
}

/// Whether the database refuses a write because it is not, or no more, the primary.
pub fn is_read_only(error: &Error) -> bool {
    error.code() == Some(&SqlState::READ_ONLY_SQL_TRANSACTION)
}

/// Whether the connection broke, as opposed to a value that does not fit its column.
pub fn is_connection_loss(error: &Error) -> bool {
    error.is_closed()
        || error
            .source()
            .is_some_and(|source| source.is::<io::Error>())
}
