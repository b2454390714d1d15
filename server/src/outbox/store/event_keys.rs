//! The keys of events that were read of all tenants, for a write that names their tenants.

use orders_core::tenant::TenantId;
use uuid::Uuid;

use crate::db::{Tenants, stored_tenant};

/// Keys of events.
pub struct EventKeys(Vec<(TenantId, Uuid)>);

// === impl EventKeys ===

impl EventKeys {
    /// The keys with these tenants and ids, without those whose tenant is malformed.
    pub fn new<'a>(keys: impl Iterator<Item = (&'a str, Uuid)>) -> Self {
        let keys = keys.filter_map(|(tenant, id)| Some((stored_tenant(tenant)?, id)));
        Self(keys.collect())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The tenants that the transaction has to see.
    pub fn tenants(&self) -> Tenants {
        Tenants::of(self.0.iter().map(|(tenant, _)| tenant))
    }

    /// The first column of a statement's keys.
    pub fn tenant_ids(&self) -> Vec<&str> {
        self.0.iter().map(|(tenant, _)| tenant.as_str()).collect()
    }

    /// The second column.
    pub fn ids(&self) -> Vec<Uuid> {
        self.0.iter().map(|(_, id)| *id).collect()
    }
}
