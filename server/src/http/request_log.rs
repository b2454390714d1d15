//! The span and the log line of a request.

use std::time::Duration;

use http::{Request, Response};
use orders_api::Operation;
use tracing::{Span, debug, field, info_span};

use super::request_id::X_REQUEST_ID;
use crate::trace_context::TraceParent;

/// The span of a request: its id, method, path, and trace id (W3C Trace Context) if it has one.
/// Log lines written inside it carry these fields.
pub fn span<B>(request: &Request<B>) -> Span {
    let headers = request.headers();
    let request_id = headers.get(X_REQUEST_ID).map(|id| id.to_str());
    let span = info_span!(
        "request",
        request_id = request_id.and_then(Result::ok).unwrap_or_default(),
        method = %request.method(),
        path = request.uri().path(),
        trace_id = field::Empty,
    );
    if let Some(parent) = TraceParent::from_headers(headers) {
        span.record("trace_id", parent.trace_id());
    }
    span
}

/// Logs a response: its status, the operation of the contract (`-` if the path has none), and the
/// time since the request's head arrived, in microseconds.
pub fn log_response<B>(response: &Response<B>, latency: Duration, _: &Span) {
    let operation = response
        .extensions()
        .get::<Operation>()
        .map_or("-", |operation| operation.id);
    debug!(
        status = response.status().as_u16(),
        operation,
        latency_us = latency.as_micros() as u64,
        "responded"
    );
}
