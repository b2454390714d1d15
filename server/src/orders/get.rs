//! One order.

use orders_core::tenant::TenantId;
use orders_db::{
    client::Params,
    queries::orders::{FindOrdersParams, find_orders},
};
use uuid::Uuid;

use super::{Error, Order, Orders, Work, by_place, concerns_all};
use crate::db::{Db, DbError, Tenants};

/// Reads of single orders.
pub(super) struct Gets(pub(super) Db);

/// A read of an order.
pub(super) struct Get {
    tenant: TenantId,
    id: Uuid,
}

impl Orders {
    /// Reads an order.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Full`], [`Error::Database`].
    pub async fn get(&self, tenant: &TenantId, id: Uuid) -> Result<Order, Error> {
        let get = Get {
            tenant: tenant.clone(),
            id,
        };
        self.gets
            .call(tenant.as_str(), get)
            .await?
            .ok_or(Error::NotFound)
    }
}

impl Work for Gets {
    type Call = Get;
    type Answer = Option<Order>;
    type Error = DbError;

    async fn work(&self, gets: &[Get], alone: bool) -> Result<Vec<Option<Order>>, DbError> {
        let tenants = Tenants::of(gets.iter().map(|get| &get.tenant), alone);
        let params = FindOrdersParams {
            tenant_ids: gets
                .iter()
                .map(|get| get.tenant.as_str())
                .collect::<Vec<_>>(),
            ids: gets.iter().map(|get| get.id).collect::<Vec<_>>(),
        };
        let params = &params;
        let found = self
            .0
            .read(&tenants, |client| async move {
                find_orders().params(&**client, params).all().await
            })
            .await?;
        Ok(by_place(gets.len(), found, |order| order.place))
    }

    fn concerns_all(error: &DbError) -> bool {
        concerns_all(error)
    }
}
