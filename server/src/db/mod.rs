//! The database: a pool, and transactions in a tenant's name.
//!
//! **Invariant:** a statement on a tenant's rows runs inside [`Db::transaction`]; outside of one, row-level security
//! shows nothing.
//!
//! **Invariant:** what is taken from the pool was prepared before, so every statement is on the wire as soon as its
//! future is first polled, and futures joined in order (`biased`) arrive in order.

mod connect;
mod error;
mod migrate;
mod statements;

use std::{sync::Arc, time::Duration};

use deadpool_postgres::{Client, Object, Pool};
use orders_core::tenant::TenantId;
use orders_db::queries::session;
use tracing::warn;

pub use connect::{ConnectError, Database};
pub use error::DbError;
pub use migrate::{MigrateError, migrate};

/// How often a transaction that lost against another is run in all (40001, 40P01).
const ATTEMPTS: u32 = 3;

/// How long a transaction waits for a lock while others wait for the transaction.
const BRIEF: Duration = Duration::from_millis(50);

/// A connection with an open transaction. Shared, so that work can own it while the transaction does.
pub type Connection = Arc<Client>;

/// The database as the use cases see it.
#[derive(Clone, Debug)]
pub struct Db {
    pool: Pool,
    lock_timeout: Duration,
}

/// The tenants in whose name a transaction runs.
#[derive(Debug)]
pub struct Tenants {
    names: String,
    patient: bool,
}

// === impl Db ===

impl Db {
    /// Runs `work` in a transaction that sees the rows of `tenants` alone, commits it, and says so only then.
    ///
    /// `BEGIN` travels with the first statements of `work`, in one round trip. `work` runs again from the start when
    /// the database asks for that (serialization failure, deadlock).
    ///
    /// # Errors
    /// [`DbError`]. Nothing is stored then, unless it is [`DbError::Unavailable`]: the connection can be lost before
    /// it tells whether the commit took place.
    pub async fn transaction<T, F>(
        &self,
        tenants: &Tenants,
        work: impl Fn(Connection) -> F,
    ) -> Result<T, DbError>
    where
        F: Future<Output = Result<T, tokio_postgres::Error>>,
    {
        let mut attempt = 1;
        loop {
            let client = Arc::new(self.client().await?);
            let (opened, worked) = tokio::join!(
                biased;
                self.open(&client, tenants),
                work(Arc::clone(&client)),
            );
            let result = match opened.and(worked) {
                Ok(value) => client.batch_execute("COMMIT").await.map(|()| value),
                Err(error) => Err(error),
            };
            match result {
                Ok(value) => return Ok(value),
                Err(error) => {
                    abandon(client).await;
                    if !error::is_lost_race(&error) || attempt == ATTEMPTS {
                        return Err(error.into());
                    }
                    warn!(attempt, "running a transaction again: {error}");
                    attempt += 1;
                }
            }
        }
    }

    /// Runs one statement that only reads, on the rows of `tenants` alone, in a single round trip.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn read<T, F>(
        &self,
        tenants: &Tenants,
        statement: impl FnOnce(Connection) -> F,
    ) -> Result<T, DbError>
    where
        F: Future<Output = Result<T, tokio_postgres::Error>>,
    {
        let client = Arc::new(self.client().await?);
        let (opened, result, closed) = tokio::join!(
            biased;
            self.open(&client, tenants),
            statement(Arc::clone(&client)),
            client.batch_execute("COMMIT"), // nothing is lost if it goes before the statement's answer is here
        );
        let result = opened.and(result);
        if closed.is_err() {
            abandon(client).await;
        }
        Ok(result?)
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), DbError> {
        let client = self.client().await?;
        session::ping().bind(&client).one().await?;
        Ok(())
    }

    /// Closes the pool; connections in use are closed when they are returned.
    pub fn close(&self) {
        self.pool.close();
    }

    /// Opens a transaction in the tenants' name.
    async fn open(&self, client: &Client, tenants: &Tenants) -> Result<(), tokio_postgres::Error> {
        let enter = session::enter_tenants();
        // Where others wait, a lock is waited for only a little: the call that needs it is tried again by itself.
        let lock_timeout = if tenants.patient {
            self.lock_timeout
        } else {
            self.lock_timeout.min(BRIEF)
        };
        let lock_timeout = lock_timeout.as_millis().to_string();
        let (begun, entered) = tokio::join!(
            biased;
            client.batch_execute("BEGIN"),
            enter.bind(client, &tenants.names, &lock_timeout).one(),
        );
        begun?;
        entered?;
        Ok(())
    }

    async fn client(&self) -> Result<Client, DbError> {
        let client = self.pool.get().await?;
        if Object::metrics(&client).recycle_count == 0
            && let Err(error) = statements::prepare(&client).await
        {
            // Half prepared it would break the order of pipelined statements.
            drop(Object::take(client));
            return Err(error.into());
        }
        Ok(client)
    }
}

// === impl Tenants ===

impl Tenants {
    /// The tenants of some calls, which are `patient` if nobody waits behind them.
    pub fn of<'a>(calls: impl IntoIterator<Item = &'a TenantId>, patient: bool) -> Self {
        let mut tenants: Vec<_> = calls.into_iter().map(TenantId::as_str).collect();
        tenants.sort_unstable();
        tenants.dedup();
        Self {
            names: tenants.join(","),
            patient,
        }
    }
}

/// Rolls back. A connection that cannot do even that is not given back to the pool.
async fn abandon(connection: Connection) {
    if connection.batch_execute("ROLLBACK").await.is_err() {
        // `work` has ended and with it the only other handle.
        Arc::into_inner(connection).map(Object::take);
    }
}
