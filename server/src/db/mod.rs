//! The database: a pool, and transactions in the name of tenants.
//!
//! **Invariant:** a statement on tenants' rows runs in their name: inside [`Db::transaction`] or
//! [`Db::at_once`], which enter the tenants, or by [`Db::read`], whose statements enter them
//! themselves. Otherwise row-level security shows nothing.
//!
//! **Invariant:** what is taken from the pool was prepared before, so every statement is on the
//! wire as soon as its future is first polled, and futures joined in order (`biased`) arrive in
//! order.

mod connect;
mod error;
mod lease;
mod migrate;
mod statements;

use std::{sync::Arc, time::Duration};

pub use connect::{ConnectError, Database, PLANNER};
use deadpool_postgres::{Client, Object, Pool};
pub use error::DbError;
pub use lease::{Connection, Lease};
pub use migrate::{MigrateError, migrate};
use orders_core::tenant::TenantId;
use orders_db::queries::session;
use tracing::warn;

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

/// When a transaction is told to commit.
#[derive(Clone, Copy)]
enum Commit {
    /// With its statements.
    Along,
    /// When their answers are known.
    After,
}

/// The tenants in whose name a transaction runs.
#[derive(Debug)]
pub struct Tenants {
    names: String,
    patient: bool,
}

// === impl Db ===

impl Db {
    /// Runs `work` in a transaction that sees the rows of `tenants` alone, commits it, and says so
    /// only then.
    ///
    /// `BEGIN` travels with the first statements of `work`, in one round trip. `work` runs again
    /// from the start when the database asks for that (serialization failure, deadlock).
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
        self.run(tenants, work, Commit::After).await
    }

    /// The same in a single round trip, for `work` that sends all its statements when it is first
    /// polled: `COMMIT` follows them, and is a rollback if one of them has failed.
    ///
    /// # Errors
    /// As [`Db::transaction`].
    pub async fn at_once<T, F>(
        &self,
        tenants: &Tenants,
        work: impl Fn(Connection) -> F,
    ) -> Result<T, DbError>
    where
        F: Future<Output = Result<T, tokio_postgres::Error>>,
    {
        self.run(tenants, work, Commit::Along).await
    }

    /// Runs one statement that only reads, and enters its tenants itself.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn read<T, F>(&self, statement: impl FnOnce(Connection) -> F) -> Result<T, DbError>
    where
        F: Future<Output = Result<T, tokio_postgres::Error>>,
    {
        let client = Lease::new(self.client().await?);
        let result = statement(Arc::clone(&client)).await;
        client.give_back();
        Ok(result?)
    }

    async fn run<T, F>(
        &self,
        tenants: &Tenants,
        work: impl Fn(Connection) -> F,
        commit: Commit,
    ) -> Result<T, DbError>
    where
        F: Future<Output = Result<T, tokio_postgres::Error>>,
    {
        let begin = self.begin(tenants);
        let mut attempt = 1;
        loop {
            let client = Lease::new(self.client().await?);
            let (begun, worked, ended) = tokio::join!(
                biased;
                client.batch_execute(&begin),
                work(Arc::clone(&client)),
                async {
                    match commit {
                        Commit::Along => Some(client.batch_execute("COMMIT").await),
                        Commit::After => None,
                    }
                },
            );
            let worked = begun.and(worked);
            let ended = match ended {
                Some(ended) => ended,
                None if worked.is_ok() => client.batch_execute("COMMIT").await,
                None => client.batch_execute("ROLLBACK").await,
            };
            if ended.is_ok() {
                client.give_back();
            }
            match worked.and_then(|value| ended.map(|()| value)) {
                Ok(value) => return Ok(value),
                Err(error) if error::is_lost_race(&error) && attempt < ATTEMPTS => {
                    warn!(attempt, "running a transaction again: {error}");
                    attempt += 1;
                }
                Err(error) => return Err(error.into()),
            }
        }
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

    /// Opens a transaction in the tenants' name. Theirs are no characters that a literal could end
    /// with.
    fn begin(&self, tenants: &Tenants) -> String {
        // Where others wait, a lock is waited for only a little: the call that needs it is tried
        // again by itself.
        let lock_timeout = if tenants.patient {
            self.lock_timeout
        } else {
            self.lock_timeout.min(BRIEF)
        };
        format!(
            "BEGIN; SET LOCAL orders.tenant_ids = '{}'; SET LOCAL lock_timeout = {}",
            tenants.names,
            lock_timeout.as_millis(),
        )
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

    /// The tenants of some calls.
    pub fn of<'a>(calls: impl IntoIterator<Item = &'a TenantId>) -> Self {
        let mut tenants: Vec<_> = calls.into_iter().map(TenantId::as_str).collect();
        tenants.sort_unstable();
        tenants.dedup();
        Self {
            names: tenants.join(","),
            patient: true,
        }
    }

    /// A transaction in their name waits for locks only a little, unless the call is `alone`:
    /// nobody waits behind it.
    pub fn brief_unless(self, alone: bool) -> Self {
        let patient = alone;
        Self { patient, ..self }
    }

    /// Their names as row-level security takes them, for a statement that enters them itself.
    pub fn names(&self) -> &str {
        &self.names
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
        let tenants = Tenants::of([&TenantId::parse("t").unwrap()]);

        let panicking = db.clone();
        let panicked = tokio::spawn(async move {
            let tenants = Tenants::of([&TenantId::parse("t").unwrap()]);
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
