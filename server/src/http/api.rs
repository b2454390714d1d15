//! The operations of the contract: core's types in, use cases, response headers out.

use bytes::Bytes;
use http::{HeaderValue, request::Parts};
use orders_api::{
    Api, CloseOrderRequest, CloseOrderResponse, ConfirmOrderRequest, ConfirmOrderResponse,
    CreateOrderRequest, CreateOrderResponse, GetContractRequest, GetContractResponse,
    GetHealthRequest, GetHealthResponse, GetOrderRequest, GetOrderResponse, GetReadinessRequest,
    GetReadinessResponse, Health, ListOrdersRequest, ListOrdersResponse, Verbatim,
};
use orders_core::{
    cursor::Cursor,
    idempotency::{CreateBody, IdempotencyKey},
    order::{OrderId, TotalCents},
    page::PageLimit,
    tenant::TenantId,
    version::{NoneMatch, Precondition, Version},
};

use super::{failure::Failure, headers};
use crate::{
    health::Readiness,
    orders::{Created, Orders, representation},
    trace_context::TraceParent,
};

/// The contract this binary was built from.
const CONTRACT: &str = include_str!("../../../openapi.yaml");

/// The operations of the contract.
pub struct OrdersApi {
    orders: Orders,
    readiness: Readiness,
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
    /// Serves the use cases.
    pub fn new(orders: Orders, readiness: Readiness) -> Self {
        Self { orders, readiness }
    }
}

impl From<&Parts> for RequestContext {
    fn from(parts: &Parts) -> Self {
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
        let create = self
            .orders
            .create
            .run(&tenant, key, request.body.fingerprint());
        let Created {
            id,
            response,
            replayed,
        } = create.await?;
        let (e_tag, location) = (headers::etag(Version::FIRST), headers::location(id));
        let body = Verbatim::from_stored(response);
        Ok(if replayed {
            CreateOrderResponse::Replayed {
                e_tag,
                location,
                idempotent_replayed: HeaderValue::from_static("true"),
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
        let total_cents = request.body.total_cents;
        let confirm = self
            .orders
            .confirm
            .run(&tenant, request.id, &precondition, total_cents);
        let order = confirm.await?;
        Ok(ConfirmOrderResponse::Confirmed {
            e_tag: headers::etag(order.version),
            body: representation::order_confirmed(&order)?,
        })
    }

    async fn close_order(
        &self,
        request: CloseOrderRequest<Self>,
        context: RequestContext,
    ) -> Result<CloseOrderResponse, Failure> {
        let (tenant, precondition) = (request.x_tenant_id, request.if_match);
        let trace_parent = context.trace_parent;
        let close = self
            .orders
            .close
            .run(&tenant, request.id, precondition.as_ref(), trace_parent);
        let order = close.await?;
        Ok(CloseOrderResponse::Closed {
            e_tag: headers::etag(order.version),
            body: representation::order_closed(&order),
        })
    }

    async fn list_orders(
        &self,
        request: ListOrdersRequest<Self>,
        _: RequestContext,
    ) -> Result<ListOrdersResponse, Failure> {
        let list = self
            .orders
            .list
            .run(&request.x_tenant_id, request.limit, request.cursor);
        Ok(ListOrdersResponse::Page {
            body: representation::page(list.await?),
        })
    }

    async fn get_order(
        &self,
        request: GetOrderRequest<Self>,
        _: RequestContext,
    ) -> Result<GetOrderResponse, Failure> {
        let order = self
            .orders
            .get
            .run(&request.x_tenant_id, request.id)
            .await?;
        let e_tag = headers::etag(order.version);
        let held = request.if_none_match;
        if held.is_some_and(|held| held.matches(order.version)) {
            return Ok(GetOrderResponse::NotModified { e_tag });
        }
        Ok(GetOrderResponse::Found {
            e_tag,
            body: representation::order(order),
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
        self.readiness.check().await.map_err(Failure::NotReady)?;
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

fn ok() -> Health {
    Health {
        status: "ok".to_owned(),
    }
}
