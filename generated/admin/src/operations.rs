// Generated from openapi-admin.yaml by codegen/. Do not edit.

//! Requests and responses, operation by operation.

use std::{error::Error, str::FromStr};

use bytes::Bytes;
use http_body::Body;

use crate::{
    Api, EncodeError, Response,
    decode::{self, DecodeError, Input, Parameter},
    models::{self, ErrorCode, ErrorPlace},
    respond::Head,
};

// === ListEvents ===

/// The request of `GET /outbox/events`.
pub struct ListEventsRequest<A: Api + ?Sized> {
    /// Query parameter `state`.
    pub state: Option<models::EventState>,
    /// Query parameter `tenantId`.
    pub tenant_id: Option<A::TenantId>,
    /// Query parameter `orderId`.
    pub order_id: Option<A::OrderId>,
    /// Query parameter `limit`.
    pub limit: i32,
    /// Query parameter `cursor`.
    pub cursor: Option<A::EventCursor>,
}

impl<A: Api + ?Sized> ListEventsRequest<A> {
    pub(crate) async fn decode<B>(input: Input<'_>, _body: B) -> Result<Self, DecodeError>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let state = input.optional(
            &Parameter::new(ErrorPlace::Query, "state"),
            models::EventState::from_str,
        )?;
        let tenant_id = input.optional(
            &Parameter::new(ErrorPlace::Query, "tenantId"),
            A::TenantId::from_str,
        )?;
        let order_id = input.optional(
            &Parameter::new(ErrorPlace::Query, "orderId"),
            A::OrderId::from_str,
        )?;
        let limit = input
            .optional(
                &Parameter::new(ErrorPlace::Query, "limit"),
                decode::integer(1, 100),
            )?
            .unwrap_or(20);
        let cursor = input.optional(
            &Parameter {
                when_invalid: ErrorCode::InvalidCursor,
                ..Parameter::new(ErrorPlace::Query, "cursor")
            },
            A::EventCursor::from_str,
        )?;
        input.no_other_query(&["state", "tenantId", "orderId", "limit", "cursor"])?;
        Ok(Self {
            state,
            tenant_id,
            order_id,
            limit,
            cursor,
        })
    }
}

/// The successful responses of `GET /outbox/events`.
#[derive(Debug)]
pub enum ListEventsResponse {
    /// 200: One page; `nextCursor` is `null` on the last one.
    Page {
        /// The body.
        body: models::EventPage,
    },
}

impl ListEventsResponse {
    /// Writes status, headers and body as the contract describes them.
    pub fn into_http(self) -> Result<Response, EncodeError> {
        match self {
            Self::Page { body } => Head::new(200).json("application/json", body),
        }
    }
}

// === RetryEvent ===

/// The request of `POST /outbox/events/{id}/retry`.
pub struct RetryEventRequest<A: Api + ?Sized> {
    /// Path parameter `id`.
    pub id: uuid::Uuid,
    /// Query parameter `tenantId`.
    pub tenant_id: A::TenantId,
}

impl<A: Api + ?Sized> RetryEventRequest<A> {
    pub(crate) async fn decode<B>(input: Input<'_>, _body: B) -> Result<Self, DecodeError>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let id = input.required(&Parameter::new(ErrorPlace::Path, "id"), decode::uuid)?;
        let tenant_id = input.required(
            &Parameter::new(ErrorPlace::Query, "tenantId"),
            A::TenantId::from_str,
        )?;
        input.no_other_query(&["tenantId"])?;
        Ok(Self { id, tenant_id })
    }
}

/// The successful responses of `POST /outbox/events/{id}/retry`.
#[derive(Debug)]
pub enum RetryEventResponse {
    /// 200: The event, which waits again.
    Retried {
        /// The body.
        body: models::Event,
    },
}

impl RetryEventResponse {
    /// Writes status, headers and body as the contract describes them.
    pub fn into_http(self) -> Result<Response, EncodeError> {
        match self {
            Self::Retried { body } => Head::new(200).json("application/json", body),
        }
    }
}
