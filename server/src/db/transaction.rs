//! Named transactions.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use deadpool_postgres::Pool;
use orders_db::queries::session;
use tokio::time::timeout;
use tokio_postgres::Error;
use tracing::{Instrument, debug_span};

use super::{
    error::{DbError, NoResponse, is_read_only},
    metrics::Metrics,
    serialization_retry::SerializationRetry,
    session::{Session, Sessions},
    tenants::Tenants,
    traces::TransactionSpan,
    transaction_guard::{Connection, TransactionGuard},
    waits::Waits,
};

/// `lock_timeout` of a transaction that runs a batch.
const BRIEF_LOCK_WAIT: Duration = Duration::from_millis(50);

/// Added to the statement timeout for the bound on this side of the connection.
const RESPONSE_MARGIN: Duration = Duration::from_secs(1);

/// The pool of connections. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Db {
    pool: Pool,
    sessions: Sessions,
    lock_timeout: Duration,
    response_timeout: Duration,
    waits: Waits,
    metrics: Metrics,
}

/// How long each statement of a transaction waits for a row lock. Then the transaction fails with
/// [`DbError::LockTimeout`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockWait {
    /// 50 ms, because other requests wait for this transaction to end.
    Brief,
    /// `--lock-timeout`, because no other request waits for this transaction.
    Full,
}

/// When `COMMIT` is sent.
#[derive(Clone, Copy)]
enum Commit {
    /// With the statements, before their results are known.
    Pipelined,
    /// After all results have arrived.
    AfterResults,
}

// === impl Db ===

impl Db {
    /// Takes connections from `pool`. `lock_timeout` is that of [`LockWait::Full`]. The database
    /// ends a statement itself at the `statement_timeout`; one second later this side gives up.
    pub(super) fn new(
        pool: Pool,
        sessions: Sessions,
        lock_timeout: Duration,
        statement_timeout: Duration,
    ) -> Self {
        Self {
            metrics: Metrics::new(pool.clone()),
            pool,
            sessions,
            lock_timeout,
            response_timeout: statement_timeout + RESPONSE_MARGIN,
            waits: Waits::default(),
        }
    }

    /// The metrics of the pool and of its transactions.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Runs `statements` in a transaction that sees the rows of `tenants` alone, and commits it.
    /// `BEGIN` is sent with the first statements, in one round trip.
    ///
    /// `statements` may run several times, each time on a new transaction (serialization failure,
    /// deadlock): it must have no effect but on the database. It must not end the transaction
    /// itself, and must not keep the connection. If it panics or is dropped, the connection is
    /// closed and the database rolls back.
    ///
    /// `name` says what the transaction does; spans and log lines carry it.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] if the database cannot be reached, is overloaded or too slow; the
    /// transaction may have been committed if the connection was lost during `COMMIT`.
    /// [`DbError::LockTimeout`] if another transaction held a row for longer than `lock_wait`.
    /// [`DbError::Fault`] if the database refuses a statement. The last two leave no effect.
    pub async fn transaction<T, F>(
        &self,
        name: &'static str,
        tenants: &Tenants,
        lock_wait: LockWait,
        statements: impl Fn(Connection) -> F,
    ) -> Result<T, DbError>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let begin = self.begin(tenants, lock_wait);
        self.run(name, &begin, statements, Commit::AfterResults)
            .await
    }

    /// As [`transaction`](Self::transaction), in a single round trip: `COMMIT` is sent right behind
    /// the statements, and acts as `ROLLBACK` if one of them failed.
    ///
    /// `statements` must send all its statements when it is first polled, so none may depend on
    /// the result of another.
    ///
    /// # Errors
    /// As [`transaction`](Self::transaction).
    pub async fn pipelined<T, F>(
        &self,
        name: &'static str,
        tenants: &Tenants,
        lock_wait: LockWait,
        statements: impl Fn(Connection) -> F,
    ) -> Result<T, DbError>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let begin = self.begin(tenants, lock_wait);
        self.run(name, &begin, statements, Commit::Pipelined).await
    }

    /// Runs one statement that only reads and sets `orders.tenant_ids` itself. One round trip; the
    /// statement is its own transaction, unless the session lacks settings.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] and [`DbError::Fault`], as [`transaction`](Self::transaction).
    pub async fn read<T, F>(
        &self,
        name: &'static str,
        statement: impl FnOnce(Connection) -> F,
    ) -> Result<T, DbError>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let (start, span) = (Instant::now(), TransactionSpan::start(name));
        let read = async {
            let client = TransactionGuard::new(self.session().await?);
            if let Some(begin) = self.sessions.begin_read() {
                let attempt = attempt(&client, begin, statement, Commit::Pipelined);
                return Ok(self.bounded(attempt).await??);
            }
            let result = self.bounded(statement(Arc::clone(&client))).await?;
            client.release();
            Ok(result?)
        };
        let result = read.instrument(debug_span!("transaction", name)).await;
        self.metrics.on_transaction(name, &result, start.elapsed());
        span.end(&result);
        result
    }

    async fn run<T, F>(
        &self,
        name: &'static str,
        begin: &str,
        statements: impl Fn(Connection) -> F,
        commit: Commit,
    ) -> Result<T, DbError>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let (start, mut span) = (Instant::now(), TransactionSpan::start(name));
        let run = async {
            let mut retry = SerializationRetry::new(name);
            loop {
                let client = TransactionGuard::new(self.session().await?);
                let attempt = attempt(&client, begin, &statements, commit);
                let result = self.bounded(attempt).await?;
                drop(client);
                match result {
                    Err(error) if retry.allows(&error) => {
                        self.metrics.on_retry(name);
                        span.on_retry();
                    }
                    result => {
                        if result.as_ref().is_err_and(is_read_only) {
                            // Connections to a primary that was demoted. New ones find its
                            // successor by `target_session_attrs`.
                            self.close_idle();
                        }
                        return Ok(result?);
                    }
                }
            }
        };
        let result = run.instrument(debug_span!("transaction", name)).await;
        self.metrics.on_transaction(name, &result, start.elapsed());
        span.end(&result);
        result
    }

    /// Runs a statement that touches no table. Fails at once while a response to another statement
    /// is overdue: requests wait for it.
    ///
    /// # Errors
    /// [`DbError`] as [`read`](Self::read).
    pub async fn ping(&self) -> Result<(), DbError> {
        let longest = self.waits.longest();
        if longest > self.response_timeout.saturating_sub(RESPONSE_MARGIN) {
            return Err(NoResponse(longest).into());
        }
        let client = TransactionGuard::new(self.session().await?);
        let pinged = self.bounded(session::ping().bind(&**client).one()).await?;
        client.release();
        pinged?;
        Ok(())
    }

    /// Bounds the wait for the database on this side. A connection whose peer vanished without a
    /// word would otherwise block its worker until TCP gives up. The caller's guard then closes the
    /// connection; idle ones are closed as well, because they lead to the same peer.
    async fn bounded<T>(&self, responses: impl Future<Output = T>) -> Result<T, NoResponse> {
        let _wait = self.waits.begin();
        let in_time = timeout(self.response_timeout, responses).await;
        in_time.map_err(|_| {
            self.close_idle();
            NoResponse(self.response_timeout)
        })
    }

    fn close_idle(&self) {
        self.pool.retain(|_, _| false);
    }

    /// Closes the pool. Connections in use are closed when they are returned.
    pub fn close(&self) {
        self.pool.close();
    }

    fn begin(&self, tenants: &Tenants, lock_wait: LockWait) -> String {
        let lock_timeout = match lock_wait {
            LockWait::Brief => self.lock_timeout.min(BRIEF_LOCK_WAIT),
            LockWait::Full => self.lock_timeout,
        };
        format!(
            "{}; SET LOCAL orders.tenant_ids = '{}'; SET LOCAL lock_timeout = {}",
            self.sessions.begin(),
            tenants.rls_tenants(),
            lock_timeout.as_millis(),
        )
    }

    async fn session(&self) -> Result<Session, DbError> {
        let session = self.sessions.of(self.pool.get().await?);
        if session.is_new()
            && let Err(error) = self.prepare(&session).await
        {
            // A connection that lacks statements would break the order of pipelined ones.
            session.close();
            return Err(error);
        }
        Ok(session)
    }

    async fn prepare(&self, session: &Session) -> Result<(), DbError> {
        // Boxed: it is large, and only a new connection needs it.
        Ok(self.bounded(Box::pin(session.prepare_all())).await??)
    }
}

/// Runs the statements in one transaction, once.
async fn attempt<T, F>(
    client: &Connection,
    begin: &str,
    statements: impl FnOnce(Connection) -> F,
    commit: Commit,
) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    let (begun, results, pipelined) = tokio::join!(
        biased;
        client.batch_execute(begin),
        statements(Arc::clone(client)),
        async {
            match commit {
                Commit::Pipelined => Some(client.batch_execute("COMMIT").await),
                Commit::AfterResults => None,
            }
        },
    );
    let results = begun.and(results);
    let ended = match pipelined {
        Some(ended) => ended,
        None if results.is_ok() => client.batch_execute("COMMIT").await,
        None => client.batch_execute("ROLLBACK").await,
    };
    if ended.is_ok() {
        client.release();
    }
    results.and_then(|value| ended.map(|()| value))
}
