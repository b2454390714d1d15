//! Polls the outbox: which tenants have waiting events, and how many events are left.

use std::time::Duration;

use orders_core::tenant::TenantId;
use orders_db::{
    client::Params,
    queries::outbox::{FindWaitingParams, count_backlog, find_waiting},
};

use crate::db::{Connection, Db, DbError, LockWait, Tenants, stored_tenant};

/// The maximum number of tenants that a poll returns.
const TENANTS: usize = 1_000;

/// A part of the tenants with waiting events.
#[derive(Debug, Default)]
pub struct Waiting {
    /// The tenants. Their events are due, or leased, or wait after a failure.
    pub tenants: Vec<TenantId>,
    /// The age of the oldest waiting event of the part, zero without one.
    pub oldest: Duration,
    /// The last tenant of the part if others may follow it.
    pub last: Option<String>,
}

/// The size of the backlog: exact up to 10,000, beyond as PostgreSQL estimates it.
#[derive(Clone, Copy, Debug, Default)]
pub struct BacklogSize {
    /// Events that are neither published nor parked.
    pub waiting: u64,
    /// Parked events.
    pub parked: u64,
}

/// Finds the next 1,000 tenants with waiting events behind a tenant, or the first ones. The cost
/// grows with the number of tenants, and not with that of their events.
///
/// # Errors
/// [`DbError`] as [`Db::pipelined`].
pub async fn poll(db: &Db, after: Option<&str>) -> Result<Waiting, DbError> {
    let params = FindWaitingParams {
        after: after.unwrap_or_default(),
        row_limit: i64::try_from(TENANTS).unwrap_or(i64::MAX),
    };
    let read = |client: Connection| {
        let params = &params;
        async move { find_waiting().params(&**client, params).all().await }
    };
    let rows = db
        .pipelined("find_waiting", &Tenants::all(), LockWait::Full, read)
        .await?;
    let mut waiting = Waiting::default();
    if rows.len() == TENANTS {
        waiting.last = rows.last().map(|row| row.tenant_id.clone());
    }
    for row in rows {
        // The age is negative after the database's clock was set back.
        let age = Duration::try_from_secs_f64(row.age).unwrap_or_default();
        waiting.oldest = waiting.oldest.max(age);
        waiting.tenants.extend(stored_tenant(&row.tenant_id));
    }
    Ok(waiting)
}

/// Counts the backlog, in a bounded time.
///
/// # Errors
/// [`DbError`] as [`Db::pipelined`].
pub async fn backlog_size(db: &Db) -> Result<BacklogSize, DbError> {
    let read = |client: Connection| async move { count_backlog().bind(&**client).one().await };
    let size = db
        .pipelined("count_backlog", &Tenants::all(), LockWait::Full, read)
        .await?;
    let count = |rows| u64::try_from(rows).unwrap_or_default();
    Ok(BacklogSize {
        waiting: count(size.waiting),
        parked: count(size.parked),
    })
}
