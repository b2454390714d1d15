//! Reads pages of orders by keyset: each page starts behind the last order of the one before, so
//! concurrent writes cannot shift pages.

use orders_core::{
    cursor::Cursor, order::OrderId, page::PageLimit, tenant::TenantId, timestamp::Timestamp,
};
use orders_db::{
    client::Params,
    queries::orders::{ListOrdersParams, list_orders},
};
use uuid::Uuid;

use super::{
    error::Error,
    order::Order,
    resources::Resources,
    rows::{all_by_request, placed_order},
};
use crate::{
    batch::{Attempt, BatchHandler, Batcher},
    db::{Db, DbError, Tenants},
    time::to_db,
};

/// Reads a page of orders. Cheap to clone.
#[derive(Clone)]
pub struct ListOrders(Batcher<Handler>);

/// A page of a tenant's orders, newest first.
#[derive(Debug)]
pub struct Page {
    /// At most as many as the limit.
    pub orders: Vec<Order>,
    /// The cursor of the next page; `None` on the last one.
    pub next: Option<Cursor>,
}

struct Handler(Db);

struct Request {
    tenant: TenantId,
    after: Cursor,
    row_limit: i32,
}

/// Sorts before every order: the cursor of the first page.
fn start() -> Cursor {
    Cursor {
        created_at: Timestamp::MAX,
        id: OrderId::new(Uuid::max()),
    }
}

// === impl ListOrders ===

impl ListOrders {
    /// Reads from the database.
    pub fn new(resources: &Resources) -> Self {
        let handler = Handler(resources.db.clone());
        let metrics = &resources.metrics.batches;
        Self(Batcher::new(
            "listOrders",
            handler,
            resources.limits,
            metrics,
        ))
    }

    /// Reads the page behind `after`; the first page without a cursor.
    ///
    /// # Errors
    /// [`Error::QueueFull`], [`Error::Database`].
    pub async fn run(
        &self,
        tenant: &TenantId,
        limit: PageLimit,
        after: Option<Cursor>,
    ) -> Result<Page, Error> {
        let limit = limit.get();
        let request = Request {
            tenant: tenant.clone(),
            after: after.unwrap_or_else(start),
            // One more than the page holds tells whether there is a next page.
            row_limit: i32::from(limit) + 1,
        };
        let orders = self.0.call(tenant.as_str(), request).await?;
        let mut orders = orders.into_iter().collect::<Result<Vec<_>, _>>()?;
        let has_next = orders.len() > usize::from(limit);
        orders.truncate(usize::from(limit));
        let next = orders.last().filter(|_| has_next).map(|last| Cursor {
            created_at: last.created_at,
            id: last.id,
        });
        Ok(Page { orders, next })
    }
}

impl BatchHandler for Handler {
    type Request = Request;
    type Response = Vec<Result<Order, Error>>;
    type Error = DbError;

    async fn handle(
        &self,
        requests: &[Request],
        _: Attempt,
    ) -> Result<Vec<Self::Response>, DbError> {
        let tenants = Tenants::of(requests.iter().map(|request| &request.tenant));
        let params = &ListOrdersParams {
            rls_tenants: tenants.rls_tenants(),
            tenant_ids: requests
                .iter()
                .map(|request| request.tenant.as_str())
                .collect::<Vec<_>>(),
            created_ats: requests
                .iter()
                .map(|request| to_db(request.after.created_at))
                .collect::<Vec<_>>(),
            ids: requests
                .iter()
                .map(|request| request.after.id.get())
                .collect::<Vec<_>>(),
            row_limits: requests
                .iter()
                .map(|request| request.row_limit)
                .collect::<Vec<_>>(),
        };
        let rows = self.0.read("list_orders", |client| async move {
            let query = list_orders();
            query
                .params(&**client, params)
                .map(placed_order)
                .all()
                .await
        });
        Ok(all_by_request(requests.len(), rows.await?))
    }
}
