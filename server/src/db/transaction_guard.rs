//! A connection during a transaction.
//!
//! The connection returns to the pool only after the transaction has ended. A panic or a dropped
//! future closes it instead, and the database rolls back.

use std::{
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use super::session::Session;

/// A guarded connection. Shared, because the statements' future and the transaction both use it.
pub type Connection = Arc<TransactionGuard>;

/// Closes its connection when dropped, unless [`release`](Self::release) was called.
#[derive(Debug)]
pub struct TransactionGuard {
    /// `None` only while it is dropped.
    session: Option<Session>,
    released: AtomicBool,
}

// === impl TransactionGuard ===

impl TransactionGuard {
    /// Guards a connection on which a transaction is about to begin.
    pub fn new(session: Session) -> Connection {
        Arc::new(Self {
            session: Some(session),
            released: AtomicBool::new(false),
        })
    }

    /// Returns the connection to the pool when the guard is dropped. The transaction has ended.
    pub fn release(&self) {
        self.released.store(true, Ordering::Relaxed);
    }
}

impl Deref for TransactionGuard {
    type Target = Session;

    fn deref(&self) -> &Session {
        #[expect(
            clippy::expect_used,
            reason = "only `drop` takes the session, and no reference exists then"
        )]
        self.session.as_ref().expect("the guard has its session")
    }
}

impl Drop for TransactionGuard {
    fn drop(&mut self) {
        if !*self.released.get_mut()
            && let Some(session) = self.session.take()
        {
            session.close();
        }
    }
}
