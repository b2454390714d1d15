//! The span and the log line of a request.

use std::time::Duration;

use http::{Request, Response};
use orders_api::Operation;
use tower_http::trace::OnResponse;
use tracing::{Span, debug, field, info, info_span};

use super::request_id::X_REQUEST_ID;
use crate::trace_context::TraceParent;

/// The span of a request: its id, method, path, and trace id (W3C Trace Context) if it has one;
/// with traces also the id of its span there. Log lines written inside it carry these fields.
pub fn span<B>(request: &Request<B>) -> Span {
    let headers = request.headers();
    let request_id = headers.get(X_REQUEST_ID).map(|id| id.to_str());
    let span = info_span!(
        "request",
        request_id = request_id.and_then(Result::ok).unwrap_or_default(),
        method = %request.method(),
        path = request.uri().path(),
        trace_id = field::Empty,
        span_id = field::Empty,
    );
    if let Some(parent) = TraceParent::from_headers(headers) {
        span.record("trace_id", parent.trace_id());
    }
    span
}

/// The level of the line of each response.
#[derive(Clone, Copy, Debug)]
pub enum ResponseLog {
    /// `info`, with `--log-requests`.
    Info,
    /// `debug`.
    Debug,
}

// === impl ResponseLog ===

impl<B> OnResponse<B> for ResponseLog {
    fn on_response(self, response: &Response<B>, latency: Duration, _: &Span) {
        log_response(self, response, latency);
    }
}

/// Logs a response: its status, the operation of the contract (`-` if the path has none), and the
/// time since the request's head arrived, in microseconds.
fn log_response<B>(log: ResponseLog, response: &Response<B>, latency: Duration) {
    let operation = response
        .extensions()
        .get::<Operation>()
        .map_or("-", |operation| operation.id);
    let (status, latency_us) = (response.status().as_u16(), latency.as_micros() as u64);
    match log {
        ResponseLog::Info => info!(status, operation, latency_us, "responded"),
        ResponseLog::Debug => debug!(status, operation, latency_us, "responded"),
    }
}
