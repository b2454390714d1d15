//! Migrations: `migrations/*.sql`, embedded in the binary.

use refinery::embed_migrations;
use thiserror::Error;
use tokio_postgres::Client;
use tracing::info;

use super::connector::{ConnectError, Connector};

embed_migrations!("../migrations");

/// Key of the advisory lock: the same in every version of the service. Spells "orders".
const MIGRATION_LOCK: i64 = 0x6f72_6465_7273;

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
    let history = client.query_one(history, &[]).await;
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
    // refinery takes no lock itself. This one ends with the session.
    client
        .execute("SELECT pg_advisory_lock($1)", &[&MIGRATION_LOCK])
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
