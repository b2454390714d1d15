// Generated from openapi.yaml by codegen/. Do not edit.

//! What the service has to do.

use std::future::Future;

use crate::{Rejection, Response, operations::*};

/// One method per operation of the contract.
pub trait Api: Send + Sync + 'static {
    /// Why an operation was not done, and how that is answered. `From<Rejection>` is the one hook through which
    /// everything refused before a method is called becomes a response.
    type Failure: From<Rejection> + Into<Response> + Send;

    /// This document: `GET /openapi.yaml`
    fn get_contract(
        &self,
        request: GetContractRequest,
    ) -> impl Future<Output = Result<GetContractResponse, Self::Failure>> + Send;

    /// Is the process alive?: `GET /healthz`
    fn get_health(
        &self,
        request: GetHealthRequest,
    ) -> impl Future<Output = Result<GetHealthResponse, Self::Failure>> + Send;

    /// Should this process get traffic?: `GET /readyz`
    fn get_readiness(
        &self,
        request: GetReadinessRequest,
    ) -> impl Future<Output = Result<GetReadinessResponse, Self::Failure>> + Send;

    /// Close a confirmed order: `POST /orders/{id}/close`
    fn close_order(
        &self,
        request: CloseOrderRequest,
    ) -> impl Future<Output = Result<CloseOrderResponse, Self::Failure>> + Send;

    /// Confirm a draft with its total: `PATCH /orders/{id}/confirm`
    fn confirm_order(
        &self,
        request: ConfirmOrderRequest,
    ) -> impl Future<Output = Result<ConfirmOrderResponse, Self::Failure>> + Send;

    /// Create a draft order, once: `POST /orders`
    fn create_order(
        &self,
        request: CreateOrderRequest,
    ) -> impl Future<Output = Result<CreateOrderResponse, Self::Failure>> + Send;

    /// Read one order: `GET /orders/{id}`
    fn get_order(
        &self,
        request: GetOrderRequest,
    ) -> impl Future<Output = Result<GetOrderResponse, Self::Failure>> + Send;

    /// List orders, newest first: `GET /orders`
    fn list_orders(
        &self,
        request: ListOrdersRequest,
    ) -> impl Future<Output = Result<ListOrdersResponse, Self::Failure>> + Send;
}
