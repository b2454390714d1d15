//! Leases on events.

use orders_core::tenant::TenantId;
use time::OffsetDateTime;
use uuid::Uuid;

/// A lease on an event, identified by its end on the database's clock: a later claim of the event
/// has a later end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The owner of the event.
    pub tenant: TenantId,
    /// The event.
    pub event_id: Uuid,
    /// The value of `due_at` while the lease holds.
    pub ends_at: OffsetDateTime,
}
