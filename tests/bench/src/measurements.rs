//! The measurements of all runs, and their medians and ratios.

use std::time::Duration;

use crate::workloads::Workload;

/// What a run measures, and its concurrency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// PostgreSQL alone, with this number of clients of pgbench.
    Floor(u32),
    /// The service, with this number of connections of wrk.
    Service(u32),
}

/// The result of one run.
#[derive(Clone, Copy, Debug)]
pub struct Measurement {
    pub workload: Workload,
    pub target: Target,
    /// Operations per second.
    pub rate: f64,
    /// Percentiles 50, 90, 99 and 99.9. For the floor only the first, and only with one client.
    pub latency: [Option<Duration>; 4],
    /// Milliseconds of CPU time per 1,000 requests: of the service, and of PostgreSQL.
    pub cpu: [f64; 2],
}

/// Median and extremes of several runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    pub median: f64,
    pub min: f64,
    pub max: f64,
}

/// The results of all runs.
#[derive(Debug, Default)]
pub struct Measurements(pub Vec<Measurement>);

// === impl Target ===

impl Target {
    /// The floor for the service with this number of connections: pgbench with the same number of
    /// clients, but at most 32, where its rate is highest.
    pub fn floor_of(connections: u32) -> Self {
        Self::Floor(connections.min(32))
    }
}

// === impl Measurements ===

impl Measurements {
    /// Spread of one value over the runs of a workload on a target. None if no run has the value.
    pub fn spread(
        &self,
        workload: Workload,
        target: Target,
        value: impl Fn(&Measurement) -> Option<f64>,
    ) -> Option<Spread> {
        let runs = self
            .0
            .iter()
            .filter(|run| run.workload == workload && run.target == target);
        Spread::of(runs.filter_map(value).collect())
    }

    /// Spread of the operations per second.
    pub fn rate(&self, workload: Workload, target: Target) -> Option<Spread> {
        self.spread(workload, target, |run| Some(run.rate))
    }

    /// Median latency in microseconds; `percentile` is an index of [`Measurement::latency`].
    pub fn latency(&self, workload: Workload, target: Target, percentile: usize) -> Option<f64> {
        let micros = |run: &Measurement| Some((*run.latency.get(percentile)?)?.as_secs_f64() * 1e6);
        Some(self.spread(workload, target, micros)?.median)
    }

    /// Rate of the service divided by the rate of its floor.
    pub fn ratio(&self, workload: Workload, connections: u32) -> Option<f64> {
        let floor = self.rate(workload, Target::floor_of(connections))?.median;
        Some(self.rate(workload, Target::Service(connections))?.median / floor)
    }
}

// === impl Spread ===

impl Spread {
    /// None without values.
    pub fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_unstable_by(f64::total_cmp);
        let (min, max) = (*values.first()?, *values.last()?);
        let lower = values.get((values.len() - 1) / 2)?;
        let upper = values.get(values.len() / 2)?;
        Some(Self {
            median: f64::midpoint(*lower, *upper),
            min,
            max,
        })
    }
}

/// The smallest of the sorted values that at least `percent` % of them do not exceed.
pub fn percentile(sorted: &[u64], percent: usize) -> Option<u64> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_of_values_is_the_mean_of_the_middle_two() {
        let spread = Spread::of(vec![4.0, 1.0, 2.0, 9.0]).unwrap();
        assert_eq!((spread.median, spread.min, spread.max), (3.0, 1.0, 9.0));
        assert_eq!(Spread::of(Vec::new()), None);
    }

    #[test]
    fn a_percentile_is_one_of_the_values() {
        assert_eq!(percentile(&[1, 2, 3, 4], 50), Some(2));
        assert_eq!(percentile(&[7], 99), Some(7));
        assert_eq!(percentile(&[], 50), None);
    }
}
