//! Ranges of indexes that lists of events read.

use orders_core::{order::OrderId, tenant::TenantId, timestamp::Timestamp};
use uuid::Uuid;

use super::stored_event::StoredEvent;

/// The events of an index, in its order.
#[derive(Clone, Copy, Debug)]
pub enum EventRange<'a> {
    /// All, by tenant and id.
    All,
    /// Those neither published nor parked, by tenant, `created_at` and id.
    Waiting,
    /// Parked ones, by `parked_at` and id.
    Parked,
    /// Published ones, by `published_at` and id, both descending.
    Published,
    /// Those of an order, by `created_at` and id.
    Order(&'a TenantId, OrderId),
}

/// A position in a range: directly behind the event with these sort keys. A range ignores the keys
/// by which it is not sorted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The tenant of the event, as stored.
    pub tenant_id: String,
    /// Its `published_at`, `parked_at` or `created_at`.
    pub at: Timestamp,
    /// Its id.
    pub id: Uuid,
}

// === impl EventRange ===

impl EventRange<'_> {
    /// A name that tells the range from others.
    pub const fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Waiting => "waiting",
            Self::Parked => "parked",
            Self::Published => "published",
            Self::Order(..) => "order",
        }
    }

    /// Whether the events of a tenant follow each other.
    pub const fn is_by_tenant(self) -> bool {
        matches!(self, Self::All | Self::Waiting)
    }

    /// Before the first event. In a range by tenant, before the first one of `tenant`.
    pub fn start(self, tenant: Option<&TenantId>) -> Position {
        let (at, id) = match self {
            Self::Published => (Timestamp::MAX, Uuid::max()),
            _ => (Timestamp::MIN, Uuid::nil()),
        };
        Position {
            tenant_id: tenant.map(TenantId::to_string).unwrap_or_default(),
            at,
            id,
        }
    }

    /// Directly behind an event of the range.
    pub fn behind(self, event: &StoredEvent) -> Position {
        let at = match self {
            Self::Published => event.published_at,
            Self::Parked => event.parked_at,
            Self::All | Self::Waiting | Self::Order(..) => None,
        };
        Position {
            tenant_id: event.tenant_id.clone(),
            at: at.unwrap_or(event.created_at),
            id: event.id,
        }
    }
}
