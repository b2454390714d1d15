//! An order as the use cases know it.

use orders_core::{
    order::{OrderId, Snapshot, Status, TotalCents},
    tenant::TenantId,
    timestamp::Timestamp,
    version::Version,
};
use orders_db::queries::orders::OrderBorrowed;

use super::error::Error;
use crate::time::from_db;

/// An order.
#[derive(Clone, Debug)]
pub struct Order {
    /// Unique within the tenant.
    pub id: OrderId,
    /// The owner.
    pub tenant_id: TenantId,
    /// The status in the life cycle.
    pub status: Status,
    /// Starts at 1, grows by 1 with each write.
    pub version: Version,
    /// `None` while the order is a draft.
    pub total_cents: Option<TotalCents>,
    /// When the order was created, by the database's clock.
    pub created_at: Timestamp,
    /// When the order was last written, by the database's clock.
    pub updated_at: Timestamp,
}

// === impl Order ===

impl Order {
    /// The order of a row: the one place where rows become orders.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if the row breaks a rule that the schema should have enforced.
    pub(super) fn from_row(row: &OrderBorrowed<'_>) -> Result<Self, Error> {
        Ok(Self {
            id: OrderId::new(row.id),
            tenant_id: row
                .tenant_id
                .parse()
                .map_err(|_| Error::Corrupt("an order of a malformed tenant"))?,
            status: row
                .status
                .parse()
                .map_err(|_| Error::Corrupt("an order of unknown status"))?,
            version: Version::new(row.version)
                .ok_or(Error::Corrupt("an order with a version below 1"))?,
            total_cents: row
                .total_cents
                .map(|cents| TotalCents::try_from(i64::from(cents)))
                .transpose()
                .map_err(|_| Error::Corrupt("an order with a negative total"))?,
            created_at: from_db(row.created_at),
            updated_at: from_db(row.updated_at),
        })
    }

    /// A new draft, created at `now`.
    pub(super) fn draft(id: OrderId, tenant_id: TenantId, now: Timestamp) -> Self {
        Self {
            id,
            tenant_id,
            status: Status::Draft,
            version: Version::FIRST,
            total_cents: None,
            created_at: now,
            updated_at: now,
        }
    }

    /// What core judges transitions by.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            status: self.status,
            version: self.version,
        }
    }
}
