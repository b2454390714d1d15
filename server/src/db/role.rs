//! Whether row-level security holds for the role of the service: PostgreSQL exempts superusers and
//! `BYPASSRLS` roles from it.

use thiserror::Error;
use tokio::task::JoinSet;
use tracing::warn;

use super::connector::{ConnectError, Connector};

/// The name of the current role, if row-level security does not apply to it.
pub const EXEMPT_ROLE: &str = "SELECT rolname::text FROM pg_catalog.pg_roles \
                           WHERE rolname = current_user AND (rolsuper OR rolbypassrls)";

/// Why a role is refused.
#[derive(Debug, Error)]
pub enum RoleError {
    /// The database cannot be reached.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The rights of the role cannot be read.
    #[error("cannot read the rights of the database role")]
    Read(#[source] tokio_postgres::Error),
    /// Row-level security does not apply to the role.
    #[error(
        "--require-rls: the database role {0:?} bypasses row-level security (SUPERUSER or \
         BYPASSRLS); use another role"
    )]
    Exempt(String),
}

/// Fails for a role to which row-level security does not apply.
///
/// # Errors
/// [`RoleError`], by cause.
pub async fn require_rls(connector: &Connector) -> Result<(), RoleError> {
    match exempt_role(connector).await? {
        Some(role) => Err(RoleError::Exempt(role)),
        None => Ok(()),
    }
}

/// Logs a warning for a role to which row-level security does not apply. Runs beside the start,
/// because a service with `--no-migrate` starts also while the database is unavailable. Dropping
/// the tasks ends the check.
pub fn warn_without_rls(connector: &Connector) -> JoinSet<()> {
    let connector = connector.without_private();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        if let Ok(Some(role)) = exempt_role(&connector).await {
            warn!(
                "the database role {role:?} bypasses row-level security (SUPERUSER or BYPASSRLS): \
                 the second check of tenants is missing; --require-rls refuses such a role"
            );
        }
    });
    tasks
}

async fn exempt_role(connector: &Connector) -> Result<Option<String>, RoleError> {
    let client = connector.connect().await?;
    let role = client.query_typed_opt(EXEMPT_ROLE, &[]).await;
    Ok(role.map_err(RoleError::Read)?.map(|row| row.get(0)))
}
