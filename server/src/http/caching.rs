//! What caches and browsers between a client and the service may do with a response.
//!
//! A cache without rules of its own stores what it may, and finds it again by method and URL alone
//! (RFC 9111 §2). The tenant and the token are in headers, so each response says that these count.

use std::task::{Context, Poll};

use futures_util::{TryFutureExt, future::MapOk};
use http::{
    HeaderMap, HeaderValue, Request, Response,
    header::{CACHE_CONTROL, VARY, X_CONTENT_TYPE_OPTIONS},
};
use tower::{Layer, Service, layer::layer_fn};

/// Not for shared caches, and not used again without asking; not changed either: a proxy that
/// compresses the body would weaken its entity tag (RFC 9111 §5.2.2).
const OF_A_TENANT: HeaderValue = HeaderValue::from_static("private, no-cache, no-transform");

/// The request headers that choose between the responses of a URL (RFC 9110 §12.5.5).
const TENANT_HEADERS: HeaderValue = HeaderValue::from_static("x-tenant-id, authorization");

/// True only at the moment of the response, such as that of a probe.
const OF_THE_MOMENT: HeaderValue = HeaderValue::from_static("no-store");

/// The media type is the declared one (WHATWG Fetch).
const NO_SNIFFING: HeaderValue = HeaderValue::from_static("nosniff");

/// Whose response a path has.
#[derive(Clone, Copy, Debug)]
enum Owner {
    Tenant,
    Everyone,
}

/// A service whose responses say what caches may do.
#[derive(Clone, Debug)]
pub struct Caching<S>(S);

/// A function that completes the headers of a response.
type Complete<T> = Box<dyn FnOnce(Response<T>) -> Response<T> + Send>;

/// Wraps a service in [`Caching`]. Refusals need the headers too, so it is around each layer that
/// writes a response.
pub fn layer<S>() -> impl Layer<S, Service = Caching<S>> + Clone {
    layer_fn(Caching)
}

/// Completes the headers of a response that belongs to no path: the request could not be read.
pub fn complete_malformed(headers: &mut HeaderMap) {
    Owner::Everyone.complete(headers);
}

// === impl Caching ===

impl<S, B, T> Service<Request<B>> for Caching<S>
where
    S: Service<Request<B>, Response = Response<T>>,
    T: 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = MapOk<S::Future, Complete<T>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let owner = Owner::of(request.uri().path());
        self.0.call(request).map_ok(Box::new(move |mut response| {
            owner.complete(response.headers_mut());
            response
        }))
    }
}

// === impl Owner ===

impl Owner {
    fn of(path: &str) -> Self {
        match path.strip_prefix("/orders") {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => Self::Tenant,
            _ => Self::Everyone,
        }
    }

    fn complete(self, headers: &mut HeaderMap) {
        headers.insert(X_CONTENT_TYPE_OPTIONS, NO_SNIFFING);
        match self {
            Self::Tenant => {
                headers.insert(CACHE_CONTROL, OF_A_TENANT);
                headers.append(VARY, TENANT_HEADERS);
            }
            // Assets say how long they are valid.
            Self::Everyone => drop(headers.entry(CACHE_CONTROL).or_insert(OF_THE_MOMENT)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_paths_of_tenants_are_orders_and_what_is_below() {
        let is_tenants = |path| matches!(Owner::of(path), Owner::Tenant);
        for path in ["/orders", "/orders/", "/orders/1/close", "/orders/nope"] {
            assert!(is_tenants(path), "{path}");
        }
        for path in ["/", "/ordersx", "/healthz", "/console", "/x/orders"] {
            assert!(!is_tenants(path), "{path}");
        }
    }
}
