//! Deletes published events after their retention.

use std::time::Duration;

use crate::{
    db::{Db, DbError},
    outbox::purge_published_events,
};

/// Deletes up to `limit` events that were published longer ago than `retention`. Returns the number
/// of deleted events.
///
/// # Errors
/// [`DbError`] as [`Db::transaction`].
pub async fn run(db: &Db, retention: Duration, limit: i64) -> Result<usize, DbError> {
    purge_published_events(db, retention, limit).await
}
