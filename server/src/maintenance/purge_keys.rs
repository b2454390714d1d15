//! Deletes idempotency keys an hour after they expired. An expired key counts as free without that:
//! the purge only saves space.

use orders_core::{limits::IDEMPOTENCY_WINDOW_SECONDS, tenant::TenantId};
use orders_db::{
    client::Params,
    queries::idempotency_keys::{
        FindExpiredKeysParams, PurgeExpiredKeysParams, find_expired_keys, purge_expired_keys,
    },
};

use crate::db::{Connection, Db, DbError, LockWait, Tenants, stored_tenant};

/// The age at which a key is deleted, in seconds.
const MAX_AGE: f64 = IDEMPOTENCY_WINDOW_SECONDS as f64 * 2.0;

/// Deletes up to `limit` keys, oldest first. Returns the number of deleted keys.
///
/// # Errors
/// [`DbError`] as [`Db::transaction`].
pub async fn run(db: &Db, limit: i64) -> Result<usize, DbError> {
    let params = &FindExpiredKeysParams {
        max_age: MAX_AGE,
        row_limit: limit,
    };
    let find = |client: Connection| async move {
        find_expired_keys().params(&**client, params).all().await
    };
    let found = db
        .pipelined("find_expired_keys", &Tenants::all(), LockWait::Full, find)
        .await?;
    let keys: Vec<(TenantId, String)> = found
        .into_iter()
        .filter_map(|row| Some((stored_tenant(&row.tenant_id)?, row.key)))
        .collect();
    if keys.is_empty() {
        return Ok(0);
    }
    let params = &PurgeExpiredKeysParams {
        tenant_ids: keys
            .iter()
            .map(|(tenant, _)| tenant.as_str())
            .collect::<Vec<_>>(),
        keys: keys.iter().map(|(_, key)| key.as_str()).collect::<Vec<_>>(),
        max_age: MAX_AGE,
    };
    let tenants = Tenants::of(keys.iter().map(|(tenant, _)| tenant));
    let delete = |client: Connection| async move {
        purge_expired_keys().params(&**client, params).all().await
    };
    let deleted = db
        .transaction("purge_expired_keys", &tenants, LockWait::Full, delete)
        .await?;
    Ok(deleted.len())
}
