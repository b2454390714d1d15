//! Spans of other processes: from and to the text of W3C Trace Context.

use opentelemetry::{
    Context,
    propagation::{Extractor, TextMapPropagator},
    trace::{SpanContext, TraceFlags},
};
use opentelemetry_sdk::propagation::TraceContextPropagator;

use crate::trace_context::TraceParent;

/// The headers of W3C Trace Context, checked.
struct Carrier<'a> {
    parent: &'a TraceParent,
    state: Option<&'a str>,
}

/// The context with the parent of another process as its active span. A malformed `state` is left
/// out (W3C Trace Context §3.3.1.1).
pub fn with_remote(context: &Context, parent: &TraceParent, state: Option<&str>) -> Context {
    TraceContextPropagator::new().extract_with_context(context, &Carrier { parent, state })
}

/// The `traceparent` that names this span as the parent; `None` if its ids are invalid.
pub fn trace_parent(span: &SpanContext) -> Option<TraceParent> {
    let flags = span.trace_flags() & TraceFlags::SAMPLED;
    let text = format!("00-{}-{}-{flags:02x}", span.trace_id(), span.span_id());
    text.parse().ok()
}

// === impl Carrier ===

impl Extractor for Carrier<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        match name {
            "traceparent" => Some(self.parent.as_str()),
            "tracestate" => self.state,
            _ => None,
        }
    }

    fn keys(&self) -> Vec<&str> {
        vec!["traceparent", "tracestate"]
    }
}
