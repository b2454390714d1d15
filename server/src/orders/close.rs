//! `confirmed → closed`, and the one event that says so, in one transaction.

use orders_core::{
    event::{EVENT_TYPE, OrderClosed},
    order::Transition,
    tenant::TenantId,
    version::{Precondition, Version},
};
use orders_db::{
    client::Params,
    queries::{
        orders::{CloseOrderParams, close_order},
        outbox::{InsertEventParams, insert_event},
    },
};
use uuid::Uuid;

use super::{Error, Orders, advance::Guard, instant, stored_version};

impl Orders {
    /// Closes a confirmed order, writes its event to the outbox, and returns the version this made.
    ///
    /// # Errors
    /// As for every guarded write: [`Error::NotFound`], [`Error::Refused`], [`Error::Contended`], [`Error::Database`].
    pub async fn close(
        &self,
        tenant: &TenantId,
        id: Uuid,
        precondition: Option<&Precondition>,
    ) -> Result<Version, Error> {
        let guard = Guard::new(Transition::Close, precondition);
        let params = &CloseOrderParams {
            tenant_id: tenant.as_str(),
            id,
            from_status: guard.from,
            to_status: guard.to,
            any_version: guard.any_version,
            versions: guard.versions.as_slice(),
        };
        let version = self
            .advance(
                tenant,
                id,
                Transition::Close,
                precondition,
                |client| async move {
                    let Some(closed) = close_order().params(client.as_ref(), params).opt().await?
                    else {
                        return Ok(None);
                    };
                    let event = OrderClosed {
                        order_id: id,
                        tenant_id: tenant,
                        total_cents: closed.total_cents,
                        closed_at: instant(closed.updated_at),
                    };
                    let event = InsertEventParams {
                        tenant_id: tenant.as_str(),
                        id: Uuid::now_v7(),
                        event_type: EVENT_TYPE,
                        order_id: id,
                        payload: event.payload(),
                        created_at: closed.updated_at,
                    };
                    insert_event().params(client.as_ref(), &event).one().await?;
                    Ok(Some(closed.version))
                },
            )
            .await?;
        stored_version(version)
    }
}
