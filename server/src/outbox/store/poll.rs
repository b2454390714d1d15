//! Polls the outbox: which tenants have due events, and how many events are left.

use std::time::Duration;

use orders_core::tenant::TenantId;
use orders_db::queries::outbox::{count_parked, find_waiting};

use crate::db::{Connection, Db, DbError, LockWait, Tenants, stored_tenant};

/// The unpublished events of all tenants.
#[derive(Debug, Default)]
pub struct Backlog {
    /// Tenants with due events.
    pub due: Vec<TenantId>,
    /// The number of events that are neither published nor parked.
    pub waiting: u64,
    /// The age of the oldest of them, zero without one.
    pub oldest: Duration,
    /// The number of parked events.
    pub parked: u64,
}

/// Reads the backlog. The cost grows with the number of waiting events.
///
/// # Errors
/// [`DbError`] as [`Db::pipelined`].
pub async fn poll(db: &Db) -> Result<Backlog, DbError> {
    let read = |client: Connection| async move {
        let (by_tenant, parked) = (find_waiting(), count_parked());
        let (by_tenant, parked) = tokio::join!(
            biased;
            by_tenant.bind(&**client).all(),
            parked.bind(&**client).one(),
        );
        Ok((by_tenant?, parked?))
    };
    let (by_tenant, parked) = db
        .pipelined("find_waiting", &Tenants::all(), LockWait::Full, read)
        .await?;
    let mut backlog = Backlog {
        parked: count(parked),
        ..Backlog::default()
    };
    for row in by_tenant {
        backlog.waiting += count(row.waiting);
        // The age is negative after the database's clock was set back.
        let age = Duration::try_from_secs_f64(row.age).unwrap_or_default();
        backlog.oldest = backlog.oldest.max(age);
        if row.due {
            backlog.due.extend(stored_tenant(&row.tenant_id));
        }
    }
    Ok(backlog)
}

fn count(rows: i64) -> u64 {
    u64::try_from(rows).unwrap_or_default()
}
