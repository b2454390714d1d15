//! Readiness: whether this process should receive requests.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use thiserror::Error;

use crate::db::{Db, DbError};

/// Checks readiness. Cheap to clone; clones share the state.
#[derive(Clone, Debug)]
pub struct Readiness {
    db: Db,
    stopping: Arc<AtomicBool>,
}

/// Why the process should receive no requests.
#[derive(Debug, Error)]
pub enum NotReady {
    /// [`Readiness::stop`] was called.
    #[error("the process is shutting down")]
    ShuttingDown,
    /// The database does not respond.
    #[error(transparent)]
    Database(#[from] DbError),
}

// === impl Readiness ===

impl Readiness {
    /// Ready while the database responds.
    pub fn new(db: Db) -> Self {
        Self {
            db,
            stopping: Arc::default(),
        }
    }

    /// Ends readiness for good, at the beginning of the shutdown.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// Sends one statement to the database.
    ///
    /// # Errors
    /// [`NotReady`], by cause.
    pub async fn check(&self) -> Result<(), NotReady> {
        if self.stopping.load(Ordering::Relaxed) {
            return Err(NotReady::ShuttingDown);
        }
        Ok(self.db.ping().await?)
    }
}
