//! Pages by keyset: each starts behind the last order of the one before, so nothing that is written
//! meanwhile can shift them.

use orders_core::{cursor::Cursor, order::OrderId, tenant::TenantId, timestamp::Timestamp};
use orders_db::{
    client::Params,
    queries::orders::{ListOrdersParams, list_orders},
};
use uuid::Uuid;

use super::{Attempt, BatchHandler, Error, Order, Orders, instant, moment};
use crate::db::{Db, DbError, Tenants};

/// A part of a walk through a tenant's orders, newest first.
#[derive(Debug)]
pub struct Page {
    /// The orders, at most as many as were asked for.
    pub orders: Vec<Order>,
    /// Where the next page starts; none after the last.
    pub next: Option<Cursor>,
}

/// Reads of pages.
pub(super) struct Lists(pub(super) Db);

/// A read of a page.
pub(super) struct List {
    tenant: TenantId,
    after: Cursor,
    rows: i32,
}

/// Where a walk begins: before it nothing is sorted.
const START: Cursor = Cursor {
    created_at: Timestamp::MAX,
    id: OrderId::new(Uuid::max()),
};

impl Orders {
    /// Reads the page of at most `limit` orders behind `after`, or the first one.
    ///
    /// # Errors
    /// [`Error::Full`], [`Error::Database`].
    pub async fn list(
        &self,
        tenant: &TenantId,
        limit: u8,
        after: Option<Cursor>,
    ) -> Result<Page, Error> {
        let list = List {
            tenant: tenant.clone(),
            after: after.unwrap_or(START),
            // One more than asked for tells whether there is a next page, so that none comes up
            // empty.
            rows: i32::from(limit) + 1,
        };
        let mut orders = self.lists.call(tenant.as_str(), list).await?;
        let more = orders.len() > usize::from(limit);
        orders.truncate(usize::from(limit));
        let next = orders.last().filter(|_| more).map(|last| Cursor {
            created_at: instant(last.created_at),
            id: OrderId::new(last.id),
        });
        Ok(Page { orders, next })
    }
}

impl BatchHandler for Lists {
    type Request = List;
    type Response = Vec<Order>;
    type Error = DbError;

    async fn handle(&self, lists: &[List], _attempt: Attempt) -> Result<Vec<Vec<Order>>, DbError> {
        let tenants = Tenants::of(lists.iter().map(|list| &list.tenant));
        let params = ListOrdersParams {
            rls_tenants: tenants.rls_tenants(),
            tenant_ids: lists
                .iter()
                .map(|list| list.tenant.as_str())
                .collect::<Vec<_>>(),
            created_ats: lists
                .iter()
                .map(|list| moment(list.after.created_at))
                .collect::<Vec<_>>(),
            ids: lists
                .iter()
                .map(|list| list.after.id.get())
                .collect::<Vec<_>>(),
            row_limits: lists.iter().map(|list| list.rows).collect::<Vec<_>>(),
        };
        let params = &params;
        let rows = self
            .0
            .read("list_orders", |client| async move {
                list_orders().params(&**client, params).all().await
            })
            .await?;
        let mut pages: Vec<Vec<Order>> = lists.iter().map(|_| Vec::new()).collect();
        for row in rows {
            let page = usize::try_from(row.place - 1)
                .ok()
                .and_then(|index| pages.get_mut(index));
            if let Some(page) = page {
                page.push(row);
            }
        }
        Ok(pages)
    }
}
