//! Starting and stopping a relay.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::watch,
    task::{AbortHandle, JoinHandle},
};

use super::{event_loop::EventLoop, settings::Settings};
use crate::{
    db::Db,
    outbox::{metrics::Metrics, publisher::Publisher, wake_up::WakeUp},
};

/// A running relay. Dropping it stops it without waiting for events in flight.
#[derive(Debug)]
pub struct Relay {
    metrics: Arc<Metrics>,
    stop: watch::Sender<Option<Duration>>,
    running: JoinHandle<()>,
}

// === impl Relay ===

impl Relay {
    /// Starts to publish the events of the outbox. `wake_up` reports events that this process has
    /// appended; those of other processes are found by polls.
    pub fn start(
        db: Db,
        publisher: Arc<dyn Publisher>,
        wake_up: WakeUp,
        settings: Settings,
    ) -> Self {
        let metrics = Arc::new(Metrics::default());
        let event_loop = EventLoop::new(db, publisher, Arc::clone(&metrics), settings);
        let stop = watch::Sender::new(None);
        let stopped = stopped(stop.subscribe());
        Self {
            metrics,
            stop,
            running: tokio::spawn(event_loop.run(wake_up, stopped)),
        }
    }

    /// The relay's metrics.
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// Tells whether the relay still runs.
    pub fn task(&self) -> AbortHandle {
        self.running.abort_handle()
    }

    /// Claims no more events, waits up to `timeout` for those in flight, writes what became of
    /// them, and releases the rest.
    pub async fn stop(self, timeout: Duration) {
        let _ = self.stop.send(Some(timeout)); // the event loop may have ended by a panic
        let _ = self.running.await;
    }
}

/// Completes with the timeout of [`Relay::stop`], or with zero when the relay is dropped.
async fn stopped(mut stop: watch::Receiver<Option<Duration>>) -> Duration {
    let timeout = stop.wait_for(Option::is_some).await;
    timeout.map_or(Duration::ZERO, |timeout| timeout.unwrap_or_default())
}
