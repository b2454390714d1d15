//! A stored event.

use orders_core::{order::OrderId, tenant::TenantId, timestamp::Timestamp};
use uuid::Uuid;

use crate::trace_context::TraceParent;

/// A row of the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The message id, a UUID of version 7. It is the same at every attempt, so brokers and
    /// receivers can drop duplicates.
    pub id: Uuid,
    /// What happened, for example `orders.closed`.
    pub event_type: String,
    /// The owner of the order.
    pub tenant_id: TenantId,
    /// The order that changed.
    pub order_id: OrderId,
    /// When the order changed, by the database's clock.
    pub created_at: Timestamp,
    /// JSON: the bytes that [`append`](super::append) has stored.
    pub payload: String,
    /// The trace of the request that changed the order.
    pub trace_parent: Option<TraceParent>,
}
