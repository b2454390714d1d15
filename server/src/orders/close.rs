//! `confirmed → closed`, and the one event that says so, in one transaction.

use deadpool_postgres::Client;
use orders_core::{
    event::{EVENT_TYPE, OrderClosed},
    order::Transition,
    tenant::TenantId,
    version::{Precondition, Version},
};
use orders_db::{
    client::Params,
    queries::{
        orders::{CloseOrders, CloseOrdersParams, close_orders},
        outbox::{InsertEventsParams, insert_events},
    },
};
use uuid::Uuid;

use super::{
    Error, Orders, Work,
    advance::{Columns, Outcome, Step, advance, outcomes},
    by_place, concerns_all, instant, stored_version,
};
use crate::db::{Db, DbError, Tenants};

/// Closes.
pub(super) struct Closes(pub(super) Db);

impl Orders {
    /// Closes a confirmed order, writes its event to the outbox, and returns the version this made.
    ///
    /// # Errors
    /// As for every guarded write: [`Error::NotFound`], [`Error::Refused`], [`Error::Contended`], [`Error::Full`],
    /// [`Error::Database`].
    pub async fn close(
        &self,
        tenant: &TenantId,
        id: Uuid,
        precondition: Option<&Precondition>,
    ) -> Result<Version, Error> {
        let step = Step::new(tenant, id, precondition);
        let version = advance(&self.closes, tenant, step, Transition::Close, precondition).await?;
        stored_version(version)
    }
}

impl Work for Closes {
    type Call = Step;
    type Answer = Outcome<i32>;
    type Error = DbError;

    async fn work(&self, steps: &[Step], alone: bool) -> Result<Vec<Outcome<i32>>, DbError> {
        let Columns {
            tenant_ids,
            ids,
            any_versions,
            versions,
        } = Columns::of(steps.iter());
        let params = &CloseOrdersParams {
            from_status: Transition::Close.from().as_str(),
            to_status: Transition::Close.to().as_str(),
            tenant_ids,
            ids,
            any_versions,
            versions,
        };
        let tenants = Tenants::of(steps.iter().map(|step| &step.tenant)).brief_unless(alone);
        let closed = self
            .0
            .transaction(&tenants, |client| async move {
                let closed = close_orders().params(&**client, params).all().await?;
                let closed = by_place(steps.len(), closed, |closed| closed.place);
                let announced = steps.iter().zip(&closed);
                announce(
                    &client,
                    announced.filter_map(|(step, closed)| Some((step, (*closed)?))),
                )
                .await?;
                Ok(closed)
            })
            .await?;
        let versions = closed.into_iter().map(|closed| Some(closed?.version));
        Ok(outcomes(&self.0, steps.iter(), versions.collect()).await)
    }

    fn concerns_all(error: &DbError) -> bool {
        concerns_all(error)
    }
}

/// Writes the events of orders that were just closed.
async fn announce(
    client: &Client,
    closed: impl Iterator<Item = (&Step, CloseOrders)>,
) -> Result<(), tokio_postgres::Error> {
    let closed: Vec<_> = closed.collect();
    if closed.is_empty() {
        return Ok(());
    }
    let payload = |(step, closed): &(&Step, CloseOrders)| {
        OrderClosed {
            order_id: step.id,
            tenant_id: &step.tenant,
            total_cents: closed.total_cents,
            closed_at: instant(closed.updated_at),
        }
        .payload()
    };
    let params = InsertEventsParams {
        event_type: EVENT_TYPE,
        tenant_ids: closed
            .iter()
            .map(|(step, _)| step.tenant.as_str())
            .collect::<Vec<_>>(),
        ids: closed.iter().map(|_| Uuid::now_v7()).collect::<Vec<_>>(),
        order_ids: closed.iter().map(|(step, _)| step.id).collect::<Vec<_>>(),
        payloads: closed.iter().map(payload).collect::<Vec<_>>(),
        created_ats: closed
            .iter()
            .map(|(_, closed)| closed.updated_at)
            .collect::<Vec<_>>(),
    };
    insert_events().params(client, &params).all().await?;
    Ok(())
}
