// Generated from openapi-admin.yaml by codegen/. Do not edit.

//! The router: from a request to the method of its operation.

use std::{
    convert::Infallible,
    error::Error,
    future::Future,
    pin::Pin,
    sync::{Arc, LazyLock},
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, StatusCode, header::CONTENT_LENGTH};
use http_body::Body;
use http_body_util::Full;
use tower_service::Service;

use crate::{Api, DecodeError, Response, decode::Input, operations::*};

/// The service of an [`Api`]: routes and decodes requests, calls the method, encodes its response.
/// Every error is a response, and the service is always ready.
#[derive(Debug)]
pub struct Router<A>(Arc<A>);

/// An operation of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// The `operationId`.
    pub id: &'static str,
    /// The path, with the names of its parameters in braces.
    pub path: &'static str,
    /// The scopes that a bearer token must have; `None` if the operation needs no authentication.
    pub scopes: Option<&'static [&'static str]>,
}

/// The contract's paths.
static PATHS: LazyLock<matchit::Router<&'static str>> = LazyLock::new(paths);

// === impl Router ===

impl<A: Api> Router<A> {
    /// A router for `api`.
    pub fn new(api: A) -> Self {
        Self(Arc::new(api))
    }
}

impl<A> Clone for Router<A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<A, B> Service<Request<B>> for Router<A>
where
    A: Api,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let api = Arc::clone(&self.0);
        Box::pin(async move {
            let is_head = request.method() == Method::HEAD;
            if is_head {
                *request.method_mut() = Method::GET;
            }
            let response = respond(&*api, request).await.unwrap_or_else(Into::into);
            Ok(if is_head {
                without_body(response)
            } else {
                response
            })
        })
    }
}

// === impl Operation ===

impl Operation {
    /// The operation of a method and a path; that of GET for HEAD. `None` if the contract has none.
    pub fn find(method: &Method, path: &str) -> Option<Self> {
        let path = *PATHS.at(path).ok()?.value;
        let method = if method == Method::HEAD {
            &Method::GET
        } else {
            method
        };
        Some(match (path, method) {
            ("/outbox/events", &Method::GET) => Self {
                id: "listEvents",
                path,
                scopes: None,
            },
            ("/outbox/events/{id}/retry", &Method::POST) => Self {
                id: "retryEvent",
                path,
                scopes: None,
            },
            _ => return None,
        })
    }
}

async fn respond<A, B>(api: &A, request: Request<B>) -> Result<Response, A::Failure>
where
    A: Api,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let (parts, body) = request.into_parts();
    let found = PATHS
        .at(parts.uri.path())
        .map_err(|_| DecodeError::NoRoute)?;
    let input = Input::new(&parts, found.params);
    // Each call is boxed, so that this future is not as large as that of the largest operation.
    match (*found.value, &parts.method) {
        ("/outbox/events", &Method::GET) => {
            let request = ListEventsRequest::decode(input, body).await?;
            let context = A::Context::from(&parts);
            let response = Box::pin(api.list_events(request, context)).await?;
            Ok(response.into_http()?)
        }
        ("/outbox/events/{id}/retry", &Method::POST) => {
            let request = RetryEventRequest::decode(input, body).await?;
            let context = A::Context::from(&parts);
            let response = Box::pin(api.retry_event(request, context)).await?;
            Ok(response.into_http()?)
        }
        ("/outbox/events", _) => Err(DecodeError::NoMethod {
            allow: allow(&["GET"]),
        }
        .into()),
        ("/outbox/events/{id}/retry", _) => Err(DecodeError::NoMethod {
            allow: allow(&["POST"]),
        }
        .into()),
        _ => Err(DecodeError::NoRoute.into()),
    }
}

fn paths() -> matchit::Router<&'static str> {
    let mut paths = matchit::Router::new();
    for path in ["/outbox/events", "/outbox/events/{id}/retry"] {
        // Holds: a test below builds the router, so the contract's paths do not conflict.
        paths.insert(path, path).unwrap();
    }
    paths
}

/// The response to HEAD: that to GET without its body (RFC 9110 §9.3.2).
fn without_body(mut response: Response) -> Response {
    // 304 has no body for GET either, so the length would be that of another representation.
    if response.status() != StatusCode::NOT_MODIFIED
        && let Some(length) = response.body().size_hint().exact()
    {
        response
            .headers_mut()
            .insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    *response.body_mut() = Full::default();
    response
}

/// The value of `Allow`. A path with GET also has HEAD.
fn allow(methods: &[&str]) -> String {
    let mut allow = methods.join(", ");
    if methods.contains(&"GET") {
        allow.push_str(", HEAD");
    }
    allow
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_paths_of_the_contract_do_not_conflict() {
        assert!(paths().at("/no/such/path").is_err());
    }

    #[test]
    fn an_unknown_path_is_no_operation() {
        assert_eq!(Operation::find(&Method::GET, "/no/such/path"), None);
    }

    #[test]
    fn a_path_with_get_also_allows_head() {
        assert_eq!(allow(&["GET", "POST"]), "GET, POST, HEAD");
        assert_eq!(allow(&["PATCH"]), "PATCH");
    }
}
