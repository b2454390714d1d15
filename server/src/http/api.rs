//! The contract's trait: headers and bodies in, core's types through, headers and bodies out.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use bytes::Bytes;
use http::HeaderValue;
use orders_api::{
    Api, CloseOrderRequest, CloseOrderResponse, ConfirmOrderRequest, ConfirmOrderResponse,
    CreateOrderRequest, CreateOrderResponse, ErrorCode, ErrorPlace, GetContractRequest,
    GetContractResponse, GetHealthRequest, GetHealthResponse, GetOrderRequest, GetOrderResponse,
    GetReadinessRequest, GetReadinessResponse, Health, ListOrdersRequest, ListOrdersResponse,
    OrderClosed, OrderConfirmed, OrderCreated, OrderPage, OrderStatus, Verbatim,
};
use orders_core::{
    cursor::Cursor,
    idempotency::{Fingerprint, IdempotencyKey},
    order::Status,
    tenant::TenantId,
    version::{NoneMatch, Precondition, Version, parse_if_match, parse_if_none_match},
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{failure::Failure, trace};
use crate::orders::{Created, OpenAnswer, Order, Orders, Page, snapshot};

/// The contract this binary was built from.
const CONTRACT: &str = include_str!("../../../openapi.yaml");

/// What [`open_answer`] writes for an instant that is still open. No tenant's name can forge it:
/// names have no quotes.
const OPEN_INSTANT: &str = r#""createdAt":"1970-01-01T00:00:00.000000Z""#;

/// The operations of the contract.
pub struct OrdersApi {
    orders: Orders,
    stopping: Arc<AtomicBool>,
}

// === impl OrdersApi ===

impl OrdersApi {
    /// Serves the use cases; not ready once `stopping` is set.
    pub fn new(orders: Orders, stopping: Arc<AtomicBool>) -> Self {
        Self { orders, stopping }
    }
}

impl Api for OrdersApi {
    type Failure = Failure;

    async fn create_order(
        &self,
        request: CreateOrderRequest,
    ) -> Result<CreateOrderResponse, Failure> {
        let tenant = tenant(&request.x_tenant_id)?;
        let key = IdempotencyKey::parse(&request.idempotency_key)
            .map_err(|why| invalid_header("Idempotency-Key", why))?;
        let fingerprint = Fingerprint::of_body(&request.body).map_err(|why| {
            Failure::invalid(ErrorPlace::Body, None, ErrorCode::InvalidRequest, why)
        })?;

        let Created {
            id,
            answer,
            replayed,
        } = self
            .orders
            .create(&tenant, key, fingerprint, |id| open_answer(id, &tenant))
            .await?;

        let body = Verbatim::from_stored(answer);
        let e_tag = etag(Version::FIRST);
        let location = location(id);
        Ok(if replayed {
            let idempotent_replayed = HeaderValue::from_static("true");
            CreateOrderResponse::Replayed {
                e_tag,
                location,
                idempotent_replayed,
                body,
            }
        } else {
            CreateOrderResponse::Created {
                e_tag,
                location,
                body,
            }
        })
    }

    async fn confirm_order(
        &self,
        request: ConfirmOrderRequest,
    ) -> Result<ConfirmOrderResponse, Failure> {
        let tenant = tenant(&request.x_tenant_id)?;
        let precondition = if_match(&request.if_match)?;
        let total_cents = request.body.total_cents;

        let version = self
            .orders
            .confirm(&tenant, request.id, &precondition, total_cents)
            .await?;

        Ok(ConfirmOrderResponse::Confirmed {
            e_tag: etag(version),
            body: OrderConfirmed {
                id: request.id,
                status: OrderStatus::Confirmed,
                version: version.get(),
                total_cents,
            },
        })
    }

    async fn close_order(&self, request: CloseOrderRequest) -> Result<CloseOrderResponse, Failure> {
        let tenant = tenant(&request.x_tenant_id)?;
        let precondition = request.if_match.as_deref().map(if_match).transpose()?;

        let version = self
            .orders
            .close(&tenant, request.id, precondition.as_ref(), trace::parent())
            .await?;

        Ok(CloseOrderResponse::Closed {
            e_tag: etag(version),
            body: OrderClosed {
                id: request.id,
                status: OrderStatus::Closed,
                version: version.get(),
            },
        })
    }

    async fn list_orders(&self, request: ListOrdersRequest) -> Result<ListOrdersResponse, Failure> {
        let tenant = tenant(&request.x_tenant_id)?;
        let after = request.cursor.as_deref().map(cursor).transpose()?;
        let limit = u8::try_from(request.limit).unwrap_or_default(); // 1–100 by the contract

        let Page { orders, next } = self.orders.list(&tenant, limit, after).await?;

        Ok(ListOrdersResponse::Page {
            body: OrderPage {
                items: orders.into_iter().map(order).collect::<Result<_, _>>()?,
                next_cursor: next.map(|next| next.encode()),
            },
        })
    }

    async fn get_order(&self, request: GetOrderRequest) -> Result<GetOrderResponse, Failure> {
        let tenant = tenant(&request.x_tenant_id)?;
        let held = request
            .if_none_match
            .as_deref()
            .map(if_none_match)
            .transpose()?;

        let found = self.orders.get(&tenant, request.id).await?;

        let version = snapshot(&found)?.version;
        let e_tag = etag(version);
        if held.is_some_and(|held| held.matches(version)) {
            return Ok(GetOrderResponse::NotModified { e_tag });
        }
        Ok(GetOrderResponse::Found {
            e_tag,
            body: order(found)?,
        })
    }

    async fn get_health(&self, _: GetHealthRequest) -> Result<GetHealthResponse, Failure> {
        Ok(GetHealthResponse::Alive { body: ok() })
    }

    async fn get_readiness(&self, _: GetReadinessRequest) -> Result<GetReadinessResponse, Failure> {
        if self.stopping.load(Ordering::Relaxed) {
            return Err(Failure::Overloaded("shutting down"));
        }
        self.orders.ready().await.map_err(Failure::NotReady)?;
        Ok(GetReadinessResponse::Ready { body: ok() })
    }

    async fn get_contract(&self, _: GetContractRequest) -> Result<GetContractResponse, Failure> {
        Ok(GetContractResponse::Contract {
            body: Bytes::from_static(CONTRACT.as_bytes()),
        })
    }
}

// === in ===

fn tenant(header: &str) -> Result<TenantId, Failure> {
    TenantId::parse(header).map_err(|why| invalid_header("X-Tenant-Id", why))
}

fn if_match(header: &str) -> Result<Precondition, Failure> {
    parse_if_match(header).map_err(|why| invalid_header("If-Match", why))
}

fn if_none_match(header: &str) -> Result<NoneMatch, Failure> {
    parse_if_none_match(header).map_err(|why| invalid_header("If-None-Match", why))
}

fn cursor(parameter: &str) -> Result<Cursor, Failure> {
    Cursor::decode(parameter).map_err(|why| {
        Failure::invalid(
            ErrorPlace::Query,
            Some("cursor"),
            ErrorCode::InvalidCursor,
            why,
        )
    })
}

fn invalid_header(name: &'static str, why: impl ToString) -> Failure {
    Failure::invalid(
        ErrorPlace::Header,
        Some(name),
        ErrorCode::InvalidRequest,
        why,
    )
}

// === out ===

/// A version as an entity tag: quotes and digits, which every header value may hold.
pub fn etag(version: Version) -> HeaderValue {
    header_value(version.etag())
}

/// The contract's word for core's.
pub const fn order_status(status: Status) -> OrderStatus {
    match status {
        Status::Draft => OrderStatus::Draft,
        Status::Confirmed => OrderStatus::Confirmed,
        Status::Closed => OrderStatus::Closed,
    }
}

fn location(id: Uuid) -> HeaderValue {
    header_value(format!("/orders/{id}"))
}

/// For texts of our own making, which are visible ASCII.
fn header_value(text: String) -> HeaderValue {
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

fn order(row: Order) -> Result<orders_api::Order, Failure> {
    Ok(orders_api::Order {
        status: order_status(snapshot(&row)?.status),
        id: row.id,
        tenant_id: row.tenant_id,
        version: row.version,
        total_cents: row.total_cents,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

/// What a create is answered, but for the instant.
fn open_answer(id: Uuid, tenant: &TenantId) -> OpenAnswer {
    let created = OrderCreated {
        id,
        tenant_id: tenant.as_str().to_owned(),
        status: order_status(Status::Draft),
        version: Version::FIRST.get(),
        created_at: OffsetDateTime::UNIX_EPOCH,
    };
    OpenAnswer {
        // Strings, a number and an instant of this era: there is nothing in it that JSON cannot
        // hold.
        json: serde_json::to_string(&created).unwrap_or_default(),
        open_instant: OPEN_INSTANT,
    }
}

fn ok() -> Health {
    Health {
        status: "ok".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_leaves_exactly_one_instant_open() {
        for name in [
            "acme",
            "createdAt:1970-01-01T00:00:00.000000Z",
            "1970-01-01T00:00:00.000000Z",
        ] {
            let answer = open_answer(Uuid::nil(), &TenantId::parse(name).unwrap());
            assert_eq!(
                answer.json.matches(answer.open_instant).count(),
                1,
                "{name}"
            );
        }
    }
}
