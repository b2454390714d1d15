//! The tower stack: the services that each request passes on its way to the operations.

use std::{convert::Infallible, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, Request};
use http_body::Body;
use orders_api::{Api, Router};
use tower::{BoxError, Service, ServiceBuilder, service_fn};
use tower_http::{
    catch_panic::CatchPanicLayer,
    request_id::{PropagateRequestIdLayer, SetRequestIdLayer},
    trace::TraceLayer,
};

use super::{
    assets::{self, Assets},
    authentication,
    branch::Branch,
    caching,
    collect_body::{self, CollectedBody},
    cors,
    failure::Failure,
    host, load_shedding,
    metrics::Metrics,
    request_id::{self, NewRequestId, X_REQUEST_ID},
    request_log::{self, ResponseLog},
    request_timeout, request_trace,
};
use crate::{auth::Authentication, traces::Traces};

/// The paths of the probes.
const PROBES: [&str; 2] = ["/healthz", "/readyz"];

/// Limits of requests, and the origins that may read responses.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The maximum size of a request body in bytes. A larger one gets 413.
    pub body_limit: usize,
    /// Bounds the wait for a response, and the upload of a body. Beyond it the client gets 503.
    pub request_timeout: Duration,
    /// The maximum number of requests handled at a time. Further ones get 503.
    pub max_in_flight: usize,
    /// The origins whose pages may read responses; `*` stands for every origin.
    pub cors_origins: Vec<HeaderValue>,
    /// The origin of the admin listener, if the console may use it.
    pub console_admin: Option<String>,
    /// The level of the line of each response.
    pub response_log: ResponseLog,
    /// The scheme of the listening socket: `http` or `https`.
    pub scheme: &'static str,
}

/// Builds the stack around the operations. It never fails: every failure is a response.
///
/// Requests pass the layers of each `ServiceBuilder` from top to bottom, responses from bottom to
/// top. It is written from the inside to the outside; a comment at each layer gives the reason for
/// its position.
pub fn service<B>(
    api: impl Api<Failure = Failure>,
    settings: &Settings,
    authentication: &Authentication,
    metrics: &Metrics,
    traces: &Traces,
) -> impl Service<
    Request<B>,
    Response = http::Response<impl Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static>,
    Error = Infallible,
    Future: Send,
> + Clone
+ Send
+ 'static
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    let (body_limit, request_timeout) = (settings.body_limit, settings.request_timeout);
    let router = Router::new(api);
    let operations = Branch {
        // Outside load shedding: a busy process must not be restarted, and it is ready.
        predicate: |request: &Request<CollectedBody>| PROBES.contains(&request.uri().path()),
        then: ServiceBuilder::new()
            .map_err(|never: Infallible| -> Failure { match never {} })
            .service(router.clone()),
        otherwise: ServiceBuilder::new()
            .layer(load_shedding::layer(settings.max_in_flight))
            .service(router),
    };
    let operations = ServiceBuilder::new()
        // Around the collection of the body: a caller without a token must not take memory.
        .layer(authentication::layer(authentication))
        // Around load shedding: a slow client must not hold a permit.
        .layer(collect_body::layer(body_limit, request_timeout))
        .service(operations);
    let assets = Assets::new(settings.console_admin.as_deref());
    let assets_and_operations = Branch {
        // Outside load shedding: they are served from memory.
        predicate: |request: &Request<B>| assets::is_asset(request.uri().path()),
        then: service_fn(move |request: Request<B>| {
            let response = assets.respond(&request);
            async { Ok::<_, Failure>(response) }
        }),
        otherwise: operations,
    };
    let requests_with_host = Branch {
        predicate: host::is_valid::<B>,
        then: assets_and_operations,
        otherwise: service_fn(async |_| Err(host::refusal())),
    };
    ServiceBuilder::new()
        // First, because the log lines and responses of all layers below contain the request id.
        .map_request(request_id::remove_invalid)
        .layer(SetRequestIdLayer::new(X_REQUEST_ID, NewRequestId))
        // Around every layer that writes a response, so that each request has a log line.
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(request_log::span)
                .on_request(())
                .on_response(settings.response_log)
                .on_eos(())
                .on_failure(()),
        )
        // Inside the log line, whose fields include the ids of the trace.
        .layer(request_trace::layer(traces, settings.scheme))
        // Inside the log line, which names the operation.
        .layer(metrics.layer())
        .layer(PropagateRequestIdLayer::new(X_REQUEST_ID))
        // Around every layer that writes a response.
        .layer(caching::layer())
        // Around every layer that refuses requests, so that a page can read refusals too.
        .layer(cors::layer(&settings.cors_origins))
        // Around the timeout, which passes a handler's panic on.
        .layer(CatchPanicLayer::custom(|_| Failure::Panic.into()))
        // Around load shedding: a handler that has timed out keeps its permit until it ends, so
        // that the limit counts handlers and not clients.
        .layer(request_timeout::layer(request_timeout))
        .service(requests_with_host)
}

#[cfg(test)]
mod tests;
