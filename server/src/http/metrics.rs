//! The metrics of requests and connections.

use std::{
    fmt,
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

use futures_util::{TryFutureExt, future::MapOk};
use http::{Request, Response};
use orders_api::Operation;
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeLabelSet},
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};
use tower::{Layer, Service, layer::layer_fn};

use super::{assets, connections::Connections, overload::Overload};
use crate::metrics::{Durations, Register, durations, encode_gauge};

/// Counted by the HTTP stack. Clones share the metrics.
#[derive(Clone, Debug)]
pub struct Metrics {
    durations: Durations<RequestLabels>,
    in_flight: Gauge,
    shed: Family<ReasonLabel, Counter>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    /// The `operationId`, `asset` for a file of the console or of the API reference, or `unknown`.
    operation: &'static str,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabel {
    reason: &'static str,
}

/// A service whose requests are measured.
#[derive(Clone, Debug)]
pub struct Measured<S> {
    metrics: Metrics,
    inner: S,
}

/// Measures a response.
type Measure<T> = Box<dyn FnOnce(Response<T>) -> Response<T> + Send>;

/// A request without a response. Dropping it ends it.
struct InFlight(Gauge);

/// The number of open connections at each scrape.
#[derive(Debug)]
struct ConnectionCollector(Arc<Connections>);

// === impl Metrics ===

impl Metrics {
    /// Wraps a service in [`Measured`]. Its responses have the [`Operation`] as an extension.
    pub(super) fn layer<S>(&self) -> impl Layer<S, Service = Measured<S>> + Clone + use<S> {
        let metrics = self.clone();
        layer_fn(move |inner| Measured {
            metrics: metrics.clone(),
            inner,
        })
    }

    fn on_response<T>(&self, operation: &'static str, start: Instant, response: &Response<T>) {
        let status = response.status().as_u16();
        let labels = RequestLabels { operation, status };
        let seconds = start.elapsed().as_secs_f64();
        self.durations.get_or_create(&labels).observe(seconds);
        if let Some(overload) = response.extensions().get::<Overload>() {
            let reason = overload.reason();
            self.shed.get_or_create(&ReasonLabel { reason }).inc();
        }
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            durations: durations(),
            in_flight: Gauge::default(),
            shed: Family::default(),
        }
    }
}

impl Register for Metrics {
    fn register(&self, registry: &mut Registry) {
        registry.register(
            "http_request_duration_seconds",
            "Time from the head of a request to the head of its response",
            self.durations.clone(),
        );
        registry.register(
            "http_requests_in_flight",
            "Requests without a response",
            self.in_flight.clone(),
        );
        registry.register(
            "http_requests_shed",
            "Requests that got 503 because of a limit or of the database",
            self.shed.clone(),
        );
    }
}

/// The metrics of the listening socket.
impl Register for Arc<Connections> {
    fn register(&self, registry: &mut Registry) {
        registry.register_collector(Box::new(ConnectionCollector(Self::clone(self))));
    }
}

// === impl Measured ===

impl<S, B, T> Service<Request<B>> for Measured<S>
where
    S: Service<Request<B>, Response = Response<T>>,
    T: 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = MapOk<S::Future, Measure<T>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let start = Instant::now();
        let path = request.uri().path();
        let operation = Operation::find(request.method(), path);
        let name = match operation {
            Some(operation) => operation.id,
            None if assets::is_asset(path) => "asset",
            None => "unknown",
        };
        let metrics = self.metrics.clone();
        let in_flight = InFlight::begin(&metrics.in_flight);
        self.inner
            .call(request)
            .map_ok(Box::new(move |mut response| {
                metrics.on_response(name, start, &response);
                if let Some(operation) = operation {
                    response.extensions_mut().insert(operation);
                }
                drop(in_flight);
                response
            }))
    }
}

// === impl InFlight ===

impl InFlight {
    fn begin(gauge: &Gauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

// === impl ConnectionCollector ===

impl Collector for ConnectionCollector {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        let (open, buffered) = self.0.usage();
        for (name, help, value) in [
            ("http_connections", "Open connections", open),
            (
                "http_buffered_bytes",
                "Memory for requests and responses on their way",
                buffered,
            ),
        ] {
            encode_gauge(&mut encoder, name, help, value as u64)?;
        }
        Ok(())
    }
}
