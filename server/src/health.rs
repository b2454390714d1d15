//! Readiness: whether this process should receive requests.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use thiserror::Error;
use tokio::task::AbortHandle;

use crate::db::{Db, DbError};

/// Checks readiness. Cheap to clone; clones share the state.
#[derive(Clone, Debug)]
pub struct Readiness {
    db: Db,
    stopping: Arc<AtomicBool>,
    ping: Arc<Mutex<Option<SharedPing>>>,
    relay: Option<AbortHandle>,
}

/// A statement on its way to the database, which several checks wait for.
type SharedPing = Shared<BoxFuture<'static, Result<(), Arc<DbError>>>>;

/// Why the process should receive no requests.
#[derive(Debug, Error)]
pub enum NotReady {
    /// [`Readiness::stop`] was called.
    #[error("the process is shutting down")]
    ShuttingDown,
    /// The relay of this process has ended by a panic. A restart brings it back.
    #[error("the relay has ended")]
    RelayEnded,
    /// The database does not respond, or a response to a request is overdue.
    #[error(transparent)]
    Database(#[from] Arc<DbError>),
}

// === impl Readiness ===

impl Readiness {
    /// Ready while the database responds and the task of the relay, if there is one, runs.
    pub fn new(db: Db, relay: Option<AbortHandle>) -> Self {
        Self {
            db,
            relay,
            stopping: Arc::default(),
            ping: Arc::default(),
        }
    }

    /// Ends readiness for good, at the beginning of the shutdown.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// Sends one statement to the database, unless one is on its way: checks at the same time share
    /// it, so that a flood of them takes one connection.
    ///
    /// # Errors
    /// [`NotReady`], by cause.
    pub async fn check(&self) -> Result<(), NotReady> {
        if self.stopping.load(Ordering::Relaxed) {
            return Err(NotReady::ShuttingDown);
        }
        if self.relay.as_ref().is_some_and(AbortHandle::is_finished) {
            return Err(NotReady::RelayEnded);
        }
        Ok(self.shared_ping().await?)
    }

    fn shared_ping(&self) -> SharedPing {
        let mut ping = self.ping.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ping) = &*ping
            && ping.peek().is_none()
        {
            return ping.clone();
        }
        let db = self.db.clone();
        let started = async move { db.ping().await.map_err(Arc::new) };
        ping.insert(started.boxed().shared()).clone()
    }
}
