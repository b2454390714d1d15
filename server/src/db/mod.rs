//! The database: a pool, and transactions in the name of tenants.
//!
//! **Invariant:** a statement on tenants' rows runs inside [`Db::transaction`] or [`Db::read`]; outside of them,
//! row-level security shows nothing.
//!
//! **Invariant:** what is taken from the pool was prepared before, so every statement is on the wire as soon as its
//! future is first polled, and futures joined in order (`biased`) arrive in order.

mod connect;
mod error;
mod lease;
mod migrate;
mod statements;

use std::{sync::Arc, time::Duration};

use deadpool_postgres::{Client, Object, Pool};
use orders_core::tenant::TenantId;
use orders_db::queries::session;
use tracing::warn;

pub use connect::{ConnectError, Database};
pub use error::DbError;
pub use lease::{Connection, Lease};
pub use migrate::{MigrateError, migrate};

/// How often a transaction that lost against another is run in all (40001, 40P01).
const ATTEMPTS: u32 = 3;

/// How long a transaction waits for a lock while others wait for the transaction.
const BRIEF: Duration = Duration::from_millis(50);

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
            let client = Lease::new(self.client().await?);
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
                Ok(value) => {
                    client.give_back();
                    return Ok(value);
                }
                Err(error) => {
                    abandon(&client).await;
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
        let client = Lease::new(self.client().await?);
        let (opened, result, closed) = tokio::join!(
            biased;
            self.open(&client, tenants),
            statement(Arc::clone(&client)),
            client.batch_execute("COMMIT"), // nothing is lost if it goes before the statement's answer is here
        );
        let result = opened.and(result);
        match closed {
            Ok(()) => client.give_back(),
            Err(_) => abandon(&client).await,
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
    /// Every tenant of the outbox and of the idempotency keys, to read from and never to write.
    pub fn all() -> Self {
        Self {
            names: "*".to_owned(),
            patient: true,
        }
    }

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

/// Rolls back. A connection that cannot do even that is closed with its lease.
async fn abandon(client: &Lease) {
    if client.batch_execute("ROLLBACK").await.is_ok() {
        client.give_back();
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use private_postgres::{Options, PrivatePostgres};

    use super::*;
    use crate::config::{Cli, Command};

    #[tokio::test(flavor = "multi_thread")]
    async fn a_transaction_that_panicked_is_not_handed_on() {
        let postgres = PrivatePostgres::start(Options::temporary()).unwrap();
        let url = postgres.url();
        let cli = [
            "orders",
            "migrate",
            "--pool-size",
            "1",
            "--database-url",
            &url,
        ];
        let Command::Migrate(config) = Cli::parse_from(cli).command else {
            unreachable!()
        };
        let database = Database::find(&config).await.unwrap();
        migrate(&database).await.unwrap();
        let db = database.pool().unwrap();
        let tenants = Tenants::of([&TenantId::parse("t").unwrap()], true);

        let panicking = db.clone();
        let panicked = tokio::spawn(async move {
            let tenants = Tenants::of([&TenantId::parse("t").unwrap()], true);
            let work = |client: Connection| async move {
                client.batch_execute("CREATE TABLE left_over ()").await?;
                if client.is_closed() {
                    Ok(())
                } else {
                    panic!("on purpose")
                }
            };
            panicking.transaction(&tenants, work).await
        });
        assert!(panicked.await.unwrap_err().is_panic());

        let look = |client: Connection| async move {
            let row = client
                .query_one("SELECT to_regclass('left_over') IS NULL", &[])
                .await?;
            Ok(row.get::<_, bool>(0))
        };
        assert!(db.transaction(&tenants, look).await.unwrap());
        assert!(db.transaction(&tenants, look).await.unwrap());
    }
}
