//! The tenants that a transaction acts for.

use orders_core::tenant::TenantId;

/// The tenants whose rows row-level security shows to a transaction.
#[derive(Debug)]
pub struct Tenants {
    rls_tenants: String,
}

// === impl Tenants ===

impl Tenants {
    /// All tenants, to read their events and idempotency keys. The policies allow no write.
    pub fn all() -> Self {
        Self {
            rls_tenants: "*".to_owned(),
        }
    }

    /// These tenants; repetitions are dropped. O(n log n).
    pub fn of<'a>(tenants: impl IntoIterator<Item = &'a TenantId>) -> Self {
        let mut ids: Vec<_> = tenants.into_iter().map(TenantId::as_str).collect();
        ids.sort_unstable();
        ids.dedup();
        Self {
            rls_tenants: ids.join(","),
        }
    }

    /// The value of the setting `orders.tenant_ids`, which the policies compare with each row. Safe
    /// to interpolate into SQL: `TenantId` allows no quote and no backslash.
    pub fn rls_tenants(&self) -> &str {
        &self.rls_tenants
    }
}
