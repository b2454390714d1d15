//! A connection's session in PostgreSQL: its settings, and how statements reach it.
//!
//! A direct connection has one session for its whole life: settings are startup options, and every
//! statement is prepared once. A pooler in transaction mode lends a connection another session for
//! each transaction: it takes no startup options, a setting must end with its transaction, and a
//! prepared statement may be missing, or be that of another client. Each transaction then sets what
//! it needs, and statements are sent unnamed, with the types of their parameters. Both take as many
//! round trips.
//!
//! **Invariant:** this module alone knows which kind of connection the pool has.

use std::{ops::Deref, sync::Arc, time::Duration};

use deadpool_postgres::{Client, Object};
use futures_util::future::try_join_all;
use orders_db::{client::GenericClient, statements};
use tokio_postgres::{
    Error, Row, RowStream, Statement,
    types::{BorrowToSql, ToSql, Type},
};

/// Planner settings of every statement.
///
/// A prepared statement is planned once per connection, possibly while a table is small or not
/// analysed yet. An unnamed one is planned each time, by statistics that may be as old. These
/// settings make both plans look rows up by index in every case, however long the arrays of the
/// later batches are. Compilation (`jit`) takes longer than such a plan runs.
pub const PLANNER_SETTINGS: [(&str, &str); 5] = [
    ("enable_seqscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
    // Would scan a table that was tiny when the plan was made, once per request of the batch.
    ("enable_material", "off"),
    ("jit", "off"),
];

/// Plans a prepared statement at its first execution. The default would plan the first five
/// executions one by one. An unnamed statement has one execution.
pub const PLAN_ONCE: (&str, &str) = ("plan_cache_mode", "force_generic_plan");

/// How long a connection has the same session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionScope {
    /// For its whole life: it leads to PostgreSQL.
    Connection,
    /// For one transaction: it leads to a pooler in transaction mode.
    Transaction,
}

/// The sessions of a pool. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Sessions {
    scope: SessionScope,
    /// Begins a transaction.
    begin: Arc<str>,
    startup_options: Option<Arc<str>>,
}

/// A connection of the pool.
#[derive(Debug)]
pub struct Session {
    client: Client,
    scope: SessionScope,
}

// === impl Sessions ===

impl Sessions {
    /// Sessions whose statements have these timeouts.
    pub fn new(scope: SessionScope, statement_timeout: Duration, lock_timeout: Duration) -> Self {
        let millis = |time: Duration| time.as_millis().to_string();
        // The database ends a statement that runs too long, also when no request waits for it any
        // more. A transaction is idle only if this process hangs.
        let timeouts = [
            ("statement_timeout", millis(statement_timeout)),
            ("lock_timeout", millis(lock_timeout)),
            (
                "idle_in_transaction_session_timeout",
                millis(2 * statement_timeout),
            ),
        ];
        let planner = PLANNER_SETTINGS.map(|(name, value)| (name, value.to_owned()));
        let settings = timeouts.into_iter().chain(planner);
        let (begin, startup_options) = match scope {
            SessionScope::Connection => {
                let (name, value) = PLAN_ONCE;
                let settings = settings.chain([(name, value.to_owned())]);
                let options = settings.map(|(name, value)| format!(" -c {name}={value}"));
                ("BEGIN".to_owned(), Some(options.collect::<String>()))
            }
            SessionScope::Transaction => {
                let set = settings.map(|(name, value)| format!("; SET LOCAL {name} = {value}"));
                ("BEGIN".to_owned() + &set.collect::<String>(), None)
            }
        };
        Self {
            scope,
            begin: begin.into(),
            startup_options: startup_options.map(Into::into),
        }
    }

    /// The startup options of a connection, behind those of the URL. None if it takes none.
    pub fn startup_options(&self, of_url: Option<&str>) -> Option<String> {
        let options = self.startup_options.as_deref()?;
        Some(of_url.unwrap_or_default().to_owned() + options)
    }

    /// The beginning of a transaction: `BEGIN`, and the settings that the session lacks.
    pub fn begin(&self) -> &str {
        &self.begin
    }

    /// As [`begin`](Self::begin), for a single statement that sets its tenants itself. None if it
    /// needs no transaction around it.
    pub fn begin_read(&self) -> Option<&str> {
        (self.scope == SessionScope::Transaction).then_some(&*self.begin)
    }

    /// The session of a connection.
    pub fn of(&self, client: Client) -> Session {
        Session {
            client,
            scope: self.scope,
        }
    }
}

// === impl Session ===

impl Session {
    /// Whether no transaction has used the connection yet.
    pub fn is_new(&self) -> bool {
        Object::metrics(&self.client).recycle_count == 0
    }

    /// Prepares every statement, in one round trip. Behind a pooler it keeps none, and finds out
    /// only whether the schema has what they need.
    ///
    /// # Errors
    /// The first error of the database.
    pub async fn prepare_all(&self) -> Result<(), Error> {
        match self.scope {
            SessionScope::Connection => {
                let each = statements::all().map(|(query, _)| self.prepare(query));
                try_join_all(each).await?;
            }
            SessionScope::Transaction => {
                // One message has one session. It leaves nothing there, also if it fails.
                let each = statements::all().map(|(query, _)| {
                    format!("PREPARE orders_check AS {query}; DEALLOCATE orders_check;")
                });
                self.client.batch_execute(&each.collect::<String>()).await?;
            }
        }
        Ok(())
    }

    /// Closes the connection.
    pub fn close(self) {
        drop(Object::take(self.client));
    }
}

impl Deref for Session {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

/// Statements of `queries/`. Each is sent when its future is first polled.
impl GenericClient for Session {
    async fn prepare(&self, query: &str) -> Result<Statement, Error> {
        self.client.prepare_cached(query).await
    }

    async fn query_one(&self, query: &str, params: &[&(dyn ToSql + Sync)]) -> Result<Row, Error> {
        match self.scope {
            SessionScope::Connection => {
                let statement = self.prepare(query).await?;
                self.client.query_one(&statement, params).await
            }
            SessionScope::Transaction => {
                let params: Vec<_> = typed(query, params.iter().copied()).collect();
                self.client.query_typed_one(query, &params).await
            }
        }
    }

    async fn query_opt(
        &self,
        query: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Option<Row>, Error> {
        match self.scope {
            SessionScope::Connection => {
                let statement = self.prepare(query).await?;
                self.client.query_opt(&statement, params).await
            }
            SessionScope::Transaction => {
                let params: Vec<_> = typed(query, params.iter().copied()).collect();
                self.client.query_typed_opt(query, &params).await
            }
        }
    }

    async fn query_raw<I>(&self, query: &str, params: I) -> Result<RowStream, Error>
    where
        I: ExactSizeIterator + Send,
        I::Item: BorrowToSql,
    {
        match self.scope {
            SessionScope::Connection => {
                let statement = self.prepare(query).await?;
                self.client.query_raw(&statement, params).await
            }
            SessionScope::Transaction => {
                self.client
                    .query_typed_raw(query, typed(query, params))
                    .await
            }
        }
    }
}

/// The parameters of a statement with their types. PostgreSQL refuses a statement that `queries/`
/// does not have, because its parameters are missing then.
fn typed<P>(query: &str, params: impl Iterator<Item = P>) -> impl Iterator<Item = (P, Type)> {
    let types = statements::parameter_types(query).unwrap_or_default();
    params.zip(types.iter().cloned())
}
