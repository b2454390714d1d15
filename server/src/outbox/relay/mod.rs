//! The relay: polls the outbox, claims events, publishes them and writes what became of them, all
//! concurrently.
//!
//! One task, the event loop (`event_loop.rs`), holds all state and starts everything else. No step
//! waits for a timer while there is work: during claims, tenants gather for the next claims; during
//! writes, completions gather for the next ones.
//!
//! **Invariant:** an event is completed as published only after the publisher has returned `Ok`.
//!
//! **Invariant:** no transaction is open, and no lock is held, while an event is published.
//!
//! **Invariant:** at most one event of an order is in flight over all relays: a later one cannot be
//! claimed before the earlier one is marked.

mod backoff;
mod circuit_breaker;
mod claim_window;
mod completions;
mod event_loop;
mod handle;
mod lookout;
mod outage;
mod parking;
mod poll_timer;
mod publish_attempt;
mod settings;
mod tenant_schedule;

pub use backoff::Backoff;
pub use handle::Relay;
pub use settings::Settings;
