// Generated from openapi.yaml by codegen/. Do not edit.

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

    /// Read from the body of `createOrder`.
    type CreateBody: FromStr<Err: Display> + Send;

    /// Read from the query parameter `cursor`.
    type Cursor: FromStr<Err: Display> + Send;

    /// Read from the header `Idempotency-Key`.
    type IdempotencyKey: FromStr<Err: Display> + Send;

    /// Read from the header `If-None-Match`.
    type NoneMatch: FromStr<Err: Display> + Send;

    /// Read from the path parameter `id`.
    type OrderId: FromStr<Err: Display> + Send;

    /// Read from the query parameter `limit`. `Default` stands for an absent value.
    type PageLimit: FromStr<Err: Display> + Default + Send;

    /// Read from the header `If-Match`.
    type Precondition: FromStr<Err: Display> + Send;

    /// Read from the header `X-Tenant-Id`.
    type TenantId: FromStr<Err: Display> + Send;

    /// Read from the body member `totalCents`.
    type TotalCents: FromStr<Err: Display> + Send;

    /// This document: `GET /openapi.yaml`
    fn get_contract(
        &self,
        request: GetContractRequest,
        context: Self::Context,
    ) -> impl Future<Output = Result<GetContractResponse, Self::Failure>> + Send;

    /// Liveness probe: `GET /healthz`
    fn get_health(
        &self,
        request: GetHealthRequest,
        context: Self::Context,
    ) -> impl Future<Output = Result<GetHealthResponse, Self::Failure>> + Send;

    /// Readiness probe: `GET /readyz`
    fn get_readiness(
        &self,
        request: GetReadinessRequest,
        context: Self::Context,
    ) -> impl Future<Output = Result<GetReadinessResponse, Self::Failure>> + Send;

    /// Close a confirmed order: `POST /orders/{id}/close`
    fn close_order(
        &self,
        request: CloseOrderRequest<Self>,
        context: Self::Context,
    ) -> impl Future<Output = Result<CloseOrderResponse, Self::Failure>> + Send;

    /// Confirm a draft with its total: `PATCH /orders/{id}/confirm`
    fn confirm_order(
        &self,
        request: ConfirmOrderRequest<Self>,
        context: Self::Context,
    ) -> impl Future<Output = Result<ConfirmOrderResponse, Self::Failure>> + Send;

    /// Create a draft order, once: `POST /orders`
    fn create_order(
        &self,
        request: CreateOrderRequest<Self>,
        context: Self::Context,
    ) -> impl Future<Output = Result<CreateOrderResponse, Self::Failure>> + Send;

    /// Read one order: `GET /orders/{id}`
    fn get_order(
        &self,
        request: GetOrderRequest<Self>,
        context: Self::Context,
    ) -> impl Future<Output = Result<GetOrderResponse, Self::Failure>> + Send;

    /// List orders, newest first: `GET /orders`
    fn list_orders(
        &self,
        request: ListOrdersRequest<Self>,
        context: Self::Context,
    ) -> impl Future<Output = Result<ListOrdersResponse, Self::Failure>> + Send;
}
