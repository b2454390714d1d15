// Generated from openapi.yaml by codegen/. Do not edit.

//! The schemas of the contract.

use serde::{Deserialize, Serialize};

use crate::{Api, models};

/// The body of every error response.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ApiError {
    /// Member `code`.
    #[serde(rename = "code")]
    pub code: models::ErrorCode,
    /// Member `message`. A text for people. It may change.
    #[serde(rename = "message")]
    pub message: String,
    /// Member `details`.
    #[serde(rename = "details", default, skip_serializing_if = "Option::is_none")]
    pub details: Option<models::ErrorDetails>,
}

/// The body of a confirm.
pub struct Confirmation<A: Api + ?Sized> {
    /// Member `totalCents`. The order's total, in the currency's smallest unit.
    pub total_cents: A::TotalCents,
}

/// The kind of conflict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ConflictReason {
    /// `"idempotency_key_reused"`
    #[serde(rename = "idempotency_key_reused")]
    IdempotencyKeyReused,

    /// `"request_in_progress"`
    #[serde(rename = "request_in_progress")]
    RequestInProgress,

    /// `"stale_version"`
    #[serde(rename = "stale_version")]
    StaleVersion,

    /// `"weak_entity_tag"`
    #[serde(rename = "weak_entity_tag")]
    WeakEntityTag,

    /// `"invalid_transition"`
    #[serde(rename = "invalid_transition")]
    InvalidTransition,
}

impl ConflictReason {
    /// The value as the contract spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::IdempotencyKeyReused => "idempotency_key_reused",

            Self::RequestInProgress => "request_in_progress",

            Self::StaleVersion => "stale_version",

            Self::WeakEntityTag => "weak_entity_tag",

            Self::InvalidTransition => "invalid_transition",
        }
    }
}

/// Each code has one status. `invalid_request` 400 · `invalid_cursor` 400 · `unauthenticated` 401 · `forbidden` 403 · `not_found` 404 · `method_not_allowed` 405 · `conflict` 409 · `payload_too_large` 413 · `unsupported_media_type` 415 · `precondition_required` 428 · `internal` 500 · `overloaded` 503.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ErrorCode {
    /// `"invalid_request"`
    #[serde(rename = "invalid_request")]
    InvalidRequest,

    /// `"invalid_cursor"`
    #[serde(rename = "invalid_cursor")]
    InvalidCursor,

    /// `"unauthenticated"`
    #[serde(rename = "unauthenticated")]
    Unauthenticated,

    /// `"forbidden"`
    #[serde(rename = "forbidden")]
    Forbidden,

    /// `"not_found"`
    #[serde(rename = "not_found")]
    NotFound,

    /// `"method_not_allowed"`
    #[serde(rename = "method_not_allowed")]
    MethodNotAllowed,

    /// `"conflict"`
    #[serde(rename = "conflict")]
    Conflict,

    /// `"payload_too_large"`
    #[serde(rename = "payload_too_large")]
    PayloadTooLarge,

    /// `"unsupported_media_type"`
    #[serde(rename = "unsupported_media_type")]
    UnsupportedMediaType,

    /// `"precondition_required"`
    #[serde(rename = "precondition_required")]
    PreconditionRequired,

    /// `"internal"`
    #[serde(rename = "internal")]
    Internal,

    /// `"overloaded"`
    #[serde(rename = "overloaded")]
    Overloaded,
}

impl ErrorCode {
    /// The value as the contract spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",

            Self::InvalidCursor => "invalid_cursor",

            Self::Unauthenticated => "unauthenticated",

            Self::Forbidden => "forbidden",

            Self::NotFound => "not_found",

            Self::MethodNotAllowed => "method_not_allowed",

            Self::Conflict => "conflict",

            Self::PayloadTooLarge => "payload_too_large",

            Self::UnsupportedMediaType => "unsupported_media_type",

            Self::PreconditionRequired => "precondition_required",

            Self::Internal => "internal",

            Self::Overloaded => "overloaded",
        }
    }
}

/// Facts for programs. The members depend on `code` and `reason`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ErrorDetails {
    /// Member `in`.
    #[serde(rename = "in", default, skip_serializing_if = "Option::is_none")]
    pub r_in: Option<models::ErrorPlace>,
    /// Member `name`. The invalid header, parameter or body member.
    #[serde(rename = "name", default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Member `reason`.
    #[serde(rename = "reason", default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<models::ConflictReason>,
    /// Member `expectedVersion`. With `stale_version`: the version in `If-Match`, if it names exactly one.
    #[serde(
        rename = "expectedVersion",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub expected_version: Option<i32>,
    /// Member `currentVersion`. The current version of the order.
    #[serde(
        rename = "currentVersion",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub current_version: Option<i32>,
    /// Member `currentStatus`.
    #[serde(
        rename = "currentStatus",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub current_status: Option<models::OrderStatus>,
}

/// The part of the request that is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ErrorPlace {
    /// `"header"`
    #[serde(rename = "header")]
    Header,

    /// `"path"`
    #[serde(rename = "path")]
    Path,

    /// `"query"`
    #[serde(rename = "query")]
    Query,

    /// `"body"`
    #[serde(rename = "body")]
    Body,
}

impl ErrorPlace {
    /// The value as the contract spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Header => "header",

            Self::Path => "path",

            Self::Query => "query",

            Self::Body => "body",
        }
    }
}

/// The result of a probe.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Health {
    /// Member `status`. `ok`
    #[serde(rename = "status")]
    pub status: String,
}

/// A whole order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// Member `id`. Created by the service.
    #[serde(rename = "id")]
    pub id: uuid::Uuid,
    /// Member `tenantId`. The tenant that owns the order.
    #[serde(rename = "tenantId")]
    pub tenant_id: String,
    /// Member `status`.
    #[serde(rename = "status")]
    pub status: models::OrderStatus,
    /// Member `version`. Starts at 1. Each write adds 1.
    #[serde(rename = "version")]
    pub version: i32,
    /// Member `totalCents`. `null` until the order is confirmed.
    #[serde(rename = "totalCents")]
    pub total_cents: Option<i32>,
    /// Member `createdAt`. UTC, to the microsecond, by the database's clock.
    #[serde(rename = "createdAt")]
    pub created_at: crate::DateTime,
    /// Member `updatedAt`. When the order was last written.
    #[serde(rename = "updatedAt")]
    pub updated_at: crate::DateTime,
}

/// A closed order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderClosed {
    /// Member `id`. The order.
    #[serde(rename = "id")]
    pub id: uuid::Uuid,
    /// Member `status`.
    #[serde(rename = "status")]
    pub status: models::OrderStatus,
    /// Member `version`. The version after this write.
    #[serde(rename = "version")]
    pub version: i32,
}

/// The order that was closed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderClosedData {
    /// Member `orderId`. The order.
    #[serde(rename = "orderId")]
    pub order_id: uuid::Uuid,
    /// Member `tenantId`. The tenant that owns it.
    #[serde(rename = "tenantId")]
    pub tenant_id: String,
    /// Member `totalCents`. The total of the order.
    #[serde(rename = "totalCents")]
    pub total_cents: i32,
    /// Member `closedAt`. When the order was closed, to the microsecond.
    #[serde(rename = "closedAt")]
    pub closed_at: crate::DateTime,
}

/// The CloudEvent of a closed order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderClosedEvent {
    /// Member `specversion`. The version of CloudEvents.
    #[serde(rename = "specversion")]
    pub specversion: String,
    /// Member `id`. The event. Equal to `webhook-id`.
    #[serde(rename = "id")]
    pub id: uuid::Uuid,
    /// Member `source`. The service that sends it.
    #[serde(rename = "source")]
    pub source: String,
    /// Member `type`. What happened.
    #[serde(rename = "type")]
    pub r_type: String,
    /// Member `subject`. The order.
    #[serde(rename = "subject")]
    pub subject: uuid::Uuid,
    /// Member `time`. When the order was closed, by the database's clock.
    #[serde(rename = "time")]
    pub time: crate::DateTime,
    /// Member `datacontenttype`. The media type of `data`.
    #[serde(rename = "datacontenttype")]
    pub datacontenttype: String,
    /// Member `tenantid`. The tenant that owns the order.
    #[serde(rename = "tenantid")]
    pub tenantid: String,
    /// Member `traceparent`. The W3C trace context of the request that closed the order, if it had one.
    #[serde(
        rename = "traceparent",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub traceparent: Option<String>,
    /// Member `data`.
    #[serde(rename = "data")]
    pub data: models::OrderClosedData,
}

/// A confirmed order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderConfirmed {
    /// Member `id`. The order.
    #[serde(rename = "id")]
    pub id: uuid::Uuid,
    /// Member `status`.
    #[serde(rename = "status")]
    pub status: models::OrderStatus,
    /// Member `version`. The version after this write.
    #[serde(rename = "version")]
    pub version: i32,
    /// Member `totalCents`. The total of the order.
    #[serde(rename = "totalCents")]
    pub total_cents: i32,
}

/// A new draft.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderCreated {
    /// Member `id`. Created by the service.
    #[serde(rename = "id")]
    pub id: uuid::Uuid,
    /// Member `tenantId`. The tenant that owns the order.
    #[serde(rename = "tenantId")]
    pub tenant_id: String,
    /// Member `status`.
    #[serde(rename = "status")]
    pub status: models::OrderStatus,
    /// Member `version`. Always 1.
    #[serde(rename = "version")]
    pub version: i32,
    /// Member `createdAt`. UTC, to the microsecond, by the database's clock.
    #[serde(rename = "createdAt")]
    pub created_at: crate::DateTime,
}

/// A page of orders.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderPage {
    /// Member `items`. Newest first.
    #[serde(rename = "items")]
    pub items: Vec<models::Order>,
    /// Member `nextCursor`. The `cursor` of the next page; `null` on the last page.
    #[serde(rename = "nextCursor")]
    pub next_cursor: Option<String>,
}

/// The status of an order. It changes in this order, and never back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum OrderStatus {
    /// `"draft"`
    #[serde(rename = "draft")]
    Draft,

    /// `"confirmed"`
    #[serde(rename = "confirmed")]
    Confirmed,

    /// `"closed"`
    #[serde(rename = "closed")]
    Closed,
}

impl OrderStatus {
    /// The value as the contract spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",

            Self::Confirmed => "confirmed",

            Self::Closed => "closed",
        }
    }
}
