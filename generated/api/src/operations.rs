// Generated from openapi.yaml by codegen/. Do not edit.

//! Requests and responses, operation by operation.

use std::{error::Error, sync::LazyLock};

use bytes::Bytes;
use http::HeaderValue;
use http_body::Body;
use regex::Regex;

use crate::{
    Response, Verbatim,
    decode::{Id, Input, Integer, Members, Parameter, Rejection, Text},
    models::{self, ErrorCode, ErrorPlace},
    respond::Head,
};

// === GetContract ===

/// What `GET /openapi.yaml` is asked.
#[derive(Clone, Debug)]
pub struct GetContractRequest {}

impl GetContractRequest {
    pub(crate) async fn decode<B>(input: Input<'_>, _body: B) -> Result<Self, Rejection>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        input.no_other_query(&[])?;
        Ok(Self {})
    }
}

/// How `GET /openapi.yaml` succeeds.
#[derive(Debug)]
pub enum GetContractResponse {
    /// 200: OpenAPI 3.1 as YAML.
    Contract {
        /// The body.
        body: Bytes,
    },
}

impl GetContractResponse {
    /// The response as the contract writes it.
    pub fn into_http(self) -> Result<Response, serde_json::Error> {
        match self {
            Self::Contract { body } => Head::new(200).text("application/yaml", body),
        }
    }
}

// === GetHealth ===

/// What `GET /healthz` is asked.
#[derive(Clone, Debug)]
pub struct GetHealthRequest {}

impl GetHealthRequest {
    pub(crate) async fn decode<B>(input: Input<'_>, _body: B) -> Result<Self, Rejection>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        input.no_other_query(&[])?;
        Ok(Self {})
    }
}

/// How `GET /healthz` succeeds.
#[derive(Debug)]
pub enum GetHealthResponse {
    /// 200: The process answers.
    Alive {
        /// The body.
        body: models::Health,
    },
}

impl GetHealthResponse {
    /// The response as the contract writes it.
    pub fn into_http(self) -> Result<Response, serde_json::Error> {
        match self {
            Self::Alive { body } => Head::new(200).json("application/json", body),
        }
    }
}

// === GetReadiness ===

/// What `GET /readyz` is asked.
#[derive(Clone, Debug)]
pub struct GetReadinessRequest {}

impl GetReadinessRequest {
    pub(crate) async fn decode<B>(input: Input<'_>, _body: B) -> Result<Self, Rejection>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        input.no_other_query(&[])?;
        Ok(Self {})
    }
}

/// How `GET /readyz` succeeds.
#[derive(Debug)]
pub enum GetReadinessResponse {
    /// 200: The database answers.
    Ready {
        /// The body.
        body: models::Health,
    },
}

impl GetReadinessResponse {
    /// The response as the contract writes it.
    pub fn into_http(self) -> Result<Response, serde_json::Error> {
        match self {
            Self::Ready { body } => Head::new(200).json("application/json", body),
        }
    }
}

// === CloseOrder ===

/// What `POST /orders/{id}/close` is asked.
#[derive(Clone, Debug)]
pub struct CloseOrderRequest {
    /// Header parameter `X-Tenant-Id`.
    pub x_tenant_id: String,
    /// Header parameter `If-Match`.
    pub if_match: Option<String>,
    /// Path parameter `id`.
    pub id: uuid::Uuid,
}

impl CloseOrderRequest {
    pub(crate) async fn decode<B>(input: Input<'_>, body: B) -> Result<Self, Rejection>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let x_tenant_id = {
            static PARAMETER: Parameter<Text> = Parameter {
                place: ErrorPlace::Header,
                name: "X-Tenant-Id",
                when_missing: ErrorCode::InvalidRequest,
                when_invalid: ErrorCode::InvalidRequest,
                rule: Text {
                    min_length: 1,
                    max_length: 128,
                    form: Some("must be letters, digits and ._:- and start with a letter or digit"),
                    pattern: Some(LazyLock::new(|| {
                        pattern("^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$")
                    })),
                },
            };
            input.required(&PARAMETER)?
        };
        let if_match = {
            static PARAMETER: Parameter<Text> = Parameter {
                place: ErrorPlace::Header,
                name: "If-Match",
                when_missing: ErrorCode::InvalidRequest,
                when_invalid: ErrorCode::InvalidRequest,
                rule: Text {
                    min_length: 1,
                    max_length: usize::MAX,
                    form: Some("must be * or a list of entity tags such as '1' in double quotes"),
                    pattern: Some(LazyLock::new(|| {
                        pattern(
                            "^(\\*|(,[ \\t]*)*((W/)?\"[!#-~]*\"|[0-9]+)([ \\t]*,([ \\t]*((W/)?\"[!#-~]*\"|[0-9]+))?)*)$",
                        )
                    })),
                },
            };
            input.optional(&PARAMETER)?
        };
        let id = {
            static PARAMETER: Parameter<Id> = Parameter {
                place: ErrorPlace::Path,
                name: "id",
                when_missing: ErrorCode::InvalidRequest,
                when_invalid: ErrorCode::InvalidRequest,
                rule: Id,
            };
            input.required(&PARAMETER)?
        };
        input.no_other_query(&[])?;
        {
            let text = input.json_text(body, false).await?;
            if !text.is_empty() {
                Members::parse(&text)?.no_others(&[])?;
            }
        };
        Ok(Self {
            x_tenant_id,
            if_match,
            id,
        })
    }
}

/// How `POST /orders/{id}/close` succeeds.
#[derive(Debug)]
pub enum CloseOrderResponse {
    /// 200: The order is closed and its event is waiting in the outbox.
    Closed {
        /// Header `ETag`.
        e_tag: HeaderValue,
        /// The body.
        body: models::OrderClosed,
    },
}

impl CloseOrderResponse {
    /// The response as the contract writes it.
    pub fn into_http(self) -> Result<Response, serde_json::Error> {
        match self {
            Self::Closed { e_tag, body } => Head::new(200)
                .header("etag", e_tag)
                .json("application/json", body),
        }
    }
}

// === ConfirmOrder ===

/// What `PATCH /orders/{id}/confirm` is asked.
#[derive(Clone, Debug)]
pub struct ConfirmOrderRequest {
    /// Header parameter `X-Tenant-Id`.
    pub x_tenant_id: String,
    /// Header parameter `If-Match`.
    pub if_match: String,
    /// Path parameter `id`.
    pub id: uuid::Uuid,
    /// The body.
    pub body: models::Confirmation,
}

impl ConfirmOrderRequest {
    pub(crate) async fn decode<B>(input: Input<'_>, body: B) -> Result<Self, Rejection>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let x_tenant_id = {
            static PARAMETER: Parameter<Text> = Parameter {
                place: ErrorPlace::Header,
                name: "X-Tenant-Id",
                when_missing: ErrorCode::InvalidRequest,
                when_invalid: ErrorCode::InvalidRequest,
                rule: Text {
                    min_length: 1,
                    max_length: 128,
                    form: Some("must be letters, digits and ._:- and start with a letter or digit"),
                    pattern: Some(LazyLock::new(|| {
                        pattern("^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$")
                    })),
                },
            };
            input.required(&PARAMETER)?
        };
        let if_match = {
            static PARAMETER: Parameter<Text> = Parameter {
                place: ErrorPlace::Header,
                name: "If-Match",
                when_missing: ErrorCode::PreconditionRequired,
                when_invalid: ErrorCode::InvalidRequest,
                rule: Text {
                    min_length: 1,
                    max_length: usize::MAX,
                    form: Some("must be * or a list of entity tags such as '1' in double quotes"),
                    pattern: Some(LazyLock::new(|| {
                        pattern(
                            "^(\\*|(,[ \\t]*)*((W/)?\"[!#-~]*\"|[0-9]+)([ \\t]*,([ \\t]*((W/)?\"[!#-~]*\"|[0-9]+))?)*)$",
                        )
                    })),
                },
            };
            input.required(&PARAMETER)?
        };
        let id = {
            static PARAMETER: Parameter<Id> = Parameter {
                place: ErrorPlace::Path,
                name: "id",
                when_missing: ErrorCode::InvalidRequest,
                when_invalid: ErrorCode::InvalidRequest,
                rule: Id,
            };
            input.required(&PARAMETER)?
        };
        input.no_other_query(&[])?;
        let body = {
            let members = Members::parse(&input.json_text(body, false).await?)?;
            members.no_others(&["totalCents"])?;
            models::Confirmation {
                total_cents: {
                    static MEMBER: Parameter<Integer> = Parameter {
                        place: ErrorPlace::Body,
                        name: "totalCents",
                        when_missing: ErrorCode::InvalidRequest,
                        when_invalid: ErrorCode::InvalidRequest,
                        rule: Integer {
                            minimum: 0,
                            maximum: 2147483647,
                        },
                    };
                    members.required(&MEMBER)?
                },
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

/// How `PATCH /orders/{id}/confirm` succeeds.
#[derive(Debug)]
pub enum ConfirmOrderResponse {
    /// 200: The order is confirmed.
    Confirmed {
        /// Header `ETag`.
        e_tag: HeaderValue,
        /// The body.
        body: models::OrderConfirmed,
    },
}

impl ConfirmOrderResponse {
    /// The response as the contract writes it.
    pub fn into_http(self) -> Result<Response, serde_json::Error> {
        match self {
            Self::Confirmed { e_tag, body } => Head::new(200)
                .header("etag", e_tag)
                .json("application/json", body),
        }
    }
}

// === CreateOrder ===

/// What `POST /orders` is asked.
#[derive(Clone, Debug)]
pub struct CreateOrderRequest {
    /// Header parameter `X-Tenant-Id`.
    pub x_tenant_id: String,
    /// Header parameter `Idempotency-Key`.
    pub idempotency_key: String,
    /// The body as it came: JSON text, not parsed yet; empty when there was none.
    pub body: Bytes,
}

impl CreateOrderRequest {
    pub(crate) async fn decode<B>(input: Input<'_>, body: B) -> Result<Self, Rejection>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let x_tenant_id = {
            static PARAMETER: Parameter<Text> = Parameter {
                place: ErrorPlace::Header,
                name: "X-Tenant-Id",
                when_missing: ErrorCode::InvalidRequest,
                when_invalid: ErrorCode::InvalidRequest,
                rule: Text {
                    min_length: 1,
                    max_length: 128,
                    form: Some("must be letters, digits and ._:- and start with a letter or digit"),
                    pattern: Some(LazyLock::new(|| {
                        pattern("^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$")
                    })),
                },
            };
            input.required(&PARAMETER)?
        };
        let idempotency_key = {
            static PARAMETER: Parameter<Text> = Parameter {
                place: ErrorPlace::Header,
                name: "Idempotency-Key",
                when_missing: ErrorCode::InvalidRequest,
                when_invalid: ErrorCode::InvalidRequest,
                rule: Text {
                    min_length: 1,
                    max_length: 512,
                    form: Some(
                        "must be 1 to 255 visible ASCII characters, bare or as a quoted string",
                    ),
                    pattern: Some(LazyLock::new(|| {
                        pattern("^([!#-~][!-~]{0,254}|\"([!#-\\[\\]-~]|\\\\[\"\\\\]){1,255}\")$")
                    })),
                },
            };
            input.required(&PARAMETER)?
        };
        input.no_other_query(&[])?;
        let body = input.json_text(body, true).await?;
        Ok(Self {
            x_tenant_id,
            idempotency_key,
            body,
        })
    }
}

/// How `POST /orders` succeeds.
#[derive(Debug)]
pub enum CreateOrderResponse {
    /// 201: The order was created by this call.
    Created {
        /// Header `ETag`.
        e_tag: HeaderValue,
        /// Header `Location`.
        location: HeaderValue,
        /// The body.
        body: Verbatim<models::OrderCreated>,
    },
    /// 200: The order was created by an earlier call with this key and the same body. The bytes are those of that call's answer, also when the order has moved on since.
    Replayed {
        /// Header `ETag`.
        e_tag: HeaderValue,
        /// Header `Location`.
        location: HeaderValue,
        /// Header `Idempotent-Replayed`.
        idempotent_replayed: HeaderValue,
        /// The body.
        body: Verbatim<models::OrderCreated>,
    },
}

impl CreateOrderResponse {
    /// The response as the contract writes it.
    pub fn into_http(self) -> Result<Response, serde_json::Error> {
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

/// What `GET /orders/{id}` is asked.
#[derive(Clone, Debug)]
pub struct GetOrderRequest {
    /// Header parameter `X-Tenant-Id`.
    pub x_tenant_id: String,
    /// Header parameter `If-None-Match`.
    pub if_none_match: Option<String>,
    /// Path parameter `id`.
    pub id: uuid::Uuid,
}

impl GetOrderRequest {
    pub(crate) async fn decode<B>(input: Input<'_>, _body: B) -> Result<Self, Rejection>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let x_tenant_id = {
            static PARAMETER: Parameter<Text> = Parameter {
                place: ErrorPlace::Header,
                name: "X-Tenant-Id",
                when_missing: ErrorCode::InvalidRequest,
                when_invalid: ErrorCode::InvalidRequest,
                rule: Text {
                    min_length: 1,
                    max_length: 128,
                    form: Some("must be letters, digits and ._:- and start with a letter or digit"),
                    pattern: Some(LazyLock::new(|| {
                        pattern("^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$")
                    })),
                },
            };
            input.required(&PARAMETER)?
        };
        let if_none_match = {
            static PARAMETER: Parameter<Text> = Parameter {
                place: ErrorPlace::Header,
                name: "If-None-Match",
                when_missing: ErrorCode::InvalidRequest,
                when_invalid: ErrorCode::InvalidRequest,
                rule: Text {
                    min_length: 1,
                    max_length: usize::MAX,
                    form: Some("must be * or a list of entity tags such as '1' in double quotes"),
                    pattern: Some(LazyLock::new(|| {
                        pattern(
                            "^(\\*|(,[ \\t]*)*((W/)?\"[!#-~]*\"|[0-9]+)([ \\t]*,([ \\t]*((W/)?\"[!#-~]*\"|[0-9]+))?)*)$",
                        )
                    })),
                },
            };
            input.optional(&PARAMETER)?
        };
        let id = {
            static PARAMETER: Parameter<Id> = Parameter {
                place: ErrorPlace::Path,
                name: "id",
                when_missing: ErrorCode::InvalidRequest,
                when_invalid: ErrorCode::InvalidRequest,
                rule: Id,
            };
            input.required(&PARAMETER)?
        };
        input.no_other_query(&[])?;
        Ok(Self {
            x_tenant_id,
            if_none_match,
            id,
        })
    }
}

/// How `GET /orders/{id}` succeeds.
#[derive(Debug)]
pub enum GetOrderResponse {
    /// 200: The order as it is now.
    Found {
        /// Header `ETag`.
        e_tag: HeaderValue,
        /// The body.
        body: models::Order,
    },
    /// 304: The order still has the version named in `If-None-Match`. No body.
    NotModified {
        /// Header `ETag`.
        e_tag: HeaderValue,
    },
}

impl GetOrderResponse {
    /// The response as the contract writes it.
    pub fn into_http(self) -> Result<Response, serde_json::Error> {
        match self {
            Self::Found { e_tag, body } => Head::new(200)
                .header("etag", e_tag)
                .json("application/json", body),
            Self::NotModified { e_tag } => Head::new(304).header("etag", e_tag).empty(),
        }
    }
}

// === ListOrders ===

/// What `GET /orders` is asked.
#[derive(Clone, Debug)]
pub struct ListOrdersRequest {
    /// Header parameter `X-Tenant-Id`.
    pub x_tenant_id: String,
    /// Query parameter `limit`.
    pub limit: i32,
    /// Query parameter `cursor`.
    pub cursor: Option<String>,
}

impl ListOrdersRequest {
    pub(crate) async fn decode<B>(input: Input<'_>, _body: B) -> Result<Self, Rejection>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let x_tenant_id = {
            static PARAMETER: Parameter<Text> = Parameter {
                place: ErrorPlace::Header,
                name: "X-Tenant-Id",
                when_missing: ErrorCode::InvalidRequest,
                when_invalid: ErrorCode::InvalidRequest,
                rule: Text {
                    min_length: 1,
                    max_length: 128,
                    form: Some("must be letters, digits and ._:- and start with a letter or digit"),
                    pattern: Some(LazyLock::new(|| {
                        pattern("^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$")
                    })),
                },
            };
            input.required(&PARAMETER)?
        };
        let limit = {
            static PARAMETER: Parameter<Integer> = Parameter {
                place: ErrorPlace::Query,
                name: "limit",
                when_missing: ErrorCode::InvalidRequest,
                when_invalid: ErrorCode::InvalidRequest,
                rule: Integer {
                    minimum: 1,
                    maximum: 100,
                },
            };
            input.optional(&PARAMETER)?.unwrap_or(10)
        };
        let cursor = {
            static PARAMETER: Parameter<Text> = Parameter {
                place: ErrorPlace::Query,
                name: "cursor",
                when_missing: ErrorCode::InvalidRequest,
                when_invalid: ErrorCode::InvalidCursor,
                rule: Text {
                    min_length: 1,
                    max_length: 256,
                    form: Some("must be the nextCursor of an earlier page"),
                    pattern: Some(LazyLock::new(|| pattern("^[A-Za-z0-9_-]+$"))),
                },
            };
            input.optional(&PARAMETER)?
        };
        input.no_other_query(&["limit", "cursor"])?;
        Ok(Self {
            x_tenant_id,
            limit,
            cursor,
        })
    }
}

/// How `GET /orders` succeeds.
#[derive(Debug)]
pub enum ListOrdersResponse {
    /// 200: One page; `nextCursor` is `null` on the last one.
    Page {
        /// The body.
        body: models::OrderPage,
    },
}

impl ListOrdersResponse {
    /// The response as the contract writes it.
    pub fn into_http(self) -> Result<Response, serde_json::Error> {
        match self {
            Self::Page { body } => Head::new(200).json("application/json", body),
        }
    }
}

fn pattern(source: &str) -> Regex {
    // The test below compiles every pattern of the contract.
    Regex::new(source).unwrap()
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_pattern_of_the_contract_compiles() {
        for source in [
            "^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$",
            "^(\\*|(,[ \\t]*)*((W/)?\"[!#-~]*\"|[0-9]+)([ \\t]*,([ \\t]*((W/)?\"[!#-~]*\"|[0-9]+))?)*)$",
            "^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$",
            "^(\\*|(,[ \\t]*)*((W/)?\"[!#-~]*\"|[0-9]+)([ \\t]*,([ \\t]*((W/)?\"[!#-~]*\"|[0-9]+))?)*)$",
            "^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$",
            "^([!#-~][!-~]{0,254}|\"([!#-\\[\\]-~]|\\\\[\"\\\\]){1,255}\")$",
            "^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$",
            "^(\\*|(,[ \\t]*)*((W/)?\"[!#-~]*\"|[0-9]+)([ \\t]*,([ \\t]*((W/)?\"[!#-~]*\"|[0-9]+))?)*)$",
            "^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$",
            "^[A-Za-z0-9_-]+$",
        ] {
            super::pattern(source);
        }
    }
}
