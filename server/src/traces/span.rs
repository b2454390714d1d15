//! A span, or none.

use futures_util::future::Either;
use opentelemetry::{
    Context, KeyValue, Value,
    trace::{
        FutureExt, Link, SpanBuilder, SpanContext, Status, TraceContextExt, Tracer, WithContext,
    },
};
use opentelemetry_sdk::trace::SdkTracer;

use super::propagation;
use crate::trace_context::TraceParent;

/// The attribute with the kind of an error.
const ERROR_TYPE: &str = "error.type";

/// A span of this process, or none. Clones are the same span. It ends when [`end`](Self::end) is
/// called, otherwise when its last clone is dropped.
///
/// The current span belongs to the task that polls a future [`around`](Self::around) it.
#[derive(Clone, Debug, Default)]
pub struct Span(
    /// Holds the tracer, which starts the children.
    Option<Context>,
);

// === impl Span ===

impl Span {
    /// The current span.
    pub fn current() -> Self {
        Self(Context::map_current(|context| {
            context.has_active_span().then(|| context.clone())
        }))
    }

    /// Whether this is a span.
    pub fn is_some(&self) -> bool {
        self.0.is_some()
    }

    /// A child of this span; none if this span is none. Not sampled if this span is not, unless
    /// the sampler disregards parents.
    pub fn child(&self, child: impl FnOnce() -> SpanBuilder) -> Self {
        Self(self.0.as_ref().and_then(|parent| start(parent, child())))
    }

    /// The first span of a trace of its own, with a link to each of these spans; none if all of
    /// them are none. Sampled if one of them is.
    pub fn linked_to<'a>(
        spans: impl Iterator<Item = &'a Self>,
        linked: impl FnOnce() -> SpanBuilder,
    ) -> Self {
        let contexts: Vec<_> = spans.filter_map(|span| span.0.as_ref()).collect();
        let root = contexts.first().and_then(|any| {
            let link = |context: &&Context| Link::with_context(span_context(context));
            let linked = linked().with_links(contexts.iter().map(link).collect());
            start(&any.with_remote_span_context(SpanContext::NONE), linked)
        });
        Self(root)
    }

    /// Adds a link to the other span.
    pub fn link(&self, other: &Self) {
        if let (Some(context), Some(other)) = (&self.0, &other.0) {
            context.span().add_link(span_context(other), Vec::new());
        }
    }

    /// Sets an attribute.
    pub fn set(&self, name: &'static str, value: impl Into<Value>) {
        if let Some(context) = &self.0 {
            context.span().set_attribute(KeyValue::new(name, value));
        }
    }

    /// Marks the span as failed, with the kind of the error: one of a few constant texts.
    pub fn fail(&self, error_type: impl Into<Value>) {
        if let Some(context) = &self.0 {
            context
                .span()
                .set_attribute(KeyValue::new(ERROR_TYPE, error_type));
            context.span().set_status(Status::error(""));
        }
    }

    /// Ends the span now. Children may still start.
    pub fn end(&self) {
        if let Some(context) = &self.0 {
            context.span().end();
        }
    }

    /// The `traceparent` that names this span as the parent.
    pub fn trace_parent(&self) -> Option<TraceParent> {
        propagation::trace_parent(self.0.as_ref()?.span().span_context())
    }

    /// Runs the function with this span as the current one.
    pub fn enter<T>(&self, run: impl FnOnce() -> T) -> T {
        let _entered = self.0.clone().map(Context::attach);
        run()
    }

    /// Polls the future with this span as the current one.
    pub fn around<F: Future>(&self, future: F) -> Either<F, WithContext<F>> {
        match self.0.clone() {
            None => Either::Left(future),
            Some(context) => Either::Right(future.with_context(context)),
        }
    }
}

/// Starts a span below the active one of `parent`, which holds the tracer.
pub(super) fn start(parent: &Context, span: SpanBuilder) -> Option<Context> {
    let tracer = parent.get::<SdkTracer>()?;
    Some(parent.with_span(tracer.build_with_context(span, parent)))
}

impl From<Option<Context>> for Span {
    fn from(context: Option<Context>) -> Self {
        Self(context)
    }
}

fn span_context(context: &Context) -> SpanContext {
    context.span().span_context().clone()
}
