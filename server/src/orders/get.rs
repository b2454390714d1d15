//! One order.

use orders_core::tenant::TenantId;
use orders_db::queries::orders::find_order;
use uuid::Uuid;

use super::{Error, Order, Orders};

impl Orders {
    /// Reads an order.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Database`].
    pub async fn get(&self, tenant: &TenantId, id: Uuid) -> Result<Order, Error> {
        self.db
            .transaction(tenant, |client| async move {
                find_order()
                    .bind(client.as_ref(), &tenant.as_str(), &id)
                    .opt()
                    .await
            })
            .await?
            .ok_or(Error::NotFound)
    }
}
