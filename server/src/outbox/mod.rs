//! The transactional outbox: events are appended in the transaction of the change that they
//! announce, and the relay publishes them.
//!
//! **Invariant:** an event is published at least once, and the events of one order in their order.
//! It is marked as published only after the broker has acknowledged it, and the next event of its
//! order is claimed only after that.
//!
//! **Invariant:** any number of relays may run. A relay leases the events that it works on, by the
//! database's clock, so a relay that is killed delays its events and loses none.
//!
//! [`append`] writes events, [`relay`] publishes them through a [`publisher`], [`events`] shows
//! them to operators, and `store` has the rest of the SQL.

mod append;
mod command;
mod event;
pub mod events;
mod metrics;
pub mod publisher;
pub mod relay;
mod store;
mod wake_up;

pub use append::{NewEvent, append};
pub use command::{CommandError, run as run_command};
pub use event::Event;
pub use metrics::{Metrics, Snapshot};
pub use relay::Relay;
pub use store::purge_published_events;
pub use wake_up::WakeUp;
