//! The span of a transaction.

use opentelemetry::{
    KeyValue,
    trace::{SpanBuilder, SpanKind},
};

use super::error::DbError;
use crate::traces::Span;

/// The span of a transaction in the trace of a request or of a batch. Transactions that belong to
/// neither have none: the relay polls several times a second.
pub struct TransactionSpan {
    span: Span,
    retries: i64,
}

// === impl TransactionSpan ===

impl TransactionSpan {
    /// Starts the span. The name is the transaction's, in the semantic conventions the summary of
    /// its statements.
    pub fn start(name: &'static str) -> Self {
        let span = Span::current().child(|| {
            SpanBuilder::from_name(name)
                .with_kind(SpanKind::Client)
                .with_attributes([
                    KeyValue::new("db.system.name", "postgresql"),
                    KeyValue::new("db.query.summary", name),
                ])
        });
        Self { span, retries: 0 }
    }

    /// The transaction runs again after a serialization failure.
    pub fn on_retry(&mut self) {
        self.retries += 1;
        self.span.set("orders.db.retries", self.retries);
    }

    /// Ends the span.
    pub fn end<T>(self, result: &Result<T, DbError>) {
        if let Err(error) = result {
            self.span.fail(error.kind());
            if let Some(code) = error.sqlstate() {
                self.span
                    .set("db.response.status_code", code.code().to_owned());
            }
        }
    }
}
