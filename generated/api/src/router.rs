// Generated from openapi.yaml by codegen/. Do not edit.

//! The router: from a request to the method of its operation.

use std::{
    convert::Infallible,
    error::Error,
    future::Future,
    pin::Pin,
    sync::Arc,
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
pub struct Router<A>(Arc<Shared<A>>);

#[derive(Debug)]
struct Shared<A> {
    api: A,
    paths: matchit::Router<&'static str>,
}

/// The `operationId` of the operation that responded; an extension of its response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation(pub &'static str);

// === impl Router ===

impl<A: Api> Router<A> {
    /// A router for `api`.
    pub fn new(api: A) -> Self {
        Self(Arc::new(Shared {
            api,
            paths: paths(),
        }))
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
        let shared = Arc::clone(&self.0);
        Box::pin(async move {
            let is_head = request.method() == Method::HEAD;
            if is_head {
                *request.method_mut() = Method::GET;
            }
            let response = shared.respond(request).await.unwrap_or_else(Into::into);
            Ok(if is_head {
                without_body(response)
            } else {
                response
            })
        })
    }
}

// === impl Shared ===

impl<A: Api> Shared<A> {
    async fn respond<B>(&self, request: Request<B>) -> Result<Response, A::Failure>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let (parts, body) = request.into_parts();
        let found = self
            .paths
            .at(parts.uri.path())
            .map_err(|_| DecodeError::NoRoute)?;
        let input = Input::new(&parts, found.params);
        // Each call is boxed, so that this future is not as large as that of the largest operation.
        match (*found.value, &parts.method) {
            ("/openapi.yaml", &Method::GET) => {
                let request = GetContractRequest::decode(input, body).await?;
                let context = A::Context::from(&parts);
                let response = Box::pin(self.api.get_contract(request, context)).await?;
                let mut response = response.into_http()?;
                response.extensions_mut().insert(Operation("getContract"));
                Ok(response)
            }
            ("/healthz", &Method::GET) => {
                let request = GetHealthRequest::decode(input, body).await?;
                let context = A::Context::from(&parts);
                let response = Box::pin(self.api.get_health(request, context)).await?;
                let mut response = response.into_http()?;
                response.extensions_mut().insert(Operation("getHealth"));
                Ok(response)
            }
            ("/readyz", &Method::GET) => {
                let request = GetReadinessRequest::decode(input, body).await?;
                let context = A::Context::from(&parts);
                let response = Box::pin(self.api.get_readiness(request, context)).await?;
                let mut response = response.into_http()?;
                response.extensions_mut().insert(Operation("getReadiness"));
                Ok(response)
            }
            ("/orders/{id}/close", &Method::POST) => {
                let request = CloseOrderRequest::decode(input, body).await?;
                let context = A::Context::from(&parts);
                let response = Box::pin(self.api.close_order(request, context)).await?;
                let mut response = response.into_http()?;
                response.extensions_mut().insert(Operation("closeOrder"));
                Ok(response)
            }
            ("/orders/{id}/confirm", &Method::PATCH) => {
                let request = ConfirmOrderRequest::decode(input, body).await?;
                let context = A::Context::from(&parts);
                let response = Box::pin(self.api.confirm_order(request, context)).await?;
                let mut response = response.into_http()?;
                response.extensions_mut().insert(Operation("confirmOrder"));
                Ok(response)
            }
            ("/orders", &Method::POST) => {
                let request = CreateOrderRequest::decode(input, body).await?;
                let context = A::Context::from(&parts);
                let response = Box::pin(self.api.create_order(request, context)).await?;
                let mut response = response.into_http()?;
                response.extensions_mut().insert(Operation("createOrder"));
                Ok(response)
            }
            ("/orders/{id}", &Method::GET) => {
                let request = GetOrderRequest::decode(input, body).await?;
                let context = A::Context::from(&parts);
                let response = Box::pin(self.api.get_order(request, context)).await?;
                let mut response = response.into_http()?;
                response.extensions_mut().insert(Operation("getOrder"));
                Ok(response)
            }
            ("/orders", &Method::GET) => {
                let request = ListOrdersRequest::decode(input, body).await?;
                let context = A::Context::from(&parts);
                let response = Box::pin(self.api.list_orders(request, context)).await?;
                let mut response = response.into_http()?;
                response.extensions_mut().insert(Operation("listOrders"));
                Ok(response)
            }
            ("/healthz", _) => Err(DecodeError::NoMethod {
                allow: allow(&["GET"]),
            }
            .into()),
            ("/openapi.yaml", _) => Err(DecodeError::NoMethod {
                allow: allow(&["GET"]),
            }
            .into()),
            ("/orders", _) => Err(DecodeError::NoMethod {
                allow: allow(&["GET", "POST"]),
            }
            .into()),
            ("/orders/{id}", _) => Err(DecodeError::NoMethod {
                allow: allow(&["GET"]),
            }
            .into()),
            ("/orders/{id}/close", _) => Err(DecodeError::NoMethod {
                allow: allow(&["POST"]),
            }
            .into()),
            ("/orders/{id}/confirm", _) => Err(DecodeError::NoMethod {
                allow: allow(&["PATCH"]),
            }
            .into()),
            ("/readyz", _) => Err(DecodeError::NoMethod {
                allow: allow(&["GET"]),
            }
            .into()),
            _ => Err(DecodeError::NoRoute.into()),
        }
    }
}

fn paths() -> matchit::Router<&'static str> {
    let mut paths = matchit::Router::new();
    for path in [
        "/healthz",
        "/openapi.yaml",
        "/orders",
        "/orders/{id}",
        "/orders/{id}/close",
        "/orders/{id}/confirm",
        "/readyz",
    ] {
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
    fn a_path_with_get_also_allows_head() {
        assert_eq!(allow(&["GET", "POST"]), "GET, POST, HEAD");
        assert_eq!(allow(&["PATCH"]), "PATCH");
    }
}
