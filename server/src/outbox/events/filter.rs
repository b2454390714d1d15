//! Which events a list has.

use orders_admin_api::EventState;
use orders_core::{order::OrderId, tenant::TenantId};

use super::error::EventsError;
use crate::outbox::store::{EventRange, StoredEvent};

/// A choice of events.
#[derive(Clone, Debug)]
pub struct EventFilter {
    state: Option<EventState>,
    scope: Scope,
}

#[derive(Clone, Debug)]
enum Scope {
    AllTenants,
    Tenant(TenantId),
    Order(TenantId, OrderId),
}

// === impl EventFilter ===

impl EventFilter {
    /// Events in this state, of this tenant, and of this order of the tenant. `None` allows all.
    ///
    /// # Errors
    /// [`EventsError::OrderWithoutTenant`]: no index has orders without their tenants.
    pub fn new(
        state: Option<EventState>,
        tenant: Option<TenantId>,
        order: Option<OrderId>,
    ) -> Result<Self, EventsError> {
        let scope = match (tenant, order) {
            (None, None) => Scope::AllTenants,
            (Some(tenant), None) => Scope::Tenant(tenant),
            (Some(tenant), Some(order)) => Scope::Order(tenant, order),
            (None, Some(_)) => return Err(EventsError::OrderWithoutTenant),
        };
        Ok(Self { state, scope })
    }

    /// The smallest range of an index that has all events of the filter.
    pub fn range(&self) -> EventRange<'_> {
        match (&self.scope, self.state) {
            (Scope::Order(tenant, order), _) => EventRange::Order(tenant, *order),
            (_, None) => EventRange::All,
            (_, Some(EventState::Waiting | EventState::Leased)) => EventRange::Waiting,
            (_, Some(EventState::Parked)) => EventRange::Parked,
            (_, Some(EventState::Published)) => EventRange::Published,
        }
    }

    /// The tenant, if the filter names one.
    pub fn tenant(&self) -> Option<&TenantId> {
        match &self.scope {
            Scope::AllTenants => None,
            Scope::Tenant(tenant) | Scope::Order(tenant, _) => Some(tenant),
        }
    }

    /// Whether the filter has all events of its range, from the start of its tenant to
    /// [its end](Self::is_behind).
    pub fn is_range(&self) -> bool {
        match self.range() {
            EventRange::All => true,
            EventRange::Waiting => false,
            EventRange::Parked | EventRange::Published => self.tenant().is_none(),
            EventRange::Order(..) => self.state.is_none(),
        }
    }

    /// Whether an event of the range is behind the last one of the filter.
    pub fn is_behind(&self, event: &StoredEvent) -> bool {
        self.range().is_by_tenant() && !self.has_tenant_of(event)
    }

    /// Whether the filter has an event of the range.
    pub fn matches(&self, event: &StoredEvent) -> bool {
        self.has_tenant_of(event) && self.state.is_none_or(|state| state == event.state)
    }

    fn has_tenant_of(&self, event: &StoredEvent) -> bool {
        self.tenant()
            .is_none_or(|tenant| tenant.as_str() == event.tenant_id)
    }
}
