//! HTTP of the admin listener: metrics, probes, and the outbox (`openapi-admin.yaml`).
//!
//! **Invariant:** the outbox takes a bounded part of the service: at most two of its requests use
//! the database at a time. Further ones get 503 at once.

mod api;
mod failure;
mod foreign;
mod probes;

use std::{convert::Infallible, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, Request, Response};
use http_body::Body;
use orders_admin_api::Router;
use tower::{BoxError, Service, ServiceBuilder, service_fn};
use tower_http::{
    catch_panic::CatchPanicLayer,
    request_id::{PropagateRequestIdLayer, SetRequestIdLayer},
    trace::TraceLayer,
};

use self::{
    api::OutboxApi,
    failure::Failure,
    foreign::{has_local_host, is_of_foreign_page},
    probes::Probes,
};
use super::{
    branch::Branch,
    caching, cors, load_shedding,
    request_id::{self, NewRequestId, X_REQUEST_ID},
    request_log, request_timeout,
};
use crate::{health::Readiness, metrics::MetricsRegistry, outbox::events::Events};

/// The maximum number of outbox requests that are handled at a time, of the connections of
/// `--pool-size`.
const MAX_IN_FLIGHT: usize = 2;

/// Bounds the wait for a response of the outbox.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Builds the stack of the admin listener. It never fails: every failure is a response.
///
/// `origins` are those whose pages may use the outbox. Metrics and probes are for programs, which
/// find them under any name; a page cannot read their responses.
///
/// As in [`stack`](super::service), requests pass the layers of each `ServiceBuilder` from top to
/// bottom, and the comments give the reasons for their positions.
pub fn service<B>(
    events: Events,
    metrics: MetricsRegistry,
    readiness: Readiness,
    origins: Vec<HeaderValue>,
) -> impl Service<
    Request<B>,
    Response = Response<impl Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static>,
    Error = Infallible,
    Future: Send,
> + Clone
+ Send
+ 'static
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    let outbox = ServiceBuilder::new()
        .layer(cors::layer(&origins))
        // Around load shedding: a request that has timed out keeps its place until it ends.
        .layer(request_timeout::layer(TIMEOUT))
        .layer(load_shedding::layer(MAX_IN_FLIGHT))
        .service(Router::new(OutboxApi::new(events)));
    let of_own_pages = Branch {
        predicate: move |request: &Request<B>| is_of_foreign_page(request.headers(), &origins),
        then: service_fn(async |_| Ok(Failure::ForeignPage.into())),
        otherwise: outbox,
    };
    // Outside CORS, so that a refused page gets no leave to read, or to send, anything.
    let outbox = Branch {
        predicate: has_local_host::<B>,
        then: of_own_pages,
        otherwise: service_fn(async |_| Ok(Failure::ForeignHost.into())),
    };
    let probes = Arc::new(Probes::new(metrics, readiness));
    let outbox_and_probes = Branch {
        predicate: |request: &Request<B>| is_outbox(request.uri().path()),
        then: outbox,
        otherwise: service_fn(move |request: Request<B>| {
            let probes = Arc::clone(&probes);
            async move { Ok(probes.respond(request.method(), request.uri().path()).await) }
        }),
    };
    ServiceBuilder::new()
        // First, because the log lines and responses of all layers below contain the request id.
        .map_request(request_id::remove_invalid)
        .layer(SetRequestIdLayer::new(X_REQUEST_ID, NewRequestId))
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(request_log::span)
                .on_request(())
                .on_response(())
                .on_eos(())
                .on_failure(()),
        )
        .layer(PropagateRequestIdLayer::new(X_REQUEST_ID))
        // Around every layer that writes a response.
        .layer(caching::layer())
        // Around the timeout, which passes a handler's panic on.
        .layer(CatchPanicLayer::custom(|_| {
            super::failure::Failure::Panic.into()
        }))
        .service(outbox_and_probes)
}

fn is_outbox(path: &str) -> bool {
    path.strip_prefix("/outbox")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
