//! A real PgBouncer in transaction mode, in front of a test's database.

use std::env;

use private_pgbouncer::{PrivatePgbouncer, Upstream};
use tokio::task::{block_in_place, spawn_blocking};

use super::Database;

/// A PgBouncer, killed when dropped. Needs a multi-thread runtime.
pub struct Pooler {
    pgbouncer: PrivatePgbouncer,
    database: Database,
}

/// Whether the whole suite runs through PgBouncer: `make test-pooler`. Every service of such a run
/// has `--transaction-pooler`. These connect directly all the same:
///
/// * the tests' own connections ([`Database::admin`], [`Database::service`]), which keep locks and
///   settings in their session;
/// * `roles`, whose roles PgBouncer does not know;
/// * `outage`, `lost_connections`, `failover`, `database_tls` and `private`: each has a PostgreSQL
///   of its own, and is about the connection to it. `pooler` has the outage of PgBouncer.
pub fn is_pooled() -> bool {
    env::var_os("TEST_POOLER").is_some()
}

/// A PgBouncer in front of all databases of a test run.
pub async fn for_all(upstream: Upstream) -> PrivatePgbouncer {
    // As many sessions as tests that run at the same time hold with their locks.
    let start = move || PrivatePgbouncer::start(&upstream, 40);
    spawn_blocking(start).await.unwrap().unwrap()
}

// === impl Pooler ===

impl Pooler {
    /// A PgBouncer with so many sessions for this database.
    pub async fn start(database: &Database, sessions: u32) -> Self {
        Self::by(database, move |upstream| {
            PrivatePgbouncer::start(upstream, sessions).unwrap()
        })
        .await
    }

    /// A PgBouncer with this configuration, whose last section is `[pgbouncer]`.
    pub async fn with_configuration(database: &Database, configuration: &str) -> Self {
        let configuration = configuration.to_owned();
        Self::by(database, move |upstream| {
            PrivatePgbouncer::with_configuration(upstream, &configuration).unwrap()
        })
        .await
    }

    async fn by(
        database: &Database,
        start: impl FnOnce(&Upstream) -> PrivatePgbouncer + Send + 'static,
    ) -> Self {
        let upstream = database.upstream();
        let start = spawn_blocking(move || start(&upstream));
        Self {
            pgbouncer: start.await.unwrap(),
            database: database.clone(),
        }
    }

    /// The URL of the database behind it.
    pub fn url(&self) -> String {
        self.pgbouncer.url(self.database.name())
    }

    /// Kills it: all connections break.
    pub fn kill(&mut self) {
        block_in_place(|| self.pgbouncer.kill().unwrap());
    }

    /// Starts it again, at the same address.
    pub fn restart(&mut self) {
        block_in_place(|| self.pgbouncer.restart().unwrap());
    }
}
