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

use deadpool_postgres::{Client, Object};

/// A guarded connection. Shared, because the statements' future and the transaction both use it.
pub type Connection = Arc<TransactionGuard>;

/// Closes its connection when dropped, unless [`release`](Self::release) was called.
#[derive(Debug)]
pub struct TransactionGuard {
    /// `None` only while it is dropped.
    client: Option<Client>,
    released: AtomicBool,
}

// === impl TransactionGuard ===

impl TransactionGuard {
    /// Guards a connection on which a transaction is about to begin.
    pub fn new(client: Client) -> Connection {
        Arc::new(Self {
            client: Some(client),
            released: AtomicBool::new(false),
        })
    }

    /// Returns the connection to the pool when the guard is dropped. The transaction has ended.
    pub fn release(&self) {
        self.released.store(true, Ordering::Relaxed);
    }
}

impl Deref for TransactionGuard {
    type Target = Client;

    fn deref(&self) -> &Client {
        #[expect(
            clippy::expect_used,
            reason = "only `drop` takes the client, and no reference exists then"
        )]
        self.client.as_ref().expect("the guard has its client")
    }
}

impl Drop for TransactionGuard {
    fn drop(&mut self) {
        if !*self.released.get_mut() {
            self.client.take().map(Object::take);
        }
    }
}
