//! What is stored, and locks on it. As an administrator: row-level security hides nothing.

use std::time::Duration;

use serde_json::Value;
use tokio_postgres::Client;
use uuid::Uuid;

use super::Database;

/// No fact takes this long to come true, or the test has found a hang.
const PATIENCE: Duration = Duration::from_secs(30);

/// An order whose row nobody else can write, until it is released or dropped.
pub struct HeldOrder {
    admin: Client,
    id: Uuid,
}

// === impl Database ===

impl Database {
    /// The order's row with the transaction that wrote it as `xmin`: equal rows mean that nothing was written between.
    pub async fn order(&self, id: Uuid) -> Value {
        let row = "SELECT to_jsonb(o) || jsonb_build_object('xmin', o.xmin::text) FROM orders AS o WHERE id = $1";
        self.admin()
            .await
            .query_one(row, &[&id])
            .await
            .unwrap()
            .get(0)
    }

    /// The rows of the order's events.
    pub async fn events(&self, id: Uuid) -> Vec<Value> {
        let rows = "SELECT to_jsonb(e) FROM outbox AS e WHERE order_id = $1";
        let rows = self.admin().await.query(rows, &[&id]).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// Locks the order's row.
    pub async fn hold(&self, id: Uuid) -> HeldOrder {
        let admin = self.admin().await;
        admin.batch_execute("BEGIN").await.unwrap();
        let lock = "SELECT FROM orders WHERE id = $1 FOR UPDATE";
        admin.query_one(lock, &[&id]).await.unwrap();
        HeldOrder { admin, id }
    }
}

// === impl HeldOrder ===

impl HeldOrder {
    /// Waits until at least this many writers wait for the row.
    pub async fn waited_for_by(&self, writers: i64) {
        // Whoever waits for a row, first in the queue or not, has an entry for its place.
        let waiting = "SELECT count(*) FROM pg_locks AS l, orders AS o
                        WHERE o.id = $1 AND l.locktype = 'tuple' AND l.relation = 'orders'::regclass
                          AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
                          AND format('(%s,%s)', l.page, l.tuple)::tid = o.ctid";
        eventually(async || {
            let waiting = self.admin.query_one(waiting, &[&self.id]).await.unwrap();
            waiting.get::<_, i64>(0) >= writers
        })
        .await;
    }

    /// Lets the others go on.
    pub async fn release(self) {
        self.admin.batch_execute("ROLLBACK").await.unwrap();
    }
}

/// Asks until the fact is true.
pub async fn eventually(fact: impl AsyncFn() -> bool) {
    let asking = async {
        while !fact().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, asking).await.unwrap();
}
