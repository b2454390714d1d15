//! The admin listener: metrics and probes for operators, on an address of its own.
//!
//! It has no authentication, so it listens on a loopback address unless configured otherwise. It
//! serves while the process drains, so that the last requests are measured too.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{
    Method, Request, Response, StatusCode,
    header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE},
};
use http_body_util::Full;
use thiserror::Error;
use tokio::task::JoinSet;
use tower::service_fn;
use tracing::{error, info, warn};

use crate::{
    error_chain::Chain,
    health::Readiness,
    http::{ConnectionLimits, Listener, ListenerSettings},
    metrics::{MEDIA_TYPE, MetricsRegistry},
};

/// A scraper, a probe, and an operator with some consoles.
const MAX_CONNECTIONS: usize = 64;

/// Of a scraper's connection. Scrape intervals are usually shorter.
const IDLE_TIMEOUT: Duration = Duration::from_secs(120);

/// Where the admin listener listens.
#[derive(Clone, Copy, Debug)]
pub enum Address {
    /// Nowhere.
    Off,
    /// Here, if the address is free.
    IfFree(SocketAddr),
    /// Here.
    Required(SocketAddr),
}

/// The address cannot be listened on.
#[derive(Debug, Error)]
#[error("cannot listen on {0} for metrics (--admin-listen)")]
pub struct ListenError(SocketAddr, #[source] io::Error);

/// The bound admin listener.
#[derive(Debug)]
pub struct AdminListener(Option<(Listener, SocketAddr)>);

/// A running admin listener. Dropping it ends it.
#[derive(Debug)]
pub struct Admin {
    _serving: JoinSet<()>,
}

// === impl AdminListener ===

impl AdminListener {
    /// Binds the address, if there is one.
    ///
    /// # Errors
    /// [`ListenError`] if a required address cannot be bound.
    pub async fn bind(address: Address) -> Result<Self, ListenError> {
        let (Address::IfFree(wanted) | Address::Required(wanted)) = address else {
            return Ok(Self(None));
        };
        let bound = Listener::bind(settings(wanted)).await;
        match bound.and_then(|listener| Ok((listener.address()?, listener))) {
            Ok((address, listener)) => Ok(Self(Some((listener, address)))),
            Err(error) if matches!(address, Address::IfFree(_)) => {
                warn!("no metrics: cannot listen on {wanted}: {error}");
                Ok(Self(None))
            }
            Err(error) => Err(ListenError(wanted, error)),
        }
    }

    /// The address, with the port that the system chose for port 0.
    pub fn address(&self) -> Option<SocketAddr> {
        self.0.as_ref().map(|(_, address)| *address)
    }

    /// Starts to serve.
    pub fn serve(self, metrics: MetricsRegistry, readiness: Readiness) -> Admin {
        let mut serving = JoinSet::new();
        let Some((listener, address)) = self.0 else {
            return Admin { _serving: serving };
        };
        info!("metrics on http://{address}/metrics");
        let metrics = Arc::new(metrics);
        let service = service_fn(move |request: Request<_>| {
            let (metrics, readiness) = (Arc::clone(&metrics), readiness.clone());
            async move { Ok(respond(&request, &metrics, &readiness).await) }
        });
        serving.spawn(listener.serve(service, None, std::future::pending()));
        Admin { _serving: serving }
    }
}

fn settings(address: SocketAddr) -> ListenerSettings {
    ListenerSettings {
        address,
        header_timeout: IDLE_TIMEOUT,
        shutdown_timeout: Duration::ZERO,
        max_head: 8 * 1024,
        max_streams: 10,
        limits: ConnectionLimits {
            connections: MAX_CONNECTIONS,
            buffered: 4 * 1024 * 1024,
        },
    }
}

async fn respond<B>(
    request: &Request<B>,
    metrics: &MetricsRegistry,
    readiness: &Readiness,
) -> Response<Full<Bytes>> {
    let (path, method) = (request.uri().path(), request.method());
    let is_known = matches!(path, "/metrics" | "/healthz" | "/readyz");
    if is_known && !matches!(*method, Method::GET | Method::HEAD) {
        let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "use GET\n");
        let allow = http::HeaderValue::from_static("GET, HEAD");
        response.headers_mut().insert(ALLOW, allow);
        return response;
    }
    match path {
        "/metrics" => match metrics.text() {
            Ok(body) => content(StatusCode::OK, MEDIA_TYPE, body.into()),
            Err(error) => {
                error!("cannot write the metrics: {error}");
                text(StatusCode::INTERNAL_SERVER_ERROR, "internal error\n")
            }
        },
        "/healthz" => text(StatusCode::OK, "ok\n"),
        "/readyz" => match readiness.check().await {
            Ok(()) => text(StatusCode::OK, "ok\n"),
            Err(error) => {
                let reason = format!("{}\n", Chain(&error));
                content(StatusCode::SERVICE_UNAVAILABLE, TEXT, reason.into())
            }
        },
        _ => text(StatusCode::NOT_FOUND, "see /metrics, /healthz, /readyz\n"),
    }
}

const TEXT: &str = "text/plain; charset=utf-8";

fn text(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    content(status, TEXT, Bytes::from_static(text.as_bytes()))
}

fn content(status: StatusCode, media_type: &'static str, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(body));
    *response.status_mut() = status;
    let value = http::HeaderValue::from_static;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, value(media_type));
    response
        .headers_mut()
        .insert(CACHE_CONTROL, value("no-store"));
    response
}
