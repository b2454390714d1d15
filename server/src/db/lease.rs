//! A connection for the time of a transaction. It goes back to the pool only when the transaction
//! has ended; whatever else becomes of it, a panic or a task that is dropped, closes it, and the
//! database rolls back.

use std::{
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use deadpool_postgres::{Client, Object};

/// A leased connection. Shared, so that work can own it while the transaction does.
pub type Connection = Arc<Lease>;

/// See the module.
#[derive(Debug)]
pub struct Lease {
    /// Empty only while it is dropped.
    client: Option<Client>,
    ended: AtomicBool,
}

// === impl Lease ===

impl Lease {
    /// Takes a connection on which a transaction is about to begin.
    pub fn new(client: Client) -> Connection {
        Arc::new(Self {
            client: Some(client),
            ended: AtomicBool::new(false),
        })
    }

    /// Says that no transaction is open any more.
    pub fn give_back(&self) {
        self.ended.store(true, Ordering::Relaxed);
    }
}

impl Deref for Lease {
    type Target = Client;

    fn deref(&self) -> &Client {
        #[expect(
            clippy::expect_used,
            reason = "nobody has a reference while it is dropped"
        )]
        self.client.as_ref().expect("a lease has its connection")
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if !*self.ended.get_mut() {
            self.client.take().map(Object::take);
        }
    }
}
