//! Maintenance: deletes rows that are no longer needed.
//!
//! The composition root starts it with every service and every relay, so rows are purged also where
//! no relay runs. Any number of processes may purge at the same time.

mod metrics;
mod purge_keys;

use std::{sync::Arc, time::Duration};

use tokio::{
    task::JoinHandle,
    time::{Instant, sleep},
};
use tracing::{debug, warn};

pub use self::metrics::{Metrics, Snapshot};
use crate::{
    db::{Db, DbError},
    error_chain::Chain,
    outbox::purge_published_events,
};

/// Rows deleted in a transaction, at most: a purge holds no row for long.
const BATCH_SIZE: i64 = 1_000;

/// When rows are purged.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The age at which published events are deleted.
    pub outbox_retention: Duration,
    /// The pause between purges.
    pub purge_interval: Duration,
}

/// A running purge. Dropping it ends the purge; a transaction in progress is rolled back.
#[derive(Debug)]
pub struct Maintenance {
    metrics: Arc<Metrics>,
    running: JoinHandle<()>,
}

// === impl Maintenance ===

impl Maintenance {
    /// Starts to purge at once, and then at each interval.
    pub fn start(db: Db, settings: Settings) -> Self {
        let metrics = Arc::new(Metrics::default());
        Self {
            metrics: Arc::clone(&metrics),
            running: tokio::spawn(run(db, settings, metrics)),
        }
    }

    /// The numbers of deleted rows.
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }
}

impl Drop for Maintenance {
    fn drop(&mut self) {
        self.running.abort();
    }
}

async fn run(db: Db, settings: Settings, metrics: Arc<Metrics>) {
    loop {
        if let Err(error) = purge(&db, &settings, &metrics).await {
            warn!("the purge ended early: {}", Chain(&error));
        }
        // Jitter spreads the purges of processes that started together.
        sleep(settings.purge_interval.mul_f64(0.8 + 0.4 * fastrand::f64())).await;
    }
}

/// Purges batch by batch until nothing is left, with a pause as long as each batch took.
async fn purge(db: &Db, settings: &Settings, metrics: &Metrics) -> Result<(), DbError> {
    loop {
        let start = Instant::now();
        let events = purge_published_events(db, settings.outbox_retention, BATCH_SIZE).await?;
        let keys = purge_keys::run(db, BATCH_SIZE).await?;
        if events + keys == 0 {
            return Ok(());
        }
        metrics.count(events, keys);
        debug!(events, keys, "purged");
        sleep(start.elapsed()).await;
    }
}
