//! Deletes published events.

use std::time::Duration;

use orders_db::{
    client::Params,
    queries::outbox::{FindPublishedParams, PurgePublishedParams, find_published, purge_published},
};

use super::event_keys::EventKeys;
use crate::db::{Connection, Db, DbError, LockWait, Tenants};

/// Deletes up to `limit` events that were published longer ago than `retention`, oldest first.
/// Returns the number of deleted events.
///
/// # Errors
/// [`DbError`] as [`Db::transaction`].
pub async fn purge_published_events(
    db: &Db,
    retention: Duration,
    limit: i64,
) -> Result<usize, DbError> {
    let params = &FindPublishedParams {
        retention: retention.as_secs_f64(),
        row_limit: limit,
    };
    let find =
        |client: Connection| async move { find_published().params(&**client, params).all().await };
    let found = db
        .pipelined("find_published", &Tenants::all(), LockWait::Full, find)
        .await?;
    let keys = EventKeys::new(found.iter().map(|row| (&*row.tenant_id, row.id)));
    if keys.is_empty() {
        return Ok(0);
    }
    let params = &PurgePublishedParams {
        tenant_ids: keys.tenant_ids(),
        ids: keys.ids(),
    };
    let delete =
        |client: Connection| async move { purge_published().params(&**client, params).all().await };
    let deleted = db
        .transaction("purge_published", &keys.tenants(), LockWait::Full, delete)
        .await?;
    Ok(deleted.len())
}
