//! `confirmed → closed`, and the event that announces it, in one transaction.

use orders_core::{
    order::{OrderId, Transition},
    tenant::TenantId,
    version::Precondition,
};

use super::{
    error::Error,
    guarded_update::{Change, GuardedUpdate},
    order::Order,
    representation,
    resources::Resources,
};
use crate::trace_context::TraceParent;

/// Closes a confirmed order. Cheap to clone.
#[derive(Clone)]
pub struct CloseOrder(GuardedUpdate);

// === impl CloseOrder ===

impl CloseOrder {
    /// Writes to the database, and wakes the relay after events were committed.
    pub fn new(resources: &Resources) -> Self {
        let payload = Some(representation::order_closed_payload as fn(&Order) -> String);
        Self(GuardedUpdate::new(
            "closeOrder",
            Transition::Close,
            payload,
            resources,
        ))
    }

    /// Closes a confirmed order that satisfies the precondition, if there is one, and appends its
    /// `orders.closed` event to the outbox. The event carries `trace_parent`. Returns the closed
    /// order.
    ///
    /// # Errors
    /// As every transition: [`Error::NotFound`], [`Error::Refused`], [`Error::Contended`],
    /// [`Error::QueueFull`], [`Error::Database`].
    pub async fn run(
        &self,
        tenant: &TenantId,
        id: OrderId,
        precondition: Option<&Precondition>,
        trace_parent: Option<TraceParent>,
    ) -> Result<Order, Error> {
        let change = Change {
            trace_parent,
            ..Change::default()
        };
        self.0.run(tenant, id, precondition, change).await
    }
}
