//! What can be done with orders. Knows nothing of HTTP: arguments are core's types, and so are refusals.

mod advance;
mod close;
mod confirm;
mod create;
mod get;
mod list;

use orders_core::{
    order::{Refusal, Snapshot, Status},
    timestamp::Timestamp,
    version::Version,
};
use thiserror::Error;
use time::OffsetDateTime;

use crate::db::{Db, DbError};

pub use create::{Created, OpenAnswer};
pub use list::Page;
pub use orders_db::queries::orders::Order;

/// The use cases.
#[derive(Clone, Debug)]
pub struct Orders {
    db: Db,
}

/// Why a use case was not done.
#[derive(Debug, Error)]
pub enum Error {
    /// The tenant has no such order.
    #[error("no such order")]
    NotFound,
    /// The life cycle or the version stands against it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The idempotency key is in use for a different body.
    #[error("the idempotency key was used with a different body")]
    KeyReused,
    /// The request that holds the idempotency key has not finished.
    #[error("a request with this idempotency key is still in progress")]
    InProgress,
    /// The order changed under every attempt.
    #[error("the order keeps changing")]
    Contended,
    /// The database did not do it.
    #[error(transparent)]
    Database(#[from] DbError),
    /// A row breaks a rule that the schema should have kept.
    #[error("a stored order has {0}")]
    Corrupt(&'static str),
}

// === impl Orders ===

impl Orders {
    /// The use cases on a database.
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// Whether the use cases can be done at the moment.
    ///
    /// # Errors
    /// [`Error::Database`] while the database does not answer.
    pub async fn ready(&self) -> Result<(), Error> {
        Ok(self.db.ping().await?)
    }
}

/// A stored order as core judges it.
///
/// # Errors
/// [`Error::Corrupt`].
pub fn snapshot(order: &Order) -> Result<Snapshot, Error> {
    Ok(Snapshot {
        status: Status::parse(&order.status).map_err(|_| Error::Corrupt("an unknown status"))?,
        version: stored_version(order.version)?,
    })
}

fn stored_version(version: i32) -> Result<Version, Error> {
    Version::new(version).ok_or(Error::Corrupt("a version below 1"))
}

/// The database's instant as core writes it. Its clock stays within core's years; one that does not is clamped.
fn instant(at: OffsetDateTime) -> Timestamp {
    let micros = i64::try_from(at.unix_timestamp_nanos() / 1_000).ok();
    micros
        .and_then(Timestamp::from_unix_micros)
        .unwrap_or(Timestamp::MAX)
}

/// The inverse of [`instant`]. Core's years, 1 to 9999, are years of `OffsetDateTime`, so the sum does not overflow.
fn moment(at: Timestamp) -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH + time::Duration::microseconds(at.unix_micros())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_survive_the_way_to_the_database_and_back() {
        for at in [
            Timestamp::MIN,
            Timestamp::from_unix_micros(1_700_000_000_123_456).unwrap(),
            Timestamp::MAX,
        ] {
            assert_eq!(instant(moment(at)), at);
        }
    }
}
