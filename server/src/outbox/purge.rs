//! What is out of date goes: events published longer ago than their retention, and idempotency keys
//! an hour after nobody could replay them any more. In small batches, so that nobody waits for it,
//! and as often as it takes.

use std::{sync::Arc, time::Duration};

use orders_core::tenant::TenantId;
use orders_db::{
    client::Params,
    queries::{
        idempotency_keys::{PurgeExpiredKeysParams, find_expired_keys, purge_expired_keys},
        outbox::{FindPublishedParams, PurgePublishedParams, find_published, purge_published},
    },
};
use tokio::time::{Instant, sleep};
use tracing::{debug, warn};
use uuid::Uuid;

use super::{attempt::chain, figures::Figures, store::known_tenant};
use crate::db::{Connection, Db, DbError, LockWait, Tenants};

/// Rows in a batch.
const BATCH: i64 = 1_000;

/// Purges for ever.
pub struct Purge {
    /// Where.
    pub db: Db,
    /// What it has done.
    pub figures: Arc<Figures>,
    /// How long published events are kept.
    pub retention: Duration,
    /// How often.
    pub interval: Duration,
}

// === impl Purge ===

impl Purge {
    /// Purges now and then, until it is dropped.
    pub async fn run(self) {
        loop {
            if let Err(error) = self.everything().await {
                warn!("not everything was purged: {}", chain(&error));
            }
            // Replicas that started together do not purge together for ever.
            sleep(self.interval.mul_f64(0.8 + 0.4 * fastrand::f64())).await;
        }
    }

    /// Purges what is out of date, batch by batch, resting as long as it works.
    async fn everything(&self) -> Result<(), DbError> {
        loop {
            let start = Instant::now();
            let (events, keys) = (self.events().await?, self.keys().await?);
            if events + keys == 0 {
                return Ok(());
            }
            self.figures.purged(events, keys);
            debug!("purged {events} events and {keys} idempotency keys");
            sleep(start.elapsed()).await;
        }
    }

    async fn events(&self) -> Result<usize, DbError> {
        let params = FindPublishedParams {
            retention: self.retention.as_secs_f64(),
            row_limit: BATCH,
        };
        let find = |client: Connection| async move {
            find_published().params(&**client, &params).all().await
        };
        let found = self
            .db
            .pipelined("find_purgeable", &Tenants::all(), LockWait::Full, find)
            .await?;
        let rows: Vec<(TenantId, Uuid)> = found
            .into_iter()
            .filter_map(|row| Some((known_tenant(&row.tenant_id)?, row.id)))
            .collect();
        let params = &PurgePublishedParams {
            tenant_ids: names(&rows),
            ids: rows.iter().map(|(_, id)| *id).collect::<Vec<_>>(),
        };
        let purge = |client: Connection| async move {
            Ok(purge_published()
                .params(&**client, params)
                .all()
                .await?
                .len())
        };
        self.in_the_name_of(&rows, purge).await
    }

    async fn keys(&self) -> Result<usize, DbError> {
        let find = |client: Connection| async move {
            find_expired_keys().bind(&**client, &BATCH).all().await
        };
        let found = self
            .db
            .pipelined("find_purgeable", &Tenants::all(), LockWait::Full, find)
            .await?;
        let rows: Vec<(TenantId, String)> = found
            .into_iter()
            .filter_map(|row| Some((known_tenant(&row.tenant_id)?, row.key)))
            .collect();
        let params = &PurgeExpiredKeysParams {
            tenant_ids: names(&rows),
            keys: rows.iter().map(|(_, key)| key.as_str()).collect::<Vec<_>>(),
        };
        let purge = |client: Connection| async move {
            Ok(purge_expired_keys()
                .params(&**client, params)
                .all()
                .await?
                .len())
        };
        self.in_the_name_of(&rows, purge).await
    }

    async fn in_the_name_of<K, F>(
        &self,
        rows: &[(TenantId, K)],
        purge: impl Fn(Connection) -> F,
    ) -> Result<usize, DbError>
    where
        F: Future<Output = Result<usize, tokio_postgres::Error>>,
    {
        if rows.is_empty() {
            return Ok(0);
        }
        let tenants = Tenants::of(rows.iter().map(|(tenant, _)| tenant));
        self.db
            .transaction("purge", &tenants, LockWait::Full, purge)
            .await
    }
}

fn names<K>(rows: &[(TenantId, K)]) -> Vec<&str> {
    rows.iter().map(|(tenant, _)| tenant.as_str()).collect()
}
