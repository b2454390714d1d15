//! Rows, and locks on them, as a superuser sees them.

use serde_json::Value;
use uuid::Uuid;

use super::{Database, Hold};

// === impl Database ===

impl Database {
    /// The order's row with the transaction that wrote it as `xmin`: equal rows mean that no
    /// write happened in between.
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

    /// Locks the order: writes to it wait.
    pub async fn hold(&self, id: Uuid) -> Hold {
        Hold::order(self.admin().await, id).await
    }
}
