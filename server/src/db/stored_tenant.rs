//! Tenants of rows that the service reads for all tenants.

use orders_core::tenant::TenantId;
use tracing::warn;

/// The tenant of a row, or `None` with a warning if its id is malformed. No request can have
/// written such a row, and a transaction cannot act for such a tenant, so callers skip the row.
pub fn stored_tenant(text: &str) -> Option<TenantId> {
    let tenant = text.parse();
    if let Err(error) = &tenant {
        warn!("skipping a row of the malformed tenant {text:?}: its id {error}");
    }
    tenant.ok()
}
