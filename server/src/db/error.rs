//! What can go wrong with a database, by what the caller can do about it.

use std::{error::Error as _, io, sync::Arc};

use deadpool_postgres::PoolError;
use thiserror::Error;
use tokio_postgres::{Error, error::SqlState};

/// Why the database did not do what it was asked.
#[derive(Clone, Debug, Error)]
pub enum DbError {
    /// It cannot be reached, is too busy or too slow. Later it may well.
    #[error("the database is unavailable")]
    Unavailable(#[source] Arc<dyn std::error::Error + Send + Sync>),
    /// Another transaction held a row for longer than `--lock-timeout` (55P03).
    #[error("another transaction holds the row")]
    LockTimeout(#[source] Arc<Error>),
    /// A fault of ours, or of the schema.
    #[error("the database refuses a statement")]
    Fault(#[source] Arc<Error>),
}

impl From<Error> for DbError {
    fn from(error: Error) -> Self {
        match error.code() {
            Some(code) if *code == SqlState::LOCK_NOT_AVAILABLE => Self::LockTimeout(error.into()),
            Some(code) if may_pass(code) => Self::Unavailable(Arc::new(error)),
            Some(_) => Self::Fault(error.into()),
            None if is_connection_loss(&error) => Self::Unavailable(Arc::new(error)),
            None => Self::Fault(error.into()),
        }
    }
}

impl From<PoolError> for DbError {
    fn from(error: PoolError) -> Self {
        Self::Unavailable(Arc::new(error))
    }
}

/// Whether the transaction lost against another one and may win when it is run again.
pub fn is_lost_race(error: &Error) -> bool {
    error.code().is_some_and(|code| {
        *code == SqlState::T_R_SERIALIZATION_FAILURE || *code == SqlState::T_R_DEADLOCK_DETECTED
    })
}

/// Whether a later attempt may succeed although nothing changes on our side (PostgreSQL manual,
/// appendix A).
pub fn may_pass(code: &SqlState) -> bool {
    const CLASSES: [&str; 4] = [
        "08", // connection exception
        "40", // transaction rollback: a race lost too often
        "53", // insufficient resources
        "57", // operator intervention: shutdown, statement timeout
    ];
    let class = code.code().get(..2).unwrap_or_default();
    CLASSES.contains(&class) || *code == SqlState::READ_ONLY_SQL_TRANSACTION // a primary that was demoted
}

/// Whether the connection broke, as opposed to a value that does not fit.
pub fn is_connection_loss(error: &Error) -> bool {
    error.is_closed()
        || error
            .source()
            .is_some_and(|source| source.is::<io::Error>())
}
