//! One order.

use orders_core::tenant::TenantId;
use orders_db::{
    client::Params,
    queries::orders::{FindOrdersParams, find_orders},
};
use uuid::Uuid;

use super::{Attempt, BatchHandler, Error, Order, Orders, by_place};
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

impl BatchHandler for Gets {
    type Request = Get;
    type Response = Option<Order>;
    type Error = DbError;

    async fn handle(&self, gets: &[Get], _attempt: Attempt) -> Result<Vec<Option<Order>>, DbError> {
        let gets: Vec<_> = gets.iter().map(|get| (&get.tenant, get.id)).collect();
        find(&self.0, &gets).await
    }
}

/// The orders with these ids, where the tenants have them.
pub(super) async fn find(
    db: &Db,
    orders: &[(&TenantId, Uuid)],
) -> Result<Vec<Option<Order>>, DbError> {
    if orders.is_empty() {
        return Ok(Vec::new());
    }
    let tenants = Tenants::of(orders.iter().map(|&(tenant, _)| tenant));
    let params = &FindOrdersParams {
        rls_tenants: tenants.rls_tenants(),
        tenant_ids: orders
            .iter()
            .map(|(tenant, _)| tenant.as_str())
            .collect::<Vec<_>>(),
        ids: orders.iter().map(|&(_, id)| id).collect::<Vec<_>>(),
    };
    let found = db
        .read("find_orders", |client| async move {
            find_orders().params(&**client, params).all().await
        })
        .await?;
    Ok(by_place(orders.len(), found, |order| order.place))
}
