//! Lists waiting and parked events, and retries parked ones, for `orders outbox`.

use orders_core::{tenant::TenantId, timestamp::Timestamp};
use orders_db::{
    client::Params,
    queries::outbox::{self, RetryParkedParams, Unpublished},
};
use uuid::Uuid;

use crate::{
    db::{Connection, Db, DbError, LockWait, Tenants, stored_tenant},
    time::from_db,
};

/// A waiting or parked event.
#[derive(Clone, Debug)]
pub struct UnpublishedEvent {
    /// The event.
    pub id: Uuid,
    /// The owner, as stored.
    pub tenant_id: String,
    /// The order that changed.
    pub order_id: Uuid,
    /// What happened.
    pub event_type: String,
    /// When the order changed.
    pub created_at: Timestamp,
    /// The number of attempts that have failed.
    pub failed_attempts: i32,
    /// When the event was parked; `None` if it is waiting.
    pub parked_at: Option<Timestamp>,
    /// The error of the last failed attempt.
    pub last_error: Option<String>,
}

/// Lists up to `limit` waiting events by tenant, oldest first.
///
/// # Errors
/// [`DbError`] as [`Db::pipelined`].
pub async fn list_waiting(db: &Db, limit: i64) -> Result<Vec<UnpublishedEvent>, DbError> {
    let limit = &limit;
    let list = |client: Connection| async move {
        outbox::list_waiting().bind(&**client, limit).all().await
    };
    let rows = db
        .pipelined("list_waiting", &Tenants::all(), LockWait::Full, list)
        .await?;
    Ok(rows.into_iter().map(UnpublishedEvent::from_row).collect())
}

/// Lists up to `limit` parked events, the longest parked first.
///
/// # Errors
/// [`DbError`] as [`Db::pipelined`].
pub async fn list_parked(db: &Db, limit: i64) -> Result<Vec<UnpublishedEvent>, DbError> {
    let limit = &limit;
    let list = |client: Connection| async move {
        outbox::list_parked().bind(&**client, limit).all().await
    };
    let rows = db
        .pipelined("list_parked", &Tenants::all(), LockWait::Full, list)
        .await?;
    Ok(rows.into_iter().map(UnpublishedEvent::from_row).collect())
}

/// The tenants and ids of those events that are parked.
///
/// # Errors
/// [`DbError`] as [`Db::pipelined`].
pub async fn find_parked(db: &Db, ids: &[Uuid]) -> Result<Vec<(String, Uuid)>, DbError> {
    let find =
        |client: Connection| async move { outbox::find_parked().bind(&**client, &ids).all().await };
    let rows = db
        .pipelined("find_parked", &Tenants::all(), LockWait::Full, find)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.tenant_id, row.id))
        .collect())
}

/// Makes parked events due again, with all their attempts. Returns the ids of those that were
/// still parked.
///
/// # Errors
/// [`DbError`] as [`Db::transaction`].
pub async fn retry_parked(
    db: &Db,
    events: impl IntoIterator<Item = (String, Uuid)>,
) -> Result<Vec<Uuid>, DbError> {
    let events: Vec<(TenantId, Uuid)> = events
        .into_iter()
        .filter_map(|(tenant, id)| Some((stored_tenant(&tenant)?, id)))
        .collect();
    if events.is_empty() {
        return Ok(Vec::new());
    }
    let params = &RetryParkedParams {
        tenant_ids: events
            .iter()
            .map(|(tenant, _)| tenant.as_str())
            .collect::<Vec<_>>(),
        ids: events.iter().map(|(_, id)| *id).collect::<Vec<_>>(),
    };
    let tenants = Tenants::of(events.iter().map(|(tenant, _)| tenant));
    let retry = |client: Connection| async move {
        outbox::retry_parked().params(&**client, params).all().await
    };
    db.transaction("retry_parked", &tenants, LockWait::Full, retry)
        .await
}

// === impl UnpublishedEvent ===

impl UnpublishedEvent {
    fn from_row(row: Unpublished) -> Self {
        Self {
            id: row.id,
            tenant_id: row.tenant_id,
            order_id: row.order_id,
            event_type: row.event_type,
            created_at: from_db(row.created_at),
            failed_attempts: row.attempts,
            parked_at: row.parked_at.map(from_db),
            last_error: row.last_error,
        }
    }
}
