// Generated from openapi-admin.yaml by codegen/. Do not edit.

//! The schemas of the contract.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::models;

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

/// The kind of conflict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ConflictReason {
    /// `"not_parked"`
    #[serde(rename = "not_parked")]
    NotParked,
}

impl ConflictReason {
    /// The value as the contract spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotParked => "not_parked",
        }
    }
}

/// Each code has one status. `invalid_request` 400 · `invalid_cursor` 400 · `forbidden` 403 · `not_found` 404 · `method_not_allowed` 405 · `conflict` 409 · `internal` 500 · `overloaded` 503.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ErrorCode {
    /// `"invalid_request"`
    #[serde(rename = "invalid_request")]
    InvalidRequest,

    /// `"invalid_cursor"`
    #[serde(rename = "invalid_cursor")]
    InvalidCursor,

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

            Self::Forbidden => "forbidden",

            Self::NotFound => "not_found",

            Self::MethodNotAllowed => "method_not_allowed",

            Self::Conflict => "conflict",

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
    /// Member `name`. The invalid parameter.
    #[serde(rename = "name", default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Member `reason`.
    #[serde(rename = "reason", default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<models::ConflictReason>,
    /// Member `currentState`.
    #[serde(
        rename = "currentState",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub current_state: Option<models::EventState>,
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

/// An event, without its payload.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Member `id`. The message id that consumers receive.
    #[serde(rename = "id")]
    pub id: uuid::Uuid,
    /// Member `tenantId`. The tenant that owns the order.
    #[serde(rename = "tenantId")]
    pub tenant_id: String,
    /// Member `orderId`. The order that changed.
    #[serde(rename = "orderId")]
    pub order_id: uuid::Uuid,
    /// Member `type`. What happened, such as `orders.closed`.
    #[serde(rename = "type")]
    pub r_type: String,
    /// Member `state`.
    #[serde(rename = "state")]
    pub state: models::EventState,
    /// Member `createdAt`. When the order changed, by the database's clock.
    #[serde(rename = "createdAt")]
    pub created_at: crate::DateTime,
    /// Member `dueAt`. When a relay may claim the event. Equal to `createdAt` until the first claim.
    #[serde(rename = "dueAt")]
    pub due_at: crate::DateTime,
    /// Member `attempts`. Failed attempts since the event was created or retried.
    #[serde(rename = "attempts")]
    pub attempts: i32,
    /// Member `publishedAt`. When the broker's acknowledgement was stored.
    #[serde(rename = "publishedAt")]
    pub published_at: Option<crate::DateTime>,
    /// Member `parkedAt`. When the event was parked.
    #[serde(rename = "parkedAt")]
    pub parked_at: Option<crate::DateTime>,
    /// Member `lastError`. The error of the last failed attempt.
    #[serde(rename = "lastError")]
    pub last_error: Option<String>,
}

/// A page of events.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventPage {
    /// Member `items`. In the order of the list.
    #[serde(rename = "items")]
    pub items: Vec<models::Event>,
    /// Member `nextCursor`. The `cursor` of the next page; `null` on the last page.
    #[serde(rename = "nextCursor")]
    pub next_cursor: Option<String>,
}

/// The state of an event. `waiting`: due, a relay may claim it. `leased`: `dueAt` lies in the future; a relay works on the event, or it waits for its next attempt after a failure. `published`: acknowledged by the broker. `parked`: out of attempts or refused for good, published only after a retry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum EventState {
    /// `"waiting"`
    #[serde(rename = "waiting")]
    Waiting,

    /// `"leased"`
    #[serde(rename = "leased")]
    Leased,

    /// `"published"`
    #[serde(rename = "published")]
    Published,

    /// `"parked"`
    #[serde(rename = "parked")]
    Parked,
}

impl EventState {
    /// The value as the contract spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",

            Self::Leased => "leased",

            Self::Published => "published",

            Self::Parked => "parked",
        }
    }
}

impl FromStr for EventState {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "waiting" => Ok(Self::Waiting),

            "leased" => Ok(Self::Leased),

            "published" => Ok(Self::Published),

            "parked" => Ok(Self::Parked),

            _ => Err("must be waiting or leased or published or parked"),
        }
    }
}
