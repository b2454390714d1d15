//! The operations of the outbox.

use http::request::Parts;
use orders_admin_api::{
    Api, ListEventsRequest, ListEventsResponse, RetryEventRequest, RetryEventResponse,
};
use orders_core::{order::OrderId, tenant::TenantId};
use tracing::info;

use super::failure::Failure;
use crate::outbox::events::{EventCursor, EventFilter, Events, representation};

/// The operations of `openapi-admin.yaml`.
pub struct OutboxApi(Events);

/// Nothing: the operations depend on their parameters alone.
#[derive(Debug)]
pub struct NoContext;

// === impl OutboxApi ===

impl OutboxApi {
    /// Serves the use cases.
    pub fn new(events: Events) -> Self {
        Self(events)
    }
}

impl From<&Parts> for NoContext {
    fn from(_: &Parts) -> Self {
        Self
    }
}

impl Api for OutboxApi {
    type Failure = Failure;
    type Context = NoContext;
    type EventCursor = EventCursor;
    type OrderId = OrderId;
    type TenantId = TenantId;

    async fn list_events(
        &self,
        request: ListEventsRequest<Self>,
        _: NoContext,
    ) -> Result<ListEventsResponse, Failure> {
        let filter = EventFilter::new(request.state, request.tenant_id, request.order_id)?;
        // The contract's maximum is 100.
        let limit = u16::try_from(request.limit).unwrap_or_default();
        let page = self.0.list(&filter, limit, request.cursor).await?;
        Ok(ListEventsResponse::Page {
            body: representation::page(page),
        })
    }

    async fn retry_event(
        &self,
        request: RetryEventRequest<Self>,
        _: NoContext,
    ) -> Result<RetryEventResponse, Failure> {
        let (tenant, id) = (request.tenant_id, request.id);
        let event = self.0.retry(&tenant, id).await?;
        info!(tenant_id = %tenant, event_id = %id, "a parked event waits again");
        Ok(RetryEventResponse::Retried {
            body: representation::event(event),
        })
    }
}
