//! Claims events: leases them to this relay.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use orders_core::{order::OrderId, tenant::TenantId};
use orders_db::{
    client::Params,
    queries::outbox::{ClaimEventsParams, Claimed, claim_events},
};

use super::{
    lease::Lease,
    scan::{Keyset, Scan},
};
use crate::{
    db::{Connection, Db, DbError, LockWait, Tenants},
    outbox::event::Event,
    time::{from_db, to_db},
};

/// An event with a lease of this relay.
#[derive(Debug)]
pub struct ClaimedEvent {
    /// The event.
    pub event: Event,
    /// The age at the claim, by the database's clock.
    pub age: Duration,
    /// The number of attempts that have failed.
    pub failed_attempts: u32,
    /// The lease, for the completion.
    pub lease: Lease,
    /// The end of the lease by this process's clock. Earlier than by the database's clock, because
    /// it counts from before the claim was sent.
    pub lease_ends: Instant,
}

/// Leases due events of each scan's tenant for `lease`: at most `limit` per scan, oldest first. The
/// result has one list per scan. One round trip for all scans.
///
/// # Errors
/// [`DbError`]. If the connection was lost during the commit, events may be leased nevertheless;
/// they are due again when the leases end.
pub async fn claim(
    db: &Db,
    scans: &[Scan],
    limit: usize,
    lease: Duration,
) -> Result<Vec<Vec<ClaimedEvent>>, DbError> {
    let lease_ends = Instant::now() + lease;
    let tenants = Tenants::of(scans.iter().map(|scan| &scan.tenant));
    let claim_each = |client: Connection| async move {
        let claims = scans.iter().map(|scan| {
            let client = &client;
            async move {
                let params = ClaimEventsParams {
                    lease: lease.as_secs_f64(),
                    tenant_id: scan.tenant.as_str(),
                    after_created_at: to_db(scan.after.created_at),
                    after_id: scan.after.id,
                    row_limit: i64::try_from(limit).unwrap_or(i64::MAX),
                };
                claim_events().params(&***client, &params).all().await
            }
        });
        join_all(claims).await.into_iter().collect()
    };
    let claimed: Vec<Vec<Claimed>> = db
        .pipelined("claim_events", &tenants, LockWait::Full, claim_each)
        .await?;
    let claimed = scans.iter().zip(claimed).map(|(scan, rows)| {
        let events = rows
            .into_iter()
            .map(|row| ClaimedEvent::from_row(&scan.tenant, row, lease, lease_ends));
        let mut events: Vec<_> = events.collect();
        events.sort_unstable_by_key(ClaimedEvent::keyset); // RETURNING has no order
        events
    });
    Ok(claimed.collect())
}

// === impl ClaimedEvent ===

impl ClaimedEvent {
    /// `lease` is the length of the lease, which began at the claim.
    fn from_row(tenant: &TenantId, row: Claimed, lease: Duration, lease_ends: Instant) -> Self {
        Self {
            lease: Lease {
                tenant: tenant.clone(),
                event_id: row.id,
                ends_at: row.lease,
            },
            event: Event {
                id: row.id,
                event_type: row.event_type,
                tenant_id: tenant.clone(),
                order_id: OrderId::new(row.order_id),
                created_at: from_db(row.created_at),
                payload: row.payload,
                trace_parent: row.trace_parent.and_then(|text| text.parse().ok()),
            },
            // Negative after the database's clock was set back.
            age: Duration::try_from(row.lease - lease - row.created_at).unwrap_or_default(),
            failed_attempts: row.attempts.unsigned_abs(),
            lease_ends,
        }
    }

    /// The position behind this event.
    pub fn keyset(&self) -> Keyset {
        Keyset {
            created_at: self.event.created_at,
            id: self.event.id,
        }
    }
}
