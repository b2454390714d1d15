//! The span and the log line of a request.

use std::time::Duration;

use http::{HeaderValue, Request, Response};
use orders_api::Operation;
use tracing::{Span, debug, field, info_span};

use super::request_id;
use crate::trace_context::TraceParent;

/// The span of a request. Lines written inside it carry its fields.
pub fn span<B>(request: &Request<B>) -> Span {
    let headers = request.headers();
    let text = |value: Option<&HeaderValue>| {
        value
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned)
    };
    let request_id = text(headers.get(request_id::NAME)).unwrap_or_default();
    let span = info_span!("request", request_id, method = %request.method(), path = request.uri().path(), trace_id = field::Empty);
    if let Some(parent) = TraceParent::from_headers(headers) {
        span.record("trace_id", parent.trace_id());
    }
    span
}

/// The line of a request, when its answer is known.
pub fn line<B>(response: &Response<B>, latency: Duration, _: &Span) {
    let operation = response
        .extensions()
        .get::<Operation>()
        .map_or("-", |operation| operation.0);
    debug!(
        status = response.status().as_u16(),
        operation,
        latency_us = latency.as_micros() as u64,
        "answered"
    );
}
