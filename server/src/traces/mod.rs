//! Traces: OpenTelemetry spans of requests, waits, batches, transactions and publishes, exported
//! over OTLP (HTTP with protobuf).
//!
//! [`Traces`] starts the spans without a parent in this process: of a request, and of a publish.
//! Every other [`Span`] is a child of the current one, or has links to spans. Without a collector
//! no span exists, so all of these cost a branch and neither an allocation nor a lock.
//!
//! Names and attributes follow the semantic conventions of OpenTelemetry (HTTP, database,
//! messaging). No attribute contains a body, a header, a query, an idempotency key, or a value of
//! a statement.
//!
//! **Invariant:** the collector delays no request. Ended spans wait in a bounded queue; a span that
//! finds it full is lost, and a thread of its own exports them.

mod collector;
mod link_sampler;
mod propagation;
mod provider;
mod queue;
mod settings;
mod span;

pub use provider::{Traces, TracesError};
pub use settings::{Settings, SettingsError};
pub use span::Span;
