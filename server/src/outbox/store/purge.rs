//! Deletes published events.

use std::time::Duration;

use orders_core::tenant::TenantId;
use orders_db::{
    client::Params,
    queries::outbox::{FindPublishedParams, PurgePublishedParams, find_published, purge_published},
};
use uuid::Uuid;

use crate::db::{Connection, Db, DbError, LockWait, Tenants, stored_tenant};

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
    let events: Vec<(TenantId, Uuid)> = found
        .into_iter()
        .filter_map(|row| Some((stored_tenant(&row.tenant_id)?, row.id)))
        .collect();
    if events.is_empty() {
        return Ok(0);
    }
    let params = &PurgePublishedParams {
        tenant_ids: events
            .iter()
            .map(|(tenant, _)| tenant.as_str())
            .collect::<Vec<_>>(),
        ids: events.iter().map(|(_, id)| *id).collect::<Vec<_>>(),
    };
    let tenants = Tenants::of(events.iter().map(|(tenant, _)| tenant));
    let delete =
        |client: Connection| async move { purge_published().params(&**client, params).all().await };
    let deleted = db
        .transaction("purge_published", &tenants, LockWait::Full, delete)
        .await?;
    Ok(deleted.len())
}
