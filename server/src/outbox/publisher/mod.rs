//! Publishers: each sends events to one kind of broker.
//!
//! A [`Publisher`] sends one event and reports when the broker has acknowledged it. Order, retries,
//! parking and marking are the relay's part.
//!
//! To add a publisher (Kafka, for example): implement the trait in a file of its own
//! (`publisher/kafka.rs`), add a variant with its URL scheme to `endpoint::Endpoint`,
//! and one line to [`connect`].

mod cloud_event;
mod connect;
mod delivery_error;
mod endpoint;
mod log;
mod nats;
mod settings;
mod traced;
mod webhook;

pub use connect::connect;
pub use delivery_error::DeliveryError;
use futures_util::future::BoxFuture;
pub use settings::{Settings, SettingsError};

use super::event::Event;

/// Sends events to a broker.
///
/// The relay polls many of these futures concurrently, but never two for events of the same order.
/// An implementation therefore needs no queue and no order of its own. Every attempt of an event
/// carries the same `id`.
pub trait Publisher: Send + Sync + 'static {
    /// Completes after the broker has acknowledged the event, and not earlier.
    ///
    /// # Errors
    /// [`DeliveryError`] by what the relay has to do next. The broker may have stored the event
    /// nevertheless, if only the acknowledgement was lost.
    fn publish<'a>(&'a self, event: &'a Event) -> BoxFuture<'a, Result<(), DeliveryError>>;

    /// Says in one sentence whether the broker could take events, without sending one.
    ///
    /// # Errors
    /// [`DeliveryError`] if the broker cannot be reached.
    fn check(&self) -> BoxFuture<'_, Result<String, DeliveryError>>;
}
