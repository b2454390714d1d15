//! Events as log lines: for trying things out, and for those whose log pipeline is their broker.

use futures_util::future::{BoxFuture, FutureExt, ready};
use tracing::info;

use crate::outbox::{Event, Publisher, Undelivered};

/// Writes one line an event at `info`. A line that was written counts as acknowledged.
#[derive(Clone, Copy, Debug)]
pub struct Log;

// === impl Log ===

impl Publisher for Log {
    fn publish<'a>(&'a self, event: &'a Event) -> BoxFuture<'a, Result<(), Undelivered>> {
        // The span has the rest.
        info!(payload = event.payload, "{}", event.event_type);
        ready(Ok(())).boxed()
    }
}
