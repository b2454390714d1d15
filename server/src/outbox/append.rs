//! Appends events to the outbox, in the transaction of the change that they announce.

use orders_core::{order::OrderId, tenant::TenantId, timestamp::Timestamp};
use orders_db::{
    client::Params,
    queries::outbox::{InsertEventsParams, insert_events},
};
use tokio_postgres::Error;
use uuid::Uuid;

use crate::{db::Session, time::to_db, trace_context::TraceParent};

/// An event that is not stored yet.
#[derive(Clone, Debug)]
pub struct NewEvent {
    /// The owner of the order.
    pub tenant_id: TenantId,
    /// The order that changed.
    pub order_id: OrderId,
    /// The kind of change, for example `orders.closed`. An order has at most one event of a type.
    pub event_type: &'static str,
    /// JSON, published as it is.
    pub payload: String,
    /// When the order changed, by the database's clock.
    pub created_at: Timestamp,
    /// The trace of the request that changed the order.
    pub trace_parent: Option<TraceParent>,
}

/// Writes events. Each gets a new id. Sends no statement without events.
///
/// # Errors
/// The database's, for example a unique violation if the order has an event of this type already.
pub async fn append(client: &Session, events: &[NewEvent]) -> Result<(), Error> {
    if events.is_empty() {
        return Ok(());
    }
    let params = InsertEventsParams {
        tenant_ids: events
            .iter()
            .map(|event| event.tenant_id.as_str())
            .collect::<Vec<_>>(),
        ids: events.iter().map(|_| Uuid::now_v7()).collect::<Vec<_>>(),
        event_types: events
            .iter()
            .map(|event| event.event_type)
            .collect::<Vec<_>>(),
        order_ids: events
            .iter()
            .map(|event| event.order_id.get())
            .collect::<Vec<_>>(),
        payloads: events
            .iter()
            .map(|event| event.payload.as_str())
            .collect::<Vec<_>>(),
        created_ats: events
            .iter()
            .map(|event| to_db(event.created_at))
            .collect::<Vec<_>>(),
        trace_parents: events
            .iter()
            .map(|event| event.trace_parent.as_ref().map(TraceParent::as_str))
            .collect::<Vec<_>>(),
    };
    insert_events().params(client, &params).all().await?;
    Ok(())
}
