//! The outbox relay: events leave the building.

mod publisher;

pub use publisher::{Event, Publisher, Undelivered};
