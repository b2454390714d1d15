//! PostgreSQL: a pool of connections, named transactions on behalf of tenants, migrations.
//!
//! **Invariant:** every statement on tenants' rows names its tenants to row-level security first:
//! [`Db::transaction`] and [`Db::pipelined`] do so at their beginning, and the statements that
//! [`Db::read`] runs do so themselves. Row-level security hides all rows otherwise.
//!
//! **Invariant:** sending a statement never waits for a round trip, and futures that are joined in
//! order (`biased`) send their statements in order. Each connection of the pool has prepared all
//! statements before its first use; behind a pooler, statements are sent unnamed (`session.rs`).

mod connector;
mod error;
mod hosts;
mod metrics;
mod migrate;
mod role;
mod serialization_retry;
mod session;
mod stored_tenant;
mod tenants;
#[cfg(test)]
mod tests;
mod tls;
mod traces;
mod transaction;
mod transaction_guard;
mod waits;

pub use connector::{ConnectError, Connector, Location, Settings};
pub use error::DbError;
pub use metrics::Metrics;
pub use migrate::{MigrateError, migrate, missing_migrations};
pub use role::{EXEMPT_ROLE, RoleError, require_rls, warn_without_rls};
pub use session::{PLAN_ONCE, PLANNER_SETTINGS, Session, SessionScope};
pub use stored_tenant::stored_tenant;
pub use tenants::Tenants;
pub use tls::{CertificateFault, DbTlsError};
pub use transaction::{Db, LockWait};
pub use transaction_guard::Connection;
