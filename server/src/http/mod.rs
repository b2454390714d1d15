//! The HTTP stack: the generated router inside, what every request needs around it.
//!
//! **Invariant:** whatever answers, the body of a refusal is the contract's `ApiError`; `failure` writes it.

mod api;
mod bounded;
mod failure;
mod listener;
mod refusals;
mod request_id;
mod trace;

use std::{convert::Infallible, time::Duration};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, header};
use http_body::Body;
use http_body_util::Limited;
use orders_api::{Api, Router};
use tower::{BoxError, Service, ServiceBuilder, limit::GlobalConcurrencyLimitLayer};
use tower_http::{
    catch_panic::CatchPanicLayer,
    cors::{Any, CorsLayer},
    map_request_body::MapRequestBodyLayer,
    request_id::{PropagateRequestIdLayer, SetRequestIdLayer},
    trace::TraceLayer,
};

pub use api::OrdersApi;
pub use listener::Listener;

use crate::config::ServeConfig;
pub use failure::Failure;

/// Builds the stack around the operations. Requests go down the list, responses up. It never fails: every failure is a
/// response.
pub fn service<B>(
    api: impl Api<Failure = Failure>,
    config: &ServeConfig,
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
    let body_limit = config.body_limit;
    ServiceBuilder::new()
        .map_request(request_id::keep_if_fit)
        .layer(SetRequestIdLayer::new(request_id::NAME, request_id::Make)) // first: lines and answers carry it
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(trace::span)
                .on_request(())
                .on_response(trace::line)
                .on_failure(()),
        )
        .layer(PropagateRequestIdLayer::new(request_id::NAME))
        .layer(cors(&config.cors_origins)) // a browser may read refusals too, and preflights count as no work
        .layer(CatchPanicLayer::custom(|_| Failure::Panic.into()))
        .layer(bounded::Layer {
            patience: config.request_timeout,
        })
        .load_shed()
        .layer(GlobalConcurrencyLimitLayer::new(config.max_in_flight)) // inside `bounded`: tasks count, not clients
        .layer(MapRequestBodyLayer::new(move |body| {
            Limited::new(body, body_limit)
        }))
        .service(Router::new(api))
}

/// Orders are read with a tenant's header, never with a cookie, so any page may ask unless told otherwise.
fn cors(origins: &[String]) -> CorsLayer {
    const EXPOSED: [HeaderName; 6] = [
        header::ALLOW,
        header::ETAG,
        header::LOCATION,
        header::RETRY_AFTER,
        HeaderName::from_static("idempotent-replayed"),
        HeaderName::from_static("x-request-id"),
    ];
    let cors = CorsLayer::new()
        .allow_methods(Any)
        .allow_headers(Any)
        .expose_headers(EXPOSED)
        .max_age(Duration::from_secs(600));
    if origins.iter().any(|origin| origin == "*") {
        cors.allow_origin(Any)
    } else {
        cors.allow_origin(
            origins
                .iter()
                .filter_map(|origin| HeaderValue::try_from(origin).ok())
                .collect::<Vec<_>>(),
        )
    }
}
