//! The SQL of the outbox, except that of [`append`](super::append): the only callers of the
//! statements in `queries/outbox.sql`.
//!
//! **Invariant:** an event that has a lease is changed only under this lease, with one exception:
//! it is marked as published whenever the broker has acknowledged it.
//!
//! **Invariant:** no transaction outlives a call.

mod claim;
mod complete;
mod completion;
mod event_keys;
mod lease;
mod list;
mod poll;
mod purge;
mod range;
mod retry;
mod scan;
mod stored_event;

pub use claim::{ClaimedEvent, claim};
pub use complete::complete;
pub use completion::{Completion, Outcome, Retry};
#[cfg(test)]
pub use lease::Lease;
pub use list::list;
pub use poll::{BacklogSize, Waiting, backlog_size, poll};
pub use purge::purge_published_events;
pub use range::{EventRange, Position};
pub use retry::{RetryOutcome, retry, retry_all};
pub use scan::Scan;
pub use stored_event::StoredEvent;
