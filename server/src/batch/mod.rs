//! Batches concurrent requests into one transaction.
//!
//! A fixed number of workers handle batches. A request that finds an idle worker is handled at once
//! and alone. While all workers are busy, requests gather in a fair queue (`fair_queue.rs`), and
//! the next worker that becomes free takes up to a batch of them. There is no timer: a batch forms
//! only while all workers are busy.
//!
//! This module knows nothing of orders: a [`BatchHandler`] says what a batch of requests means.
//!
//! **Invariant:** an accepted request is handled to its end, also after its caller has stopped
//! waiting.
//!
//! **Invariant:** a failure stays with its request: the requests of a failed batch are handled one
//! by one (`single.rs`), unless the error [affects all of them](BatchError::affects_all).
//!
//! **Invariant:** a worker never waits for a single request. A tenant with a single request joins
//! no batch until that request has ended, so a locked row fails one batch and not each of them.
//!
//! **Invariant:** tenants are served round robin. If the queue is full, the tenant with the most
//! waiting requests loses its latest one.

mod batcher;
mod fair_queue;
mod handler;
mod metrics;
mod single;
#[cfg(test)]
mod tests;
mod traces;

pub use batcher::{Batcher, Limits};
pub use handler::{Attempt, BatchError, BatchHandler, RequestError};
pub use metrics::Metrics;
