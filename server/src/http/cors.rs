//! CORS: which origins a browser lets read responses (WHATWG Fetch).
//!
//! No foreign origin by default: in a private network without authentication, any web page could
//! otherwise send requests through the browser of a user. The console is of the same origin.

use std::time::Duration;

use http::{
    HeaderName, HeaderValue, Method, Request,
    header::{self, ACCESS_CONTROL_REQUEST_METHOD},
};
use tower::{Layer, layer::layer_fn};
use tower_http::cors::{AllowHeaders, Any, Cors, CorsLayer};

use super::branch::Branch;

/// Response headers that a page may read.
const EXPOSED: [HeaderName; 7] = [
    header::ALLOW,
    header::ETAG,
    header::LOCATION,
    header::RETRY_AFTER,
    header::WWW_AUTHENTICATE,
    HeaderName::from_static("idempotent-replayed"),
    HeaderName::from_static("x-request-id"),
];

/// How long a browser may cache the response to a preflight.
const PREFLIGHT_MAX_AGE: Duration = Duration::from_secs(600);

/// A service behind CORS, except for OPTIONS requests that are no preflight.
pub type WithCors<S, B> = Branch<fn(&Request<B>) -> bool, Cors<S>, S>;

/// Lets pages of these origins read responses; `*` stands for every origin. An empty list allows no
/// foreign origin.
pub fn layer<S: Clone, B>(
    origins: &[HeaderValue],
) -> impl Layer<S, Service = WithCors<S, B>> + use<S, B> {
    let cors = CorsLayer::new()
        .allow_methods(Any)
        // `*` would not include Authorization (WHATWG Fetch §3.3.4).
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers(EXPOSED)
        .max_age(PREFLIGHT_MAX_AGE);
    let cors = match origins {
        origins if origins.iter().any(|origin| origin == "*") => cors.allow_origin(Any),
        origins => cors.allow_origin(origins.to_vec()),
    };
    layer_fn(move |inner: S| Branch {
        predicate: is_not_plain_options as fn(&Request<B>) -> bool,
        then: cors.layer(inner.clone()),
        otherwise: inner,
    })
}

/// False for an OPTIONS request without `Access-Control-Request-Method`. It is no preflight, and
/// gets 405 like any unknown method; tower-http would respond 200.
fn is_not_plain_options<B>(request: &Request<B>) -> bool {
    request.method() != Method::OPTIONS
        || request
            .headers()
            .contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}
