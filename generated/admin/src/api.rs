// Generated from openapi-admin.yaml by codegen/. Do not edit.

//! The trait that a service implements.

use std::{fmt::Display, future::Future, str::FromStr};

use crate::{DecodeError, EncodeError, Response, operations::*};

/// One method per operation of the contract.
pub trait Api: Send + Sync + 'static {
    /// The error of every operation. `From` turns requests that the contract refuses, and responses
    /// that cannot be written, into the service's own error responses.
    type Failure: From<DecodeError> + From<EncodeError> + Into<Response> + Send;

    /// Facts about a request beside the contract's parameters, for example its trace context.
    type Context: for<'a> From<&'a http::request::Parts> + Send;

    /// Read from the query parameter `cursor`.
    type EventCursor: FromStr<Err: Display> + Send;

    /// Read from the query parameter `orderId`.
    type OrderId: FromStr<Err: Display> + Send;

    /// Read from the query parameter `tenantId`.
    type TenantId: FromStr<Err: Display> + Send;

    /// List events: `GET /outbox/events`
    fn list_events(
        &self,
        request: ListEventsRequest<Self>,
        context: Self::Context,
    ) -> impl Future<Output = Result<ListEventsResponse, Self::Failure>> + Send;

    /// Make a parked event wait again: `POST /outbox/events/{id}/retry`
    fn retry_event(
        &self,
        request: RetryEventRequest<Self>,
        context: Self::Context,
    ) -> impl Future<Output = Result<RetryEventResponse, Self::Failure>> + Send;
}
