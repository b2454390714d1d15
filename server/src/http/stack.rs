//! The tower stack: the generated router inside, and around it what every request needs.

use std::{convert::Infallible, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, Request};
use http_body::Body;
use orders_api::{Api, Router};
use tower::{BoxError, Service, ServiceBuilder, service_fn};
use tower_http::{
    catch_panic::CatchPanicLayer,
    map_request_body::MapRequestBodyLayer,
    request_id::{PropagateRequestIdLayer, SetRequestIdLayer},
    timeout::DeadlineBody,
    trace::TraceLayer,
};

use super::{
    assets,
    body_limit::limit_body,
    branch::Branch,
    cors,
    failure::Failure,
    load_shedding,
    request_id::{self, NewRequestId, X_REQUEST_ID},
    request_log, request_timeout,
};

/// Bounds of requests, and the origins that browsers may call from.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Bounds the wait for a response, and the upload of a body.
    pub request_timeout: Duration,
    /// Bytes of a request body.
    pub body_limit: usize,
    /// Requests handled at a time.
    pub max_in_flight: usize,
    /// Origins for CORS; `*` stands for all.
    pub cors_origins: Vec<HeaderValue>,
}

/// Builds the stack around the operations. It never fails: every failure is a response.
pub fn service<B>(
    api: impl Api<Failure = Failure>,
    settings: &Settings,
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
    let router = ServiceBuilder::new()
        // Bounds the whole upload, so a slow client cannot hold a permit.
        .layer(MapRequestBodyLayer::new(move |body| {
            DeadlineBody::new(request_timeout, limit_body(body, body_limit))
        }))
        .service(Router::new(api));
    let operations = Branch {
        // A busy process must not be restarted.
        predicate: |request: &Request<B>| request.uri().path() == "/healthz",
        then: ServiceBuilder::new()
            .map_err(|never: Infallible| -> Failure { match never {} })
            .service(router.clone()),
        otherwise: ServiceBuilder::new()
            .layer(load_shedding::layer(settings.max_in_flight))
            .service(router),
    };
    let assets_and_operations = Branch {
        predicate: |request: &Request<B>| assets::is_asset(request.uri().path()),
        // Assets are served from memory, so they need no permit.
        then: service_fn(assets::respond::<B, Failure>),
        otherwise: operations,
    };
    // Requests pass the layers from the first to the last, and responses from the last to the
    // first.
    ServiceBuilder::new()
        .map_request(request_id::remove_invalid)
        // Before all others: log lines and responses carry the id.
        .layer(SetRequestIdLayer::new(X_REQUEST_ID, NewRequestId))
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(request_log::span)
                .on_request(())
                .on_response(request_log::log_response)
                .on_eos(())
                .on_failure(()),
        )
        .layer(PropagateRequestIdLayer::new(X_REQUEST_ID))
        // Outside everything that refuses requests: a page may read error responses too.
        .layer(cors::layer(&settings.cors_origins))
        .layer(CatchPanicLayer::custom(|_| Failure::Panic.into()))
        // Outside the concurrency limit: a timed-out handler keeps its permit until it finishes.
        .layer(request_timeout::layer(request_timeout))
        .service(assets_and_operations)
}

#[cfg(test)]
mod tests;
