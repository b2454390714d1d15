//! The bounded queue of ended spans.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use opentelemetry::Context;
use opentelemetry_otlp::SpanExporter as OtlpExporter;
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    trace::{BatchConfigBuilder, BatchSpanProcessor, Span, SpanData, SpanExporter, SpanProcessor},
};

use crate::log_limit::LogLimit;

/// The maximum number of ended spans that wait for the collector: about 4 MiB.
const QUEUED_SPANS: usize = 4096;

/// Passes ended spans to a thread that exports them in batches. A span that finds the queue full is
/// lost; a warning says so.
///
/// The SDK's processor has the same bound, and loses spans without a word.
#[derive(Debug)]
pub struct SpanQueue {
    processor: BatchSpanProcessor,
    queued: Arc<AtomicUsize>,
    losses: LogLimit,
}

/// Takes the spans that it has exported, or failed to export, out of the queue.
#[derive(Debug)]
struct Dequeuing {
    exporter: OtlpExporter,
    queued: Arc<AtomicUsize>,
}

// === impl SpanQueue ===

impl SpanQueue {
    /// Starts the thread.
    pub fn new(exporter: OtlpExporter) -> Self {
        let queued = Arc::default();
        let exporter = Dequeuing {
            exporter,
            queued: Arc::clone(&queued),
        };
        let config = BatchConfigBuilder::default().with_max_queue_size(QUEUED_SPANS);
        Self {
            processor: BatchSpanProcessor::new(exporter, config.build()),
            queued,
            losses: LogLimit::new(),
        }
    }
}

impl SpanProcessor for SpanQueue {
    fn on_start(&self, span: &mut Span, parent: &Context) {
        self.processor.on_start(span, parent);
    }

    fn on_end(&self, span: SpanData) {
        if !span.span_context.is_sampled() {
            return;
        }
        if self.queued.fetch_add(1, Ordering::Relaxed) < QUEUED_SPANS {
            return self.processor.on_end(span);
        }
        self.queued.fetch_sub(1, Ordering::Relaxed);
        let message = format_args!("a span is lost: {QUEUED_SPANS} wait for the collector");
        self.losses.warn(message);
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.processor.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.processor.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.processor.set_resource(resource);
    }
}

// === impl Dequeuing ===

impl SpanExporter for Dequeuing {
    async fn export(&self, spans: Vec<SpanData>) -> OTelSdkResult {
        let exported = spans.len();
        let result = self.exporter.export(spans).await;
        self.queued.fetch_sub(exported, Ordering::Relaxed);
        result
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}
