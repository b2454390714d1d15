//! The metrics of transactions and of the pool.

use std::{fmt, time::Duration};

use deadpool_postgres::Pool;
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeLabelSet},
    metrics::{counter::Counter, family::Family},
    registry::Registry,
};

use super::error::DbError;
use crate::metrics::{Durations, Register, durations, encode_gauge};

/// The metrics of a pool and of its transactions. Clones share them.
#[derive(Clone, Debug)]
pub struct Metrics {
    pool: Pool,
    durations: Durations<TransactionLabels>,
    retries: Family<NameLabel, Counter>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TransactionLabels {
    name: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct NameLabel {
    name: &'static str,
}

/// Reads the state of the pool at each scrape.
#[derive(Debug)]
struct PoolCollector(Pool);

// === impl Metrics ===

impl Metrics {
    pub(super) fn new(pool: Pool) -> Self {
        Self {
            pool,
            durations: durations(),
            retries: Family::default(),
        }
    }

    /// A transaction has ended after so long, its retries included.
    pub(super) fn on_transaction<T>(
        &self,
        name: &'static str,
        result: &Result<T, DbError>,
        took: Duration,
    ) {
        let outcome = match result {
            Ok(_) => "committed",
            Err(error) => error.kind(),
        };
        let labels = TransactionLabels { name, outcome };
        self.durations
            .get_or_create(&labels)
            .observe(took.as_secs_f64());
    }

    /// A transaction runs again after a serialization failure.
    pub(super) fn on_retry(&self, name: &'static str) {
        self.retries.get_or_create(&NameLabel { name }).inc();
    }
}

impl Register for Metrics {
    fn register(&self, registry: &mut Registry) {
        registry.register(
            "db_transaction_duration_seconds",
            "Time that a transaction took, with the wait for a connection and its retries",
            self.durations.clone(),
        );
        registry.register(
            "db_transaction_retries",
            "Transactions that ran again after a serialization failure or a deadlock",
            self.retries.clone(),
        );
        registry.register_collector(Box::new(PoolCollector(self.pool.clone())));
    }
}

// === impl PoolCollector ===

impl Collector for PoolCollector {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        let status = self.0.status();
        let in_use = status.size.saturating_sub(status.available);
        for (name, help, value) in [
            (
                "db_pool_max_connections",
                "Maximum of connections",
                status.max_size,
            ),
            ("db_pool_connections", "Open connections", status.size),
            ("db_pool_connections_in_use", "Connections in use", in_use),
            (
                "db_pool_waiting",
                "Transactions that wait for a connection",
                status.waiting,
            ),
        ] {
            encode_gauge(&mut encoder, name, help, value as u64)?;
        }
        Ok(())
    }
}
