//! Makes parked events wait again, for operators.

use orders_core::tenant::TenantId;
use orders_db::{
    client::Params,
    queries::outbox::{LockEventParams, RetryParkedParams, lock_event, retry_parked},
};
use uuid::Uuid;

use super::{event_keys::EventKeys, stored_event::StoredEvent};
use crate::db::{Connection, Db, DbError, LockWait, Tenants};

/// What became of a retry.
#[derive(Debug)]
pub enum RetryOutcome {
    /// The event was parked and waits again.
    Retried(StoredEvent),
    /// The event is not parked, and is unchanged.
    NotParked(StoredEvent),
    /// The tenant has no such event.
    NotFound,
}

/// Makes an event due again, with all its attempts, if it is parked.
///
/// # Errors
/// [`DbError`] as [`Db::transaction`].
pub async fn retry(db: &Db, tenant: &TenantId, id: Uuid) -> Result<RetryOutcome, DbError> {
    let retry = |client: Connection| async move {
        let event = LockEventParams {
            tenant_id: tenant.as_str(),
            id,
        };
        // The lock keeps the state until the transaction ends.
        let Some(row) = lock_event().params(&**client, &event).opt().await? else {
            return Ok(RetryOutcome::NotFound);
        };
        let event = RetryParkedParams {
            tenant_ids: vec![tenant.as_str()],
            ids: vec![id],
        };
        let retried = retry_parked().params(&**client, &event).opt().await?;
        Ok(match retried {
            Some(retried) => RetryOutcome::Retried(retried.into()),
            None => RetryOutcome::NotParked(row.into()),
        })
    };
    let tenants = Tenants::of([tenant]);
    db.transaction("retry_event", &tenants, LockWait::Full, retry)
        .await
}

/// Makes those of the events that are parked due again, with all their attempts. Returns them.
///
/// # Errors
/// [`DbError`] as [`Db::transaction`].
pub async fn retry_all(db: &Db, events: &[StoredEvent]) -> Result<Vec<StoredEvent>, DbError> {
    let keys = EventKeys::new(events.iter().map(|event| (&*event.tenant_id, event.id)));
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let params = &RetryParkedParams {
        tenant_ids: keys.tenant_ids(),
        ids: keys.ids(),
    };
    let retry =
        |client: Connection| async move { retry_parked().params(&**client, params).all().await };
    let retried = db
        .transaction("retry_parked", &keys.tenants(), LockWait::Full, retry)
        .await?;
    Ok(retried.into_iter().map(StoredEvent::from).collect())
}
