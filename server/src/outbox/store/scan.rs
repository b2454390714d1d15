//! Scans of a tenant's events by claims.

use orders_core::{tenant::TenantId, timestamp::Timestamp};
use uuid::Uuid;

/// A position among a tenant's events: directly behind the event with these sort keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Keyset {
    /// `created_at` of the event.
    pub created_at: Timestamp,
    /// Its id.
    pub id: Uuid,
}

/// A tenant, and the position behind the events that this scan has already claimed or skipped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    /// The tenant.
    pub tenant: TenantId,
    /// The next claim starts here.
    pub after: Keyset,
    /// A claim of several scans was too slow, perhaps because of this one: claimed by itself.
    pub alone: bool,
}

// === impl Keyset ===

impl Keyset {
    /// Before all events.
    pub const START: Self = Self {
        created_at: Timestamp::MIN,
        id: Uuid::nil(),
    };
}

// === impl Scan ===

impl Scan {
    /// A scan that starts with the tenant's oldest event.
    pub fn from_start(tenant: TenantId) -> Self {
        Self {
            tenant,
            after: Keyset::START,
            alone: false,
        }
    }
}
