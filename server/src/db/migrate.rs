//! The schema, brought up to date from the files in `migrations/`, which the binary carries.

use refinery::embed_migrations;
use thiserror::Error;
use tracing::info;

use super::connect::{ConnectError, Database};

embed_migrations!("../migrations");

/// Any number will do, as long as every version of the service uses the same.
const LOCK: i64 = 0x6f72_6465_7273; // "orders"

/// Why the schema is not up to date.
#[derive(Debug, Error)]
pub enum MigrateError {
    /// No connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The lock under which migrations run cannot be had.
    #[error("cannot lock the schema for migration")]
    Lock(#[source] tokio_postgres::Error),
    /// A migration fails, or one that was applied has changed since.
    #[error("cannot migrate the schema")]
    Migration(#[source] refinery::Error),
}

/// Applies what is missing, and nothing twice: of replicas that start together one migrates and the
/// others wait.
///
/// # Errors
/// [`MigrateError`].
pub async fn migrate(database: &Database) -> Result<(), MigrateError> {
    let mut client = database.connect().await?;
    // refinery itself has no lock. This one ends with the session.
    client
        .execute("SELECT pg_advisory_lock($1)", &[&LOCK])
        .await
        .map_err(MigrateError::Lock)?;
    let report = migrations::runner()
        // During a rollout an older replica may start on the newer schema.
        .set_abort_missing(false)
        .run_async(&mut client)
        .await
        .map_err(MigrateError::Migration)?;
    for applied in report.applied_migrations() {
        info!("applied migration {applied}");
    }
    Ok(())
}
