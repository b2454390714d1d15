//! The spans of waits and of batches.

use std::iter;

use opentelemetry::{KeyValue, trace::SpanBuilder};

use super::handler::Attempt;
use crate::traces::Span;

/// The trace of a request that waits for a worker; boxed, because most often there is none.
pub struct WaitTrace(Option<Box<Spans>>);

struct Spans {
    /// That of the caller.
    request: Span,
    wait: Span,
}

// === impl WaitTrace ===

impl WaitTrace {
    /// The request of the current span starts to wait.
    pub fn start(operation: &'static str) -> Self {
        Self::of(Span::current(), operation)
    }

    /// The request waits again, to be handled by itself.
    pub fn again(self, operation: &'static str) -> Self {
        match self.0 {
            None => self,
            Some(spans) => Self::of(spans.request, operation),
        }
    }

    fn of(request: Span, operation: &'static str) -> Self {
        Self(request.is_some().then(|| {
            let wait = request.child(|| describe("wait for a batch".to_owned(), operation, &[]));
            Box::new(Spans { request, wait })
        }))
    }
}

/// Ends the waits of these requests, and starts the span that handles them. That of a batch has a
/// trace of its own, with links to its requests; that of a single request is a child of the
/// request. Each wait has a link to it.
pub fn handle<'a>(
    waits: impl Iterator<Item = &'a WaitTrace> + Clone,
    operation: &'static str,
    attempt: Attempt,
) -> Span {
    let traced = waits.clone().filter_map(|wait| wait.0.as_deref());
    let mut requests = traced.clone().map(|spans| &spans.request);
    let span = match attempt {
        Attempt::Batched => Span::linked_to(requests, || {
            let size = KeyValue::new("orders.batch.size", waits.count() as i64);
            describe(format!("batch {operation}"), operation, &[size])
        }),
        Attempt::Single => requests
            .next()
            .map(|request| {
                request.child(|| describe(format!("single {operation}"), operation, &[]))
            })
            .unwrap_or_default(),
    };
    for spans in traced {
        spans.wait.link(&span);
        spans.wait.end();
    }
    span
}

/// Ends the span of a batch or of a single request. `handled` fails if the handler panicked.
pub fn end<T, E, P>(span: &Span, handled: &Result<Result<T, E>, P>) {
    match handled {
        Ok(Ok(_)) => {}
        Ok(Err(_)) => span.fail("failed"),
        Err(_) => span.fail("panic"),
    }
    span.end();
}

fn describe(name: String, operation: &'static str, more: &[KeyValue]) -> SpanBuilder {
    let operation = KeyValue::new("orders.operation", operation);
    SpanBuilder::from_name(name).with_attributes(iter::once(operation).chain(more.iter().cloned()))
}
