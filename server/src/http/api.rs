//! The operations of the contract: from core's types to use cases, and from their results to
//! responses.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use bytes::Bytes;
use http::HeaderValue;
use orders_api::{
    Api, CloseOrderRequest, CloseOrderResponse, ConfirmOrderRequest, ConfirmOrderResponse,
    CreateOrderRequest, CreateOrderResponse, DateTime, GetContractRequest, GetContractResponse,
    GetHealthRequest, GetHealthResponse, GetOrderRequest, GetOrderResponse, GetReadinessRequest,
    GetReadinessResponse, Health, ListOrdersRequest, ListOrdersResponse, OrderClosed,
    OrderConfirmed, OrderCreated, OrderPage, OrderStatus, Verbatim,
};
use orders_core::{
    cursor::Cursor,
    idempotency::{CreateBody, IdempotencyKey},
    order::{OrderId, Status, TotalCents},
    page::PageLimit,
    tenant::TenantId,
    version::{NoneMatch, Precondition, Version},
};
use uuid::Uuid;

use super::failure::Failure;
use crate::{
    orders::{Created, OpenAnswer, Order, Orders, Page, snapshot},
    time::from_db,
    trace_context::TraceParent,
};

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

/// Facts about a request beside the contract's parameters.
#[derive(Debug)]
pub struct RequestContext {
    /// The request's `traceparent`. It is no parameter of the contract: a malformed or repeated
    /// one starts a new trace (W3C Trace Context §3.2) and must not fail the request.
    pub trace_parent: Option<TraceParent>,
}

// === impl OrdersApi ===

impl OrdersApi {
    /// Serves the use cases; not ready once `stopping` is set.
    pub fn new(orders: Orders, stopping: Arc<AtomicBool>) -> Self {
        Self { orders, stopping }
    }
}

impl From<&http::request::Parts> for RequestContext {
    fn from(parts: &http::request::Parts) -> Self {
        Self {
            trace_parent: TraceParent::from_headers(&parts.headers),
        }
    }
}

impl Api for OrdersApi {
    type Failure = Failure;
    type Context = RequestContext;
    type CreateBody = CreateBody;
    type Cursor = Cursor;
    type IdempotencyKey = IdempotencyKey;
    type NoneMatch = NoneMatch;
    type OrderId = OrderId;
    type PageLimit = PageLimit;
    type Precondition = Precondition;
    type TenantId = TenantId;
    type TotalCents = TotalCents;

    async fn create_order(
        &self,
        request: CreateOrderRequest<Self>,
        _: RequestContext,
    ) -> Result<CreateOrderResponse, Failure> {
        let (tenant, key) = (request.x_tenant_id, request.idempotency_key);
        let fingerprint = request.body.fingerprint();

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
        request: ConfirmOrderRequest<Self>,
        _: RequestContext,
    ) -> Result<ConfirmOrderResponse, Failure> {
        let (tenant, precondition) = (request.x_tenant_id, request.if_match);
        let (id, total_cents) = (request.id.get(), request.body.total_cents.get());

        let version = self
            .orders
            .confirm(&tenant, id, &precondition, total_cents)
            .await?;

        Ok(ConfirmOrderResponse::Confirmed {
            e_tag: etag(version),
            body: OrderConfirmed {
                id,
                status: OrderStatus::Confirmed,
                version: version.get(),
                total_cents,
            },
        })
    }

    async fn close_order(
        &self,
        request: CloseOrderRequest<Self>,
        RequestContext { trace_parent }: RequestContext,
    ) -> Result<CloseOrderResponse, Failure> {
        let (tenant, precondition) = (request.x_tenant_id, request.if_match);
        let id = request.id.get();

        let version = self
            .orders
            .close(
                &tenant,
                id,
                precondition.as_ref(),
                trace_parent.map(|parent| parent.as_str().to_owned()),
            )
            .await?;

        Ok(CloseOrderResponse::Closed {
            e_tag: etag(version),
            body: OrderClosed {
                id,
                status: OrderStatus::Closed,
                version: version.get(),
            },
        })
    }

    async fn list_orders(
        &self,
        request: ListOrdersRequest<Self>,
        _: RequestContext,
    ) -> Result<ListOrdersResponse, Failure> {
        let (tenant, limit) = (request.x_tenant_id, request.limit.get());

        let Page { orders, next } = self.orders.list(&tenant, limit, request.cursor).await?;

        Ok(ListOrdersResponse::Page {
            body: OrderPage {
                items: orders.into_iter().map(order).collect::<Result<_, _>>()?,
                next_cursor: next.map(|next| next.encode()),
            },
        })
    }

    async fn get_order(
        &self,
        request: GetOrderRequest<Self>,
        _: RequestContext,
    ) -> Result<GetOrderResponse, Failure> {
        let (tenant, held) = (request.x_tenant_id, request.if_none_match);

        let found = self.orders.get(&tenant, request.id.get()).await?;

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

    async fn get_health(
        &self,
        _: GetHealthRequest,
        _: RequestContext,
    ) -> Result<GetHealthResponse, Failure> {
        Ok(GetHealthResponse::Alive { body: ok() })
    }

    async fn get_readiness(
        &self,
        _: GetReadinessRequest,
        _: RequestContext,
    ) -> Result<GetReadinessResponse, Failure> {
        if self.stopping.load(Ordering::Relaxed) {
            return Err(Failure::Overloaded("shutting down"));
        }
        self.orders.ready().await.map_err(Failure::NotReady)?;
        Ok(GetReadinessResponse::Ready { body: ok() })
    }

    async fn get_contract(
        &self,
        _: GetContractRequest,
        _: RequestContext,
    ) -> Result<GetContractResponse, Failure> {
        Ok(GetContractResponse::Contract {
            body: Bytes::from_static(CONTRACT.as_bytes()),
        })
    }
}

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
        created_at: DateTime::new(from_db(row.created_at)),
        updated_at: DateTime::new(from_db(row.updated_at)),
    })
}

/// What a create is answered, but for the instant.
fn open_answer(id: Uuid, tenant: &TenantId) -> OpenAnswer {
    let created = OrderCreated {
        id,
        tenant_id: tenant.as_str().to_owned(),
        status: order_status(Status::Draft),
        version: Version::FIRST.get(),
        created_at: DateTime::new("1970-01-01T00:00:00.000000Z"),
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
            let answer = open_answer(Uuid::nil(), &name.parse().unwrap());
            assert_eq!(
                answer.json.matches(answer.open_instant).count(),
                1,
                "{name}"
            );
        }
    }
}
