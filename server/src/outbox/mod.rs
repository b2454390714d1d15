//! The outbox relay: events leave the building.
//!
//! At least once, and in order per order: an event is marked only after the broker has acknowledged
//! it, and an order's next event is claimed only after the one before it was marked. Any number of
//! relays may run; what one works on it holds by a lease on the database's clock, so that a relay
//! which dies delays its events and loses none.
//!
//! Events go to the [`Publisher`]; `worker` says how, `attempt` what becomes of one event, `store`
//! has the SQL.

mod append;
mod attempt;
mod away;
mod backoff;
mod command;
mod event;
mod figures;
pub mod publisher;
mod purge;
mod store;
mod turns;
mod wake;
mod worker;

use std::{sync::Arc, time::Duration};

pub use append::{NewEvent, append};
pub use command::{CommandError, run as run_command};
pub use event::Event;
pub use figures::{Figures, Reading};
use publisher::Publisher;
use tokio::{sync::watch, task::JoinHandle};
pub use wake::WakeUp;

use self::{
    attempt::Rules,
    backoff::Backoff,
    purge::Purge,
    store::Store,
    worker::{Pace, Worker},
};
use crate::{config::RelayConfig, db::Db};

/// A running relay. Dropping it stops it without waiting.
#[derive(Debug)]
pub struct Relay {
    figures: Arc<Figures>,
    stop: watch::Sender<Option<Duration>>,
    working: JoinHandle<()>,
    purging: JoinHandle<()>,
}

// === impl Relay ===

impl Relay {
    /// Starts to publish what is in the outbox. `wake_up` tells it of events that this process
    /// writes.
    pub fn start(
        db: Db,
        publisher: Arc<dyn Publisher>,
        wake_up: WakeUp,
        config: &RelayConfig,
    ) -> Self {
        let figures = Arc::new(Figures::default());
        let purge = Purge {
            db: db.clone(),
            figures: Arc::clone(&figures),
            retention: config.outbox_retention,
            interval: config.purge_interval,
        };
        let rules = config.rules();
        let worker = Worker::new(
            Store::new(db),
            publisher,
            wake_up,
            Arc::clone(&figures),
            config.pace(),
            rules,
        );
        let stop = watch::Sender::new(None);
        let (stop_working, stop_purging) = (stopped(&stop), stopped(&stop));
        Self {
            figures,
            stop,
            working: tokio::spawn(worker.run(stop_working)),
            purging: tokio::spawn(async move {
                tokio::select! {
                    _ = stop_purging => {}
                    () = purge.run() => {}
                }
            }),
        }
    }

    /// What it has done, and what is left.
    pub fn figures(&self) -> &Arc<Figures> {
        &self.figures
    }

    /// Claims nothing more, waits for what is on its way to the broker, but no longer than
    /// `patience`, marks it, and gives back the rest.
    pub async fn stop(self, patience: Duration) {
        let _ = self.stop.send(Some(patience)); // both may have ended by themselves
        let _ = self.working.await;
        let _ = self.purging.await;
    }
}

/// Completes with the patience that is left when the relay is told to stop, or dropped.
fn stopped(stop: &watch::Sender<Option<Duration>>) -> impl Future<Output = Duration> + use<> {
    let mut stop = stop.subscribe();
    async move {
        let told = stop.wait_for(Option::is_some).await;
        told.map_or(Duration::ZERO, |patience| patience.unwrap_or_default())
    }
}

impl RelayConfig {
    fn rules(&self) -> Rules {
        Rules {
            // after the publisher's own: only it knows whose fault it is
            timeout: self.publisher.publish_timeout * 3 / 2,
            attempts: self.relay_attempts,
            backoff: Backoff {
                first: self.relay_backoff,
                most: self.relay_backoff_max,
            },
        }
    }

    fn pace(&self) -> Pace {
        Pace {
            in_flight: self.relay_in_flight as usize,
            batch: self.relay_batch as usize,
            poll: self.relay_poll,
            poll_max: self.relay_poll_max,
        }
    }
}
