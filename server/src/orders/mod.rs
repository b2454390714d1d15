//! What can be done with orders. Knows nothing of HTTP: arguments are core's types, and so are
//! refusals.
//!
//! Each use case is a [`Work`]: what is asked at the same time is done in one transaction, each
//! call with its own answer.

mod advance;
mod close;
mod confirm;
mod create;
mod get;
mod list;

pub use create::{Created, OpenAnswer};
pub use list::Page;
use orders_core::{
    order::{Refusal, Snapshot, Status},
    timestamp::Timestamp,
    version::Version,
};
pub use orders_db::queries::orders::Order;
use thiserror::Error;
use time::OffsetDateTime;

use crate::{
    batch::{Attempt, BatchError, BatchHandler, Batcher, Limits, RequestError},
    db::{Db, DbError, LockWait},
    outbox::Bell,
};

/// The use cases.
#[derive(Clone)]
pub struct Orders {
    db: Db,
    creates: Batcher<create::Creates>,
    confirms: Batcher<confirm::Confirms>,
    closes: Batcher<close::Closes>,
    gets: Batcher<get::Gets>,
    lists: Batcher<list::Lists>,
}

/// Why a use case was not done.
#[derive(Clone, Debug, Error)]
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
    /// Too many are waiting.
    #[error("too many calls are waiting")]
    Full,
    /// The database did not do it.
    #[error(transparent)]
    Database(#[from] DbError),
    /// A row breaks a rule that the schema should have kept, or is missing.
    #[error("the database has {0}")]
    Corrupt(&'static str),
    /// A fault of ours: it panicked.
    #[error("the work was lost")]
    Lost,
}

// === impl Orders ===

impl Orders {
    /// The use cases on a database. `bell` is rung when events are committed.
    pub fn new(db: Db, limits: Limits, bell: Bell) -> Self {
        Self {
            creates: Batcher::new(create::Creates(db.clone()), limits),
            confirms: Batcher::new(confirm::Confirms(db.clone()), limits),
            closes: Batcher::new(
                close::Closes {
                    db: db.clone(),
                    bell,
                },
                limits,
            ),
            gets: Batcher::new(get::Gets(db.clone()), limits),
            lists: Batcher::new(list::Lists(db.clone()), limits),
            db,
        }
    }

    /// Whether the use cases can be done at the moment.
    ///
    /// # Errors
    /// [`Error::Database`] while the database does not answer.
    pub async fn ready(&self) -> Result<(), Error> {
        Ok(self.db.ping().await?)
    }
}

impl From<RequestError<DbError>> for Error {
    fn from(error: RequestError<DbError>) -> Self {
        match error {
            RequestError::Failed(error) => error.into(),
            RequestError::QueueFull => Self::Full,
            RequestError::Panicked => Self::Lost,
        }
    }
}

/// A stored order as core judges it.
///
/// # Errors
/// [`Error::Corrupt`].
pub fn snapshot(order: &Order) -> Result<Snapshot, Error> {
    Ok(Snapshot {
        status: order
            .status
            .parse::<Status>()
            .map_err(|_| Error::Corrupt("an order of unknown status"))?,
        version: stored_version(order.version)?,
    })
}

fn stored_version(version: i32) -> Result<Version, Error> {
    Version::new(version).ok_or(Error::Corrupt("an order with a version below 1"))
}

impl BatchError for DbError {
    fn affects_all(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

fn lock_wait(attempt: Attempt) -> LockWait {
    match attempt {
        Attempt::Batched => LockWait::Brief,
        Attempt::Single => LockWait::Full,
    }
}

/// Puts rows where the calls are that they answer. `place` counts from 1, as WITH ORDINALITY does.
fn by_place<T>(
    calls: usize,
    rows: impl IntoIterator<Item = T>,
    place: impl Fn(&T) -> i64,
) -> Vec<Option<T>> {
    let mut answers: Vec<Option<T>> = std::iter::repeat_with(|| None).take(calls).collect();
    for row in rows {
        let index = usize::try_from(place(&row) - 1).unwrap_or(usize::MAX);
        if let Some(answer) = answers.get_mut(index) {
            *answer = Some(row);
        }
    }
    answers
}

/// The database's instant as core writes it. Its clock stays within core's years; one that does not
/// is clamped.
fn instant(at: OffsetDateTime) -> Timestamp {
    let micros = i64::try_from(at.unix_timestamp_nanos() / 1_000).ok();
    micros
        .and_then(Timestamp::from_unix_micros)
        .unwrap_or(Timestamp::MAX)
}

/// The inverse of [`instant`]. Core's years, 1 to 9999, are years of `OffsetDateTime`, so the sum
/// does not overflow.
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

    #[test]
    fn every_row_finds_its_call() {
        assert_eq!(
            by_place(3, [3, 1], |place| *place),
            [Some(1), None, Some(3)]
        );
        assert_eq!(by_place(1, [0, 2, -1], |place| *place), [None]);
    }
}
