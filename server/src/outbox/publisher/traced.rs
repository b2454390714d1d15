//! The span of each attempt to publish.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use opentelemetry::{
    KeyValue,
    trace::{SpanBuilder, SpanKind},
};

use super::{DeliveryError, Publisher};
use crate::{
    outbox::event::Event,
    traces::{Span, Traces},
};

/// A publisher with a span for each attempt. The span continues the trace of the request that
/// caused the event; the publisher inside runs with it as the current one.
pub struct Traced {
    publisher: Arc<dyn Publisher>,
    /// The semantic conventions' `messaging.system`.
    system: &'static str,
    traces: Traces,
}

// === impl Traced ===

impl Traced {
    /// Traces the events of a publisher for this kind of broker. Without traces it is returned
    /// as it is.
    pub fn wrap(
        publisher: Arc<dyn Publisher>,
        system: &'static str,
        traces: &Traces,
    ) -> Arc<dyn Publisher> {
        if !traces.is_on() {
            return publisher;
        }
        Arc::new(Self {
            publisher,
            system,
            traces: traces.clone(),
        })
    }

    fn start(&self, event: &Event) -> Span {
        let span = self.traces.span(event.trace_parent.as_ref(), None, || {
            SpanBuilder::from_name(format!("publish {}", event.event_type))
                .with_kind(SpanKind::Producer)
                .with_attributes([
                    KeyValue::new("messaging.system", self.system),
                    KeyValue::new("messaging.operation.name", "publish"),
                    KeyValue::new("messaging.operation.type", "send"),
                    KeyValue::new("messaging.destination.name", event.event_type.clone()),
                    KeyValue::new("messaging.message.id", event.id.to_string()),
                ])
        });
        if let Some(own) = span.trace_parent() {
            let log_span = tracing::Span::current();
            if event.trace_parent.is_none() {
                log_span.record("trace_id", own.trace_id());
            }
            log_span.record("span_id", own.parent_id());
        }
        span
    }
}

impl Publisher for Traced {
    fn publish<'a>(&'a self, event: &'a Event) -> BoxFuture<'a, Result<(), DeliveryError>> {
        Box::pin(async move {
            let span = self.start(event);
            let published = span
                .around(async { self.publisher.publish(event).await })
                .await;
            if let Err(error) = &published {
                span.fail(error.kind());
            }
            span.end();
            published
        })
    }

    fn check(&self) -> BoxFuture<'_, Result<String, DeliveryError>> {
        self.publisher.check()
    }
}
