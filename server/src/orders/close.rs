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
};
use crate::{batch::Limits, db::Db, outbox::WakeUp, trace_context::TraceParent};

/// Closes a confirmed order. Cheap to clone.
#[derive(Clone)]
pub struct CloseOrder(GuardedUpdate);

// === impl CloseOrder ===

impl CloseOrder {
    /// Writes to `db`; `wake_up` wakes the relay after events were committed.
    pub fn new(db: Db, limits: Limits, wake_up: WakeUp) -> Self {
        let payload = Some(representation::order_closed_payload as fn(&Order) -> String);
        Self(GuardedUpdate::new(
            db,
            limits,
            Transition::Close,
            payload,
            wake_up,
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
