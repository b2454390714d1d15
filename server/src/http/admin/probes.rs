//! Metrics and probes, in plain text.

use bytes::Bytes;
use http::{
    HeaderValue, Method, Response, StatusCode,
    header::{ALLOW, CONTENT_TYPE},
};
use http_body_util::Full;
use tracing::error;

use crate::{
    error_chain::Chain,
    health::Readiness,
    metrics::{MEDIA_TYPE, MetricsRegistry},
};

const TEXT: &str = "text/plain; charset=utf-8";

/// The metrics and the readiness of the process.
#[derive(Debug)]
pub struct Probes {
    metrics: MetricsRegistry,
    readiness: Readiness,
}

// === impl Probes ===

impl Probes {
    /// Reports these.
    pub fn new(metrics: MetricsRegistry, readiness: Readiness) -> Self {
        Self { metrics, readiness }
    }

    /// The response to a request for a path.
    pub async fn respond(&self, method: &Method, path: &str) -> Response<Full<Bytes>> {
        let is_known = matches!(path, "/metrics" | "/healthz" | "/readyz");
        if is_known && !matches!(*method, Method::GET | Method::HEAD) {
            let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "use GET\n");
            let allow = HeaderValue::from_static("GET, HEAD");
            response.headers_mut().insert(ALLOW, allow);
            return response;
        }
        match path {
            "/metrics" => match self.metrics.text() {
                Ok(body) => content(StatusCode::OK, MEDIA_TYPE, body.into()),
                Err(error) => {
                    error!("cannot write the metrics: {error}");
                    text(StatusCode::INTERNAL_SERVER_ERROR, "internal error\n")
                }
            },
            "/healthz" => text(StatusCode::OK, "ok\n"),
            "/readyz" => match self.readiness.check().await {
                Ok(()) => text(StatusCode::OK, "ok\n"),
                Err(error) => {
                    let reason = format!("{}\n", Chain(&error));
                    content(StatusCode::SERVICE_UNAVAILABLE, TEXT, reason.into())
                }
            },
            _ => text(
                StatusCode::NOT_FOUND,
                "see /metrics, /healthz, /readyz, /outbox/events\n",
            ),
        }
    }
}

fn text(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    content(status, TEXT, Bytes::from_static(text.as_bytes()))
}

fn content(status: StatusCode, media_type: &'static str, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(body));
    *response.status_mut() = status;
    let media_type = HeaderValue::from_static(media_type);
    response.headers_mut().insert(CONTENT_TYPE, media_type);
    response
}
