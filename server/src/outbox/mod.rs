//! The outbox relay: events leave the building.

pub mod publish;
mod publisher;

pub use publisher::{Event, Publisher, Undelivered};
