//! A collector of traces: an HTTP server that decodes what it receives with the messages that
//! OpenTelemetry publishes.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response};
use http_body_util::{BodyExt, Empty};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{KeyValue, any_value::Value},
    trace::v1::{Span, status::StatusCode},
};
use prost::Message;
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use super::eventually;

/// A running collector. Stops when dropped.
pub struct Collector {
    address: SocketAddr,
    exports: Arc<Mutex<Vec<Export>>>,
    _serving: JoinSet<()>,
}

/// What a collector received at a time.
#[derive(Clone, Debug)]
pub struct Export {
    pub method: Method,
    pub path: String,
    pub headers: HeaderMap,
    pub request: ExportTraceServiceRequest,
}

/// The value of an attribute of one of the types that the service uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attribute {
    Text(String),
    Number(i64),
}

/// Reads spans.
pub trait SpanExt {
    /// The value of the attribute.
    fn attribute(&self, name: &str) -> Option<Attribute>;
    /// Whether the span is marked as failed.
    fn has_failed(&self) -> bool;
    /// The text of `traceparent` that names this span.
    fn trace_parent(&self) -> String;
    /// Whether the span is the first of its trace.
    fn is_root(&self) -> bool;
}

// === impl Collector ===

impl Collector {
    /// Takes all spans.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let exports = Arc::default();
        let mut serving = JoinSet::new();
        serving.spawn(accept(listener, Arc::clone(&exports)));
        Self {
            address,
            exports,
            _serving: serving,
        }
    }

    /// The endpoint, without the path.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn exports(&self) -> Vec<Export> {
        self.exports.lock().unwrap().clone()
    }

    /// All spans so far.
    pub fn spans(&self) -> Vec<Span> {
        let exports = self.exports();
        let resources = exports
            .into_iter()
            .flat_map(|export| export.request.resource_spans);
        let scopes = resources.flat_map(|resource| resource.scope_spans);
        scopes.flat_map(|scope| scope.spans).collect()
    }

    /// Waits for so many spans with this name. Returns all that it has then.
    pub async fn named(&self, name: &str, count: usize) -> Vec<Span> {
        let named = || {
            let spans = self.spans().into_iter();
            spans.filter(|span| span.name == name).collect::<Vec<_>>()
        };
        eventually(name, async || named().len() >= count).await;
        named()
    }

    /// Waits for a span with this name. Fails the test if there are several.
    pub async fn only(&self, name: &str) -> Span {
        let mut spans = self.named(name, 1).await;
        assert_eq!(spans.len(), 1, "{spans:#?}");
        spans.remove(0)
    }
}

async fn accept(listener: TcpListener, exports: Arc<Mutex<Vec<Export>>>) {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        connections.spawn(serve(stream, Arc::clone(&exports)));
    }
}

async fn serve(stream: TcpStream, exports: Arc<Mutex<Vec<Export>>>) {
    let service = service_fn(|request| respond(request, Arc::clone(&exports)));
    let server = auto::Builder::new(TokioExecutor::new());
    // Fails if the service ends without closing the connection.
    let _ = server.serve_connection(TokioIo::new(stream), service).await;
}

async fn respond(
    request: Request<Incoming>,
    exports: Arc<Mutex<Vec<Export>>>,
) -> Result<Response<Empty<Bytes>>, hyper::Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    exports.lock().unwrap().push(Export {
        method: head.method,
        path: head.uri.path().to_owned(),
        headers: head.headers,
        request: ExportTraceServiceRequest::decode(body).unwrap(),
    });
    Ok(Response::new(Empty::new()))
}

// === impl Attribute ===

impl Attribute {
    /// The value of this name in a list.
    pub fn find(attributes: &[KeyValue], name: &str) -> Option<Self> {
        let found = attributes.iter().find(|attribute| attribute.key == name)?;
        match found.value.as_ref()?.value.as_ref()? {
            Value::StringValue(text) => Some(Self::Text(text.clone())),
            Value::IntValue(number) => Some(Self::Number(*number)),
            other => panic!("{name} has the unexpected value {other:?}"),
        }
    }
}

impl From<&str> for Attribute {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<i64> for Attribute {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

// === impl SpanExt ===

impl SpanExt for Span {
    fn attribute(&self, name: &str) -> Option<Attribute> {
        Attribute::find(&self.attributes, name)
    }

    fn has_failed(&self) -> bool {
        let status = self.status.as_ref();
        status.is_some_and(|status| status.code() == StatusCode::Error)
    }

    fn trace_parent(&self) -> String {
        format!("00-{}-{}-01", hex(&self.trace_id), hex(&self.span_id))
    }

    fn is_root(&self) -> bool {
        self.parent_span_id.is_empty()
    }
}

/// The digits of an id, as in `traceparent` and in log lines.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
