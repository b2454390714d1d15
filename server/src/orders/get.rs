//! Reads one order.

use orders_core::{order::OrderId, tenant::TenantId};
use orders_db::{
    client::Params,
    queries::orders::{FindOrdersParams, find_orders},
};

use super::{
    error::Error,
    order::Order,
    resources::Resources,
    rows::{by_request, placed_order},
};
use crate::{
    batch::{Attempt, BatchHandler, Batcher},
    db::{Db, DbError, Tenants},
};

/// Reads one order. Cheap to clone.
#[derive(Clone)]
pub struct GetOrder(Batcher<Handler>);

struct Handler(Db);

/// Which order of which tenant.
pub(super) struct Request {
    pub tenant: TenantId,
    pub id: OrderId,
}

/// The order, if the tenant has it.
pub(super) type Found = Option<Result<Order, Error>>;

// === impl GetOrder ===

impl GetOrder {
    /// Reads from the database.
    pub fn new(resources: &Resources) -> Self {
        let handler = Handler(resources.db.clone());
        let metrics = &resources.metrics.batches;
        Self(Batcher::new("getOrder", handler, resources.limits, metrics))
    }

    /// Reads an order of a tenant.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the tenant has no such order; [`Error::QueueFull`],
    /// [`Error::Database`].
    pub async fn run(&self, tenant: &TenantId, id: OrderId) -> Result<Order, Error> {
        let request = Request {
            tenant: tenant.clone(),
            id,
        };
        let found = self.0.call(tenant.as_str(), request).await?;
        found.ok_or(Error::NotFound)?
    }
}

impl BatchHandler for Handler {
    type Request = Request;
    type Response = Found;
    type Error = DbError;

    async fn handle(&self, requests: &[Request], _: Attempt) -> Result<Vec<Found>, DbError> {
        find(&self.0, requests).await
    }
}

/// Reads orders, in the order of the requests. One round trip, none without requests.
pub(super) async fn find(db: &Db, requests: &[Request]) -> Result<Vec<Found>, DbError> {
    if requests.is_empty() {
        return Ok(Vec::new());
    }
    let tenants = Tenants::of(requests.iter().map(|request| &request.tenant));
    let params = &FindOrdersParams {
        rls_tenants: tenants.rls_tenants(),
        tenant_ids: requests
            .iter()
            .map(|request| request.tenant.as_str())
            .collect::<Vec<_>>(),
        ids: requests
            .iter()
            .map(|request| request.id.get())
            .collect::<Vec<_>>(),
    };
    let found = db.read("find_orders", |client| async move {
        let query = find_orders();
        query
            .params(&**client, params)
            .map(placed_order)
            .all()
            .await
    });
    Ok(by_request(requests.len(), found.await?))
}
