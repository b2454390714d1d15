//! Migrations: `migrations/*.sql`, embedded in the binary.

use std::time::Duration;

use refinery::embed_migrations;
use thiserror::Error;
use tokio::time::sleep;
use tokio_postgres::{Client, types::Type};
use tracing::info;

use super::{
    connector::{ConnectError, Connector},
    session::SessionScope,
};

embed_migrations!("../migrations");

/// Key of the advisory lock: the same in every version of the service. Spells "orders".
const MIGRATION_LOCK: i64 = 0x6f72_6465_7273;

/// Pause between attempts to acquire the lock behind a pooler.
const LOCK_POLL_INTERVAL: Duration = Duration::from_millis(100);

/// Why the schema is not up to date.
#[derive(Debug, Error)]
pub enum MigrateError {
    /// The database cannot be reached.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The migration lock cannot be acquired.
    #[error("cannot lock the schema for migration")]
    Lock(#[source] tokio_postgres::Error),
    /// The schema cannot be read.
    #[error("cannot read the schema")]
    Read(#[source] tokio_postgres::Error),
    /// A migration fails, or an applied migration differs from its file.
    #[error("cannot migrate the schema")]
    Migration(#[source] refinery::Error),
}

/// The names of the embedded migrations that the database lacks, in their order.
///
/// # Errors
/// [`MigrateError::Read`] or [`MigrateError::Migration`] if the history cannot be read.
pub async fn missing_migrations(client: &mut Client) -> Result<Vec<String>, MigrateError> {
    let runner = migrations::runner();
    // refinery would create the table of its history.
    let history = "SELECT to_regclass('refinery_schema_history') IS NOT NULL";
    let history = client.query_typed_one(history, &[]).await;
    let applied = if history.map_err(MigrateError::Read)?.get(0) {
        let applied = runner.get_applied_migrations_async(client).await;
        applied.map_err(MigrateError::Migration)?
    } else {
        Vec::new()
    };
    let is_missing = |migration: &&refinery::Migration| {
        let version = migration.version();
        !applied.iter().any(|applied| applied.version() == version)
    };
    let missing = runner.get_migrations().iter().filter(is_missing);
    Ok(missing.map(ToString::to_string).collect())
}

/// Applies the missing migrations, each once. If several processes start together, one migrates
/// and the others wait for it.
///
/// # Errors
/// [`MigrateError`], by the step that failed.
pub async fn migrate(connector: &Connector) -> Result<(), MigrateError> {
    let mut client = connector.connect().await?;
    // refinery takes no lock itself.
    let lock = lock(connector, &client).await?;
    let report = migrations::runner()
        // During a rollout an older replica may start on the newer schema.
        .set_abort_missing(false)
        .run_async(&mut client)
        .await
        .map_err(MigrateError::Migration)?;
    drop(lock);
    for applied in report.applied_migrations() {
        info!("applied migration {applied}");
    }
    Ok(())
}

/// Acquires the migration lock. It ends with the connection that migrates, or with the one that
/// this returns.
async fn lock(connector: &Connector, client: &Client) -> Result<Option<Client>, MigrateError> {
    match connector.session_scope() {
        SessionScope::Connection => {
            client
                .execute("SELECT pg_advisory_lock($1)", &[&MIGRATION_LOCK])
                .await
                .map_err(MigrateError::Lock)?;
            Ok(None)
        }
        // The transactions of the migrations may have several sessions.
        SessionScope::Transaction => {
            let keeper = connector.connect().await?;
            while !lock_in_transaction(&keeper)
                .await
                .map_err(MigrateError::Lock)?
            {
                sleep(LOCK_POLL_INTERVAL).await;
            }
            Ok(Some(keeper))
        }
    }
}

/// Begins a transaction that holds the lock until its connection is closed. False if another one
/// holds it. Does not wait: waiting transactions could take all sessions of the pooler, and the
/// migrations need one.
async fn lock_in_transaction(client: &Client) -> Result<bool, tokio_postgres::Error> {
    client
        .batch_execute("BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0")
        .await?;
    let lock = "SELECT pg_try_advisory_xact_lock($1)";
    let lock = client.query_typed_one(lock, &[(&MIGRATION_LOCK, Type::INT8)]);
    let is_locked: bool = lock.await?.get(0);
    if !is_locked {
        client.batch_execute("ROLLBACK").await?;
    }
    Ok(is_locked)
}
