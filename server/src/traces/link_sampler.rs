//! Samples a span with links as the linked spans are.

use opentelemetry::{
    Context, KeyValue,
    trace::{Link, SpanKind, TraceContextExt, TraceId, TraceState},
};
use opentelemetry_sdk::trace::{SamplingDecision, SamplingResult, ShouldSample};

/// Samples the first span of a trace if it has a link to a sampled span, and drops it if all of its
/// links are to others. Every other span is left to the sampler inside.
///
/// A batch has a trace of its own. Sampled for itself at a ratio of one in ten, only one batch in
/// ten of those that sampled requests link to would exist.
#[derive(Clone, Debug)]
pub struct LinkSampler(pub Box<dyn ShouldSample>);

// === impl LinkSampler ===

impl ShouldSample for LinkSampler {
    fn should_sample(
        &self,
        parent_context: Option<&Context>,
        trace_id: TraceId,
        name: &str,
        span_kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        let has_parent =
            parent_context.is_some_and(|parent| parent.span().span_context().is_valid());
        if has_parent || links.is_empty() {
            let inner = &self.0;
            return inner.should_sample(
                parent_context,
                trace_id,
                name,
                span_kind,
                attributes,
                links,
            );
        }
        let is_sampled = |link: &Link| link.span_context.is_sampled();
        SamplingResult {
            decision: if links.iter().any(is_sampled) {
                SamplingDecision::RecordAndSample
            } else {
                SamplingDecision::Drop
            },
            attributes: Vec::new(),
            trace_state: TraceState::NONE,
        }
    }
}
