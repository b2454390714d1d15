// Generated from openapi.yaml by codegen/. Do not edit.

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

// === GetContract ===

/// The request of `GET /openapi.yaml`.
#[derive(Clone, Debug)]
pub struct GetContractRequest {}

impl GetContractRequest {
    pub(crate) async fn decode<B>(input: Input<'_>, _body: B) -> Result<Self, DecodeError>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        input.no_other_query(&[])?;
        Ok(Self {})
    }
}

/// The successful responses of `GET /openapi.yaml`.
#[derive(Debug)]
pub enum GetContractResponse {
    /// 200: OpenAPI 3.1 as YAML.
    Contract {
        /// The body.
        body: Bytes,
    },
}

impl GetContractResponse {
    /// Writes status, headers and body as the contract describes them.
    pub fn into_http(self) -> Result<Response, EncodeError> {
        match self {
            Self::Contract { body } => Head::new(200).text("application/yaml", body),
        }
    }
}

// === GetHealth ===

/// The request of `GET /healthz`.
#[derive(Clone, Debug)]
pub struct GetHealthRequest {}

impl GetHealthRequest {
    pub(crate) async fn decode<B>(input: Input<'_>, _body: B) -> Result<Self, DecodeError>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        input.no_other_query(&[])?;
        Ok(Self {})
    }
}

/// The successful responses of `GET /healthz`.
#[derive(Debug)]
pub enum GetHealthResponse {
    /// 200: The process responds.
    Alive {
        /// The body.
        body: models::Health,
    },
}

impl GetHealthResponse {
    /// Writes status, headers and body as the contract describes them.
    pub fn into_http(self) -> Result<Response, EncodeError> {
        match self {
            Self::Alive { body } => Head::new(200).json("application/json", body),
        }
    }
}

// === GetReadiness ===

/// The request of `GET /readyz`.
#[derive(Clone, Debug)]
pub struct GetReadinessRequest {}

impl GetReadinessRequest {
    pub(crate) async fn decode<B>(input: Input<'_>, _body: B) -> Result<Self, DecodeError>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        input.no_other_query(&[])?;
        Ok(Self {})
    }
}

/// The successful responses of `GET /readyz`.
#[derive(Debug)]
pub enum GetReadinessResponse {
    /// 200: The database responds.
    Ready {
        /// The body.
        body: models::Health,
    },
}

impl GetReadinessResponse {
    /// Writes status, headers and body as the contract describes them.
    pub fn into_http(self) -> Result<Response, EncodeError> {
        match self {
            Self::Ready { body } => Head::new(200).json("application/json", body),
        }
    }
}

// === CloseOrder ===

/// The request of `POST /orders/{id}/close`.
pub struct CloseOrderRequest<A: Api + ?Sized> {
    /// Header parameter `X-Tenant-Id`.
    pub x_tenant_id: A::TenantId,
    /// Header parameter `If-Match`.
    pub if_match: Option<A::Precondition>,
    /// Path parameter `id`.
    pub id: A::OrderId,
}

impl<A: Api + ?Sized> CloseOrderRequest<A> {
    pub(crate) async fn decode<B>(input: Input<'_>, body: B) -> Result<Self, DecodeError>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let x_tenant_id = input.required(
            &Parameter::new(ErrorPlace::Header, "X-Tenant-Id"),
            A::TenantId::from_str,
        )?;
        let if_match = input.optional(
            &Parameter::new(ErrorPlace::Header, "If-Match"),
            A::Precondition::from_str,
        )?;
        let id = input.required(
            &Parameter::new(ErrorPlace::Path, "id"),
            A::OrderId::from_str,
        )?;
        input.no_other_query(&[])?;
        decode::Members::none(&input.json_text(body, false).await?)?;
        Ok(Self {
            x_tenant_id,
            if_match,
            id,
        })
    }
}

/// The successful responses of `POST /orders/{id}/close`.
#[derive(Debug)]
pub enum CloseOrderResponse {
    /// 200: The order is closed and its event is waiting in the outbox.
    Closed {
        /// Header `ETag`.
        e_tag: http::HeaderValue,
        /// The body.
        body: models::OrderClosed,
    },
}

impl CloseOrderResponse {
    /// Writes status, headers and body as the contract describes them.
    pub fn into_http(self) -> Result<Response, EncodeError> {
        match self {
            Self::Closed { e_tag, body } => Head::new(200)
                .header("etag", e_tag)
                .json("application/json", body),
        }
    }
}

// === ConfirmOrder ===

/// The request of `PATCH /orders/{id}/confirm`.
pub struct ConfirmOrderRequest<A: Api + ?Sized> {
    /// Header parameter `X-Tenant-Id`.
    pub x_tenant_id: A::TenantId,
    /// Header parameter `If-Match`.
    pub if_match: A::Precondition,
    /// Path parameter `id`.
    pub id: A::OrderId,
    /// The body.
    pub body: models::Confirmation<A>,
}

impl<A: Api + ?Sized> ConfirmOrderRequest<A> {
    pub(crate) async fn decode<B>(input: Input<'_>, body: B) -> Result<Self, DecodeError>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let x_tenant_id = input.required(
            &Parameter::new(ErrorPlace::Header, "X-Tenant-Id"),
            A::TenantId::from_str,
        )?;
        let if_match = input.required(
            &Parameter {
                when_missing: ErrorCode::PreconditionRequired,
                ..Parameter::new(ErrorPlace::Header, "If-Match")
            },
            A::Precondition::from_str,
        )?;
        let id = input.required(
            &Parameter::new(ErrorPlace::Path, "id"),
            A::OrderId::from_str,
        )?;
        input.no_other_query(&[])?;
        let body = {
            let members = decode::Members::parse(&input.json_text(body, false).await?)?;
            members.no_others(&["totalCents"])?;
            models::Confirmation {
                total_cents: members.required(
                    &Parameter::new(ErrorPlace::Body, "totalCents"),
                    A::TotalCents::from_str,
                )?,
            }
        };
        Ok(Self {
            x_tenant_id,
            if_match,
            id,
            body,
        })
    }
}

/// The successful responses of `PATCH /orders/{id}/confirm`.
#[derive(Debug)]
pub enum ConfirmOrderResponse {
    /// 200: The order is confirmed.
    Confirmed {
        /// Header `ETag`.
        e_tag: http::HeaderValue,
        /// The body.
        body: models::OrderConfirmed,
    },
}

impl ConfirmOrderResponse {
    /// Writes status, headers and body as the contract describes them.
    pub fn into_http(self) -> Result<Response, EncodeError> {
        match self {
            Self::Confirmed { e_tag, body } => Head::new(200)
                .header("etag", e_tag)
                .json("application/json", body),
        }
    }
}

// === CreateOrder ===

/// The request of `POST /orders`.
pub struct CreateOrderRequest<A: Api + ?Sized> {
    /// Header parameter `X-Tenant-Id`.
    pub x_tenant_id: A::TenantId,
    /// Header parameter `Idempotency-Key`.
    pub idempotency_key: A::IdempotencyKey,
    /// The body, read from its text; an absent body is the empty text.
    pub body: A::CreateBody,
}

impl<A: Api + ?Sized> CreateOrderRequest<A> {
    pub(crate) async fn decode<B>(input: Input<'_>, body: B) -> Result<Self, DecodeError>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let x_tenant_id = input.required(
            &Parameter::new(ErrorPlace::Header, "X-Tenant-Id"),
            A::TenantId::from_str,
        )?;
        let idempotency_key = input.required(
            &Parameter::new(ErrorPlace::Header, "Idempotency-Key"),
            A::IdempotencyKey::from_str,
        )?;
        input.no_other_query(&[])?;
        let body = decode::whole(&input.json_text(body, true).await?, A::CreateBody::from_str)?;
        Ok(Self {
            x_tenant_id,
            idempotency_key,
            body,
        })
    }
}

/// The successful responses of `POST /orders`.
#[derive(Debug)]
pub enum CreateOrderResponse {
    /// 201: This request created the order.
    Created {
        /// Header `ETag`.
        e_tag: http::HeaderValue,
        /// Header `Location`.
        location: http::HeaderValue,
        /// The body.
        body: crate::Verbatim<models::OrderCreated>,
    },
    /// 200: An earlier request with this key and the same body created the order. The body has the bytes of that response, also if the order has changed since.
    Replayed {
        /// Header `ETag`.
        e_tag: http::HeaderValue,
        /// Header `Location`.
        location: http::HeaderValue,
        /// Header `Idempotent-Replayed`.
        idempotent_replayed: http::HeaderValue,
        /// The body.
        body: crate::Verbatim<models::OrderCreated>,
    },
}

impl CreateOrderResponse {
    /// Writes status, headers and body as the contract describes them.
    pub fn into_http(self) -> Result<Response, EncodeError> {
        match self {
            Self::Created {
                e_tag,
                location,
                body,
            } => Head::new(201)
                .header("etag", e_tag)
                .header("location", location)
                .verbatim("application/json", body),
            Self::Replayed {
                e_tag,
                location,
                idempotent_replayed,
                body,
            } => Head::new(200)
                .header("etag", e_tag)
                .header("location", location)
                .header("idempotent-replayed", idempotent_replayed)
                .verbatim("application/json", body),
        }
    }
}

// === GetOrder ===

/// The request of `GET /orders/{id}`.
pub struct GetOrderRequest<A: Api + ?Sized> {
    /// Header parameter `X-Tenant-Id`.
    pub x_tenant_id: A::TenantId,
    /// Header parameter `If-None-Match`.
    pub if_none_match: Option<A::NoneMatch>,
    /// Path parameter `id`.
    pub id: A::OrderId,
}

impl<A: Api + ?Sized> GetOrderRequest<A> {
    pub(crate) async fn decode<B>(input: Input<'_>, _body: B) -> Result<Self, DecodeError>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let x_tenant_id = input.required(
            &Parameter::new(ErrorPlace::Header, "X-Tenant-Id"),
            A::TenantId::from_str,
        )?;
        let if_none_match = input.optional(
            &Parameter::new(ErrorPlace::Header, "If-None-Match"),
            A::NoneMatch::from_str,
        )?;
        let id = input.required(
            &Parameter::new(ErrorPlace::Path, "id"),
            A::OrderId::from_str,
        )?;
        input.no_other_query(&[])?;
        Ok(Self {
            x_tenant_id,
            if_none_match,
            id,
        })
    }
}

/// The successful responses of `GET /orders/{id}`.
#[derive(Debug)]
pub enum GetOrderResponse {
    /// 200: The order as it is now.
    Found {
        /// Header `ETag`.
        e_tag: http::HeaderValue,
        /// The body.
        body: models::Order,
    },
    /// 304: The order still has the version named in `If-None-Match`. No body.
    NotModified {
        /// Header `ETag`.
        e_tag: http::HeaderValue,
    },
}

impl GetOrderResponse {
    /// Writes status, headers and body as the contract describes them.
    pub fn into_http(self) -> Result<Response, EncodeError> {
        match self {
            Self::Found { e_tag, body } => Head::new(200)
                .header("etag", e_tag)
                .json("application/json", body),
            Self::NotModified { e_tag } => Head::new(304).header("etag", e_tag).empty(),
        }
    }
}

// === ListOrders ===

/// The request of `GET /orders`.
pub struct ListOrdersRequest<A: Api + ?Sized> {
    /// Header parameter `X-Tenant-Id`.
    pub x_tenant_id: A::TenantId,
    /// Query parameter `limit`.
    pub limit: A::PageLimit,
    /// Query parameter `cursor`.
    pub cursor: Option<A::Cursor>,
}

impl<A: Api + ?Sized> ListOrdersRequest<A> {
    pub(crate) async fn decode<B>(input: Input<'_>, _body: B) -> Result<Self, DecodeError>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let x_tenant_id = input.required(
            &Parameter::new(ErrorPlace::Header, "X-Tenant-Id"),
            A::TenantId::from_str,
        )?;
        let limit = input
            .optional(
                &Parameter::new(ErrorPlace::Query, "limit"),
                A::PageLimit::from_str,
            )?
            .unwrap_or_default();
        let cursor = input.optional(
            &Parameter {
                when_invalid: ErrorCode::InvalidCursor,
                ..Parameter::new(ErrorPlace::Query, "cursor")
            },
            A::Cursor::from_str,
        )?;
        input.no_other_query(&["limit", "cursor"])?;
        Ok(Self {
            x_tenant_id,
            limit,
            cursor,
        })
    }
}

/// The successful responses of `GET /orders`.
#[derive(Debug)]
pub enum ListOrdersResponse {
    /// 200: One page; `nextCursor` is `null` on the last one.
    Page {
        /// The body.
        body: models::OrderPage,
    },
}

impl ListOrdersResponse {
    /// Writes status, headers and body as the contract describes them.
    pub fn into_http(self) -> Result<Response, EncodeError> {
        match self {
            Self::Page { body } => Head::new(200).json("application/json", body),
        }
    }
}
