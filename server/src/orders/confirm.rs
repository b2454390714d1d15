//! `draft → confirmed`, with a total.

use orders_core::{
    order::{OrderId, TotalCents, Transition},
    tenant::TenantId,
    version::Precondition,
};

use super::{
    error::Error,
    guarded_update::{Change, GuardedUpdate},
    order::Order,
    resources::Resources,
};

/// Confirms a draft. Cheap to clone.
#[derive(Clone)]
pub struct ConfirmOrder(GuardedUpdate);

// === impl ConfirmOrder ===

impl ConfirmOrder {
    /// Writes to the database.
    pub fn new(resources: &Resources) -> Self {
        Self(GuardedUpdate::new(
            "confirmOrder",
            Transition::Confirm,
            None,
            resources,
        ))
    }

    /// Confirms a draft that satisfies the precondition, with its total. Returns the confirmed
    /// order.
    ///
    /// # Errors
    /// As every transition: [`Error::NotFound`], [`Error::Refused`], [`Error::Contended`],
    /// [`Error::QueueFull`], [`Error::Database`].
    pub async fn run(
        &self,
        tenant: &TenantId,
        id: OrderId,
        precondition: &Precondition,
        total_cents: TotalCents,
    ) -> Result<Order, Error> {
        let change = Change {
            total_cents: Some(total_cents),
            ..Change::default()
        };
        self.0.run(tenant, id, Some(precondition), change).await
    }
}
