//! Pages by keyset: each starts behind the last order of the one before, so nothing that is written meanwhile can shift
//! them.

use orders_core::{cursor::Cursor, tenant::TenantId};
use orders_db::queries::orders::{first_page, next_page};

use super::{Error, Order, Orders, instant, moment};

/// A part of a walk through a tenant's orders, newest first.
#[derive(Debug)]
pub struct Page {
    /// The orders, at most as many as were asked for.
    pub orders: Vec<Order>,
    /// Where the next page starts; none after the last.
    pub next: Option<Cursor>,
}

impl Orders {
    /// Reads the page of at most `limit` orders behind `after`, or the first one.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn list(
        &self,
        tenant: &TenantId,
        limit: usize,
        after: Option<Cursor>,
    ) -> Result<Page, Error> {
        let tenant_id = tenant.as_str();
        // One more than asked for tells whether there is a next page, so that none comes up empty.
        let row_limit = limit as i64 + 1;
        let mut orders = self
            .db
            .transaction(tenant, |client| async move {
                let client = client.as_ref();
                match after {
                    None => {
                        first_page()
                            .bind(client, &tenant_id, &row_limit)
                            .all()
                            .await
                    }
                    Some(Cursor { created_at, id }) => {
                        next_page()
                            .bind(client, &tenant_id, &moment(created_at), &id, &row_limit)
                            .all()
                            .await
                    }
                }
            })
            .await?;
        let more = orders.len() > limit;
        orders.truncate(limit);
        let next = orders.last().filter(|_| more).map(|last| Cursor {
            created_at: instant(last.created_at),
            id: last.id,
        });
        Ok(Page { orders, next })
    }
}
