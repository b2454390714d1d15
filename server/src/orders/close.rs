//! `confirmed → closed`, and the one event that says so, in one transaction.

use deadpool_postgres::Client;
use orders_api::{DateTime, OrderClosedData};
use orders_core::{
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
    Attempt, BatchHandler, Error, Orders,
    advance::{Columns, Outcome, Step, advance, outcomes},
    by_place, lock_wait, stored_version,
};
use crate::{
    db::{Db, DbError, Tenants},
    outbox::Bell,
    time::from_db,
};

/// Closes.
pub(super) struct Closes {
    pub db: Db,
    /// Rung when events are committed.
    pub bell: Bell,
}

/// A close.
#[derive(Clone)]
pub(super) struct Close {
    step: Step,
    trace_parent: Option<String>,
}

impl Orders {
    /// Closes a confirmed order, writes its event to the outbox, and returns the version this made.
    /// The event carries the W3C `traceparent` of the request, if there is one.
    ///
    /// # Errors
    /// As for every guarded write: [`Error::NotFound`], [`Error::Refused`], [`Error::Contended`],
    /// [`Error::Full`], [`Error::Database`].
    pub async fn close(
        &self,
        tenant: &TenantId,
        id: Uuid,
        precondition: Option<&Precondition>,
        trace_parent: Option<String>,
    ) -> Result<Version, Error> {
        let close = Close {
            step: Step::new(tenant, id, precondition),
            trace_parent,
        };
        let version = advance(&self.closes, tenant, close, Transition::Close, precondition).await?;
        stored_version(version)
    }
}

impl BatchHandler for Closes {
    type Request = Close;
    type Response = Outcome<i32>;
    type Error = DbError;

    async fn handle(
        &self,
        closes: &[Close],
        attempt: Attempt,
    ) -> Result<Vec<Outcome<i32>>, DbError> {
        let steps = closes.iter().map(|close| &close.step);
        let Columns {
            tenant_ids,
            ids,
            any_versions,
            versions,
        } = Columns::of(steps.clone());
        let params = &CloseOrdersParams {
            from_status: Transition::Close.from().as_str(),
            to_status: Transition::Close.to().as_str(),
            tenant_ids,
            ids,
            any_versions,
            versions,
        };
        let tenants = Tenants::of(steps.clone().map(|step| &step.tenant));
        let closed = self
            .db
            .transaction(
                "close_orders",
                &tenants,
                lock_wait(attempt),
                |client| async move {
                    let closed = close_orders().params(&**client, params).all().await?;
                    let closed = by_place(closes.len(), closed, |closed| closed.place);
                    let announced = closes.iter().zip(&closed);
                    announce(
                        &client,
                        announced.filter_map(|(close, closed)| Some((close, (*closed)?))),
                    )
                    .await?;
                    Ok(closed)
                },
            )
            .await?;
        let announced = steps.clone().zip(&closed);
        let announced = announced.filter(|(_, closed)| closed.is_some());
        self.bell.ring(announced.map(|(step, _)| &step.tenant));
        let versions = closed.iter().map(|closed| Some(closed.as_ref()?.version));
        Ok(outcomes(&self.db, steps, versions.collect()).await)
    }
}

/// Writes the events of orders that were just closed.
async fn announce(
    client: &Client,
    closed: impl Iterator<Item = (&Close, CloseOrders)>,
) -> Result<(), tokio_postgres::Error> {
    let closed: Vec<_> = closed.collect();
    if closed.is_empty() {
        return Ok(());
    }
    let payload = |(close, closed): &(&Close, CloseOrders)| {
        let data = OrderClosedData {
            order_id: close.step.id,
            tenant_id: close.step.tenant.as_str().to_owned(),
            total_cents: closed.total_cents,
            closed_at: DateTime::new(from_db(closed.updated_at)),
        };
        // Holds: strings and numbers can always be written as JSON.
        serde_json::to_string(&data).unwrap_or_default()
    };
    let params = InsertEventsParams {
        event_type: Transition::Close.event_type().unwrap_or_default(),
        tenant_ids: closed
            .iter()
            .map(|(close, _)| close.step.tenant.as_str())
            .collect::<Vec<_>>(),
        ids: closed.iter().map(|_| Uuid::now_v7()).collect::<Vec<_>>(),
        order_ids: closed
            .iter()
            .map(|(close, _)| close.step.id)
            .collect::<Vec<_>>(),
        payloads: closed.iter().map(payload).collect::<Vec<_>>(),
        created_ats: closed
            .iter()
            .map(|(_, closed)| closed.updated_at)
            .collect::<Vec<_>>(),
        trace_parents: closed
            .iter()
            .map(|(close, _)| close.trace_parent.as_deref())
            .collect::<Vec<_>>(),
    };
    insert_events().params(client, &params).all().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_payload_is_fixed_to_the_byte() {
        let data = OrderClosedData {
            order_id: Uuid::from_u128(0x018f6b1c_7d3e_7c4a_9b21_0123456789ab),
            tenant_id: "eu:Acme_1.test-2".to_owned(),
            total_cents: i32::MAX,
            closed_at: DateTime::new("2024-02-29T12:00:00.500000Z"),
        };
        assert_eq!(
            serde_json::to_string(&data).unwrap(),
            r#"{"orderId":"018f6b1c-7d3e-7c4a-9b21-0123456789ab","tenantId":"eu:Acme_1.test-2","totalCents":2147483647,"closedAt":"2024-02-29T12:00:00.500000Z"}"#
        );
    }
}
