//! What the use cases share.

use super::metrics::Metrics;
use crate::{batch::Limits, db::Db, outbox::WakeUp};

/// What the use cases share.
#[derive(Clone, Debug)]
pub struct Resources {
    /// The database.
    pub db: Db,
    /// The bounds of each use case's batches.
    pub limits: Limits,
    /// Wakes the relay of this process after events were committed.
    pub wake_up: WakeUp,
    /// Counts what the use cases do.
    pub metrics: Metrics,
}
