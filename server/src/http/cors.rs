//! Calls from browsers. Orders are read with a tenant's header, never with a cookie, so any page
//! may ask unless told otherwise.

use std::time::Duration;

use http::{
    HeaderName, HeaderValue, Method, Request,
    header::{self, ACCESS_CONTROL_REQUEST_METHOD},
};
use tower::{Layer, layer::layer_fn};
use tower_http::cors::{Any, Cors, CorsLayer};

use super::choose::Choose;

/// What a page may read of an answer beside its body.
const EXPOSED: [HeaderName; 6] = [
    header::ALLOW,
    header::ETAG,
    header::LOCATION,
    header::RETRY_AFTER,
    HeaderName::from_static("idempotent-replayed"),
    HeaderName::from_static("x-request-id"),
];

/// A service behind CORS, except for requests that are none of its business.
pub type WithCors<S, B> = Choose<fn(&Request<B>) -> bool, Cors<S>, S>;

/// Lets pages of these origins call a service; `*` stands for all.
pub fn layer<S: Clone, B>(
    origins: &[HeaderValue],
) -> impl Layer<S, Service = WithCors<S, B>> + use<S, B> {
    let cors = CorsLayer::new()
        .allow_methods(Any)
        .allow_headers(Any)
        .expose_headers(EXPOSED)
        .max_age(Duration::from_secs(600));
    let cors = match origins {
        origins if origins.iter().any(|origin| origin == "*") => cors.allow_origin(Any),
        origins => cors.allow_origin(origins.to_vec()),
    };
    layer_fn(move |inner: S| Choose {
        when: is_browsers_business as fn(&Request<B>) -> bool,
        this: cors.layer(inner.clone()),
        other: inner,
    })
}

/// An OPTIONS that is no preflight is a method like any other; tower-http would answer it all the
/// same.
fn is_browsers_business<B>(request: &Request<B>) -> bool {
    request.method() != Method::OPTIONS
        || request
            .headers()
            .contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}
