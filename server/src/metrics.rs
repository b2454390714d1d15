//! The metrics of the process in Prometheus's text format.
//!
//! Each module owns its metrics and registers them here. Names follow Prometheus's conventions:
//! base units, `_total` for counters. **Invariant:** the values of every label are bounded: names
//! of operations and transactions, states, reasons; never a tenant, a path or an id.

mod process;
mod scraped;

use std::{fmt, hash::Hash};

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{family::Family, histogram::Histogram, info::Info},
    registry::Registry,
};

pub use self::scraped::encode_gauge;

/// The media type of the text format of OpenMetrics 1.0.
pub const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Buckets of durations in seconds, from 0.5 ms to 10 s.
pub const DURATIONS: [f64; 14] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

/// A label `operation`: the `operationId`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct OperationLabel {
    /// The operation.
    pub operation: &'static str,
}

/// All metrics of the process.
#[derive(Debug)]
pub struct MetricsRegistry(Registry);

/// Metrics that can be registered.
pub trait Register {
    /// Adds the metrics to a registry. Their names begin with `orders_`, which the registry adds.
    fn register(&self, registry: &mut Registry);
}

/// Histograms of durations in seconds, one for each set of labels.
pub type Durations<L> = Family<L, Histogram, fn() -> Histogram>;

/// No durations yet.
pub fn durations<L: Clone + Eq + Hash>() -> Durations<L> {
    Family::new_with_constructor(|| Histogram::new(DURATIONS))
}

// === impl MetricsRegistry ===

impl MetricsRegistry {
    /// A registry with the metrics of the build and of the operating system's process.
    pub fn new() -> Self {
        let mut registry = Registry::default();
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("orders_build", "The running version of Orders", build);
        process::register(&mut registry);
        Self(registry)
    }

    /// Adds the metrics of a module.
    pub fn add(&mut self, metrics: &impl Register) {
        metrics.register(self.0.sub_registry_with_prefix("orders"));
    }

    /// The current values as text. Linear in the number of time series.
    ///
    /// # Errors
    /// Never, unless a collector fails.
    pub fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.0)?;
        Ok(text)
    }
}

impl Default for MetricsRegistry {
    fn default() -> Self {
        Self::new()
    }
}
