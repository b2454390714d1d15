//! Locks in the database that make requests wait.

use tokio_postgres::Client;
use uuid::Uuid;

use super::eventually;

/// A transaction of another client, which holds locks that requests need.
pub struct Hold(Client);

impl Hold {
    /// Locks one order: writes to it wait.
    pub async fn order(admin: Client, id: Uuid) -> Self {
        Self::by(
            admin,
            &format!("SELECT FROM orders WHERE id = '{id}' FOR UPDATE"),
        )
        .await
    }

    /// Locks all orders: reads and writes wait.
    pub async fn orders(admin: Client) -> Self {
        Self::by(admin, "LOCK TABLE orders IN ACCESS EXCLUSIVE MODE").await
    }

    /// Locks all events: writes to them wait.
    pub async fn events(admin: Client) -> Self {
        Self::by(admin, "SELECT FROM outbox FOR UPDATE").await
    }

    /// Locks the marks of published events: a relay that marks an event waits, and one that claims
    /// an event does not.
    pub async fn marks(admin: Client) -> Self {
        let trigger =
            "CREATE OR REPLACE FUNCTION wait_for_hold() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN NULL; END $$;
             CREATE OR REPLACE TRIGGER wait_for_hold BEFORE UPDATE OF published_at ON outbox
                EXECUTE FUNCTION wait_for_hold()";
        admin.batch_execute(trigger).await.unwrap();
        Self::by(admin, "SELECT pg_advisory_xact_lock(1)").await
    }

    async fn by(admin: Client, statement: &str) -> Self {
        admin
            .batch_execute(&format!("BEGIN; {statement}"))
            .await
            .unwrap();
        Self(admin)
    }

    /// Returns once at least so many sessions wait for this transaction, directly or behind another
    /// waiting one.
    pub async fn kept_waiting(&self, waiters: i64) {
        let count = "WITH RECURSIVE waiting (pid) AS (
                         SELECT pid FROM pg_locks
                          WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))
                          UNION
                         SELECT l.pid FROM pg_locks AS l, waiting AS w
                          WHERE NOT l.granted AND w.pid = ANY (pg_blocking_pids(l.pid)))
                     SELECT count(*) FROM waiting";
        eventually("a session waits", async || {
            self.0.query_one(count, &[]).await.unwrap().get::<_, i64>(0) >= waiters
        })
        .await;
    }

    /// Terminates the waiting sessions, as an operator would.
    pub async fn terminate_waiters(&self) {
        self.0
            .batch_execute(
                "SELECT pg_terminate_backend(pid) FROM pg_locks
                 WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))",
            )
            .await
            .unwrap();
    }

    pub async fn release(self) {
        self.0.batch_execute("ROLLBACK").await.unwrap();
    }
}
