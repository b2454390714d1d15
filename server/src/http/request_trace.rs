//! The span of a request in its trace.

use std::task::{Context, Poll};

use futures_util::{
    FutureExt, TryFutureExt,
    future::{BoxFuture, Either},
};
use http::{
    HeaderMap, HeaderValue, Method, Request, Response, Version, header::HOST, uri::Authority,
};
use opentelemetry::{
    KeyValue,
    trace::{SpanBuilder, SpanKind},
};
use orders_api::Operation;
use tower::{Layer, Service, layer::layer_fn};

use crate::{
    trace_context::{TRACEPARENT, TRACESTATE, TraceParent},
    traces::{Span, Traces},
};

/// The longest text of a client in an attribute, in bytes. Longer ones are cut off.
const MAX_TEXT: usize = 256;

/// A service whose requests are traced.
#[derive(Clone, Debug)]
pub struct Traced<S> {
    traces: Traces,
    scheme: &'static str,
    inner: S,
}

/// Wraps a service in [`Traced`]. `scheme` is that of the listening socket: `http` or `https`.
///
/// The trace continues in the service: it runs with the span of the request as the current one,
/// and `traceparent` of the request names that span. Log lines of the request carry its ids.
/// Without traces the request passes unchanged.
pub fn layer<S>(
    traces: &Traces,
    scheme: &'static str,
) -> impl Layer<S, Service = Traced<S>> + Clone + use<S> {
    let traces = traces.clone();
    layer_fn(move |inner| Traced {
        traces: traces.clone(),
        scheme,
        inner,
    })
}

// === impl Traced ===

impl<S> Traced<S> {
    /// Starts the span, and makes it the parent of what the request causes.
    fn start<B>(&self, request: &mut Request<B>) -> Span {
        let parent = TraceParent::from_headers(request.headers());
        let state = parent.as_ref().and_then(|_| state(request.headers()));
        let span = self
            .traces
            .span(parent.as_ref(), state.as_deref(), || self.describe(request));
        let Some(own) = span.trace_parent() else {
            return span;
        };
        let log_span = tracing::Span::current();
        if parent.is_none() {
            log_span.record("trace_id", own.trace_id());
        }
        log_span.record("span_id", own.parent_id());
        if let Ok(own) = HeaderValue::try_from(own.as_str()) {
            request.headers_mut().insert(TRACEPARENT, own);
        }
        span
    }

    /// Name and attributes by the semantic conventions of HTTP servers. The query is left out: it
    /// may contain what a client put there by mistake.
    fn describe<B>(&self, request: &Request<B>) -> SpanBuilder {
        let path = request.uri().path();
        let route = Operation::find(request.method(), path).map(|operation| operation.path);
        let method = method_name(request.method());
        let name = match (method, route) {
            (Some(method), Some(route)) => format!("{method} {route}"),
            (method, _) => method.unwrap_or("HTTP").to_owned(),
        };
        let mut attributes = vec![
            KeyValue::new("http.request.method", method.unwrap_or("_OTHER")),
            KeyValue::new("url.scheme", self.scheme),
            KeyValue::new("url.path", bounded(path)),
            KeyValue::new("network.protocol.version", version(request.version())),
        ];
        attributes.extend(route.map(|route| KeyValue::new("http.route", route)));
        if let Some(server) = server(request) {
            attributes.push(KeyValue::new("server.address", bounded(server.host())));
            let port = server.port_u16().map(i64::from);
            attributes.extend(port.map(|port| KeyValue::new("server.port", port)));
        }
        SpanBuilder::from_name(name)
            .with_kind(SpanKind::Server)
            .with_attributes(attributes)
    }
}

impl<S, B, T> Service<Request<B>> for Traced<S>
where
    S: Service<Request<B>, Response = Response<T>, Future: Send + 'static>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Either<S::Future, BoxFuture<'static, Result<Response<T>, S::Error>>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        if !self.traces.is_on() {
            return Either::Left(self.inner.call(request));
        }
        let span = self.start(&mut request);
        let response = span.enter(|| self.inner.call(request));
        let ended = response.inspect_ok(move |response| end(&span, response));
        Either::Right(ended.boxed())
    }
}

/// Ends the span, also if the handler runs on after a timeout.
fn end<T>(span: &Span, response: &Response<T>) {
    let status = response.status();
    span.set("http.response.status_code", i64::from(status.as_u16()));
    if status.is_server_error() {
        span.fail(status.as_str().to_owned());
    }
    span.end();
}

/// The `tracestate`, which may have several lines (W3C Trace Context §3.3.1.1).
fn state(headers: &HeaderMap) -> Option<String> {
    let lines = headers.get_all(TRACESTATE).iter();
    let lines: Vec<_> = lines
        .map(HeaderValue::to_str)
        .collect::<Result<_, _>>()
        .ok()?;
    (!lines.is_empty()).then(|| lines.join(","))
}

/// The name of a method that RFC 9110 or RFC 5789 defines.
fn method_name(method: &Method) -> Option<&'static str> {
    Some(match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::CONNECT => "CONNECT",
        Method::OPTIONS => "OPTIONS",
        Method::TRACE => "TRACE",
        Method::PATCH => "PATCH",
        _ => return None,
    })
}

fn version(version: Version) -> &'static str {
    match version {
        Version::HTTP_2 => "2",
        Version::HTTP_10 => "1.0",
        _ => "1.1",
    }
}

/// The host that the client asked for.
fn server<B>(request: &Request<B>) -> Option<Authority> {
    if let Some(authority) = request.uri().authority() {
        return Some(authority.clone());
    }
    Authority::try_from(request.headers().get(HOST)?.as_bytes()).ok()
}

fn bounded(text: &str) -> String {
    text[..text.floor_char_boundary(MAX_TEXT)].to_owned()
}
