//! What was measured, and what it comes to.

use std::time::Duration;

use crate::workloads::Workload;

/// Who was asked, by how many at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asked {
    /// PostgreSQL itself, by so many clients.
    Floor(u32),
    /// The service, over so many connections.
    Service(u32),
}

/// One run.
#[derive(Clone, Copy, Debug)]
pub struct Record {
    pub workload: Workload,
    pub asked: Asked,
    /// Operations a second.
    pub rate: f64,
    /// 50 %, 90 %, 99 %, 99.9 %; of the floor at most the first.
    pub latency: [Option<Duration>; 4],
    /// Milliseconds of CPU for 1,000 requests: the service's and PostgreSQL's.
    pub cpu: [f64; 2],
}

/// Several runs of one kind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    pub median: f64,
    pub min: f64,
    pub max: f64,
}

/// All runs.
#[derive(Debug, Default)]
pub struct Records(pub Vec<Record>);

// === impl Asked ===

impl Asked {
    /// What the service over so many connections is measured against: as many clients, but not more
    /// than the 32 at which pgbench is at its best.
    pub fn floor_of(connections: u32) -> Self {
        Self::Floor(connections.min(32))
    }
}

// === impl Records ===

impl Records {
    /// Of one figure of all runs of one kind, if there were any and they have it.
    pub fn spread(
        &self,
        workload: Workload,
        asked: Asked,
        figure: impl Fn(&Record) -> Option<f64>,
    ) -> Option<Spread> {
        let runs = self
            .0
            .iter()
            .filter(|run| run.workload == workload && run.asked == asked);
        Spread::of(runs.filter_map(figure).collect())
    }

    pub fn rate(&self, workload: Workload, asked: Asked) -> Option<Spread> {
        self.spread(workload, asked, |run| Some(run.rate))
    }

    /// Microseconds.
    pub fn latency(&self, workload: Workload, asked: Asked, percentile: usize) -> Option<f64> {
        let micros = |run: &Record| Some((*run.latency.get(percentile)?)?.as_secs_f64() * 1e6);
        Some(self.spread(workload, asked, micros)?.median)
    }

    /// The service's rate divided by its floor's.
    pub fn ratio(&self, workload: Workload, connections: u32) -> Option<f64> {
        let floor = self.rate(workload, Asked::floor_of(connections))?.median;
        Some(self.rate(workload, Asked::Service(connections))?.median / floor)
    }
}

// === impl Spread ===

impl Spread {
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

/// The value that so many percent of the sorted ones do not exceed.
pub fn percentile(sorted: &[u64], percent: usize) -> Option<u64> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_even_number_of_runs_has_a_median_between_two() {
        let spread = Spread::of(vec![4.0, 1.0, 2.0, 9.0]).unwrap();
        assert_eq!((spread.median, spread.min, spread.max), (3.0, 1.0, 9.0));
        assert_eq!(Spread::of(Vec::new()), None);
    }

    #[test]
    fn percentiles_are_values_that_occurred() {
        assert_eq!(percentile(&[1, 2, 3, 4], 50), Some(2));
        assert_eq!(percentile(&[7], 99), Some(7));
        assert_eq!(percentile(&[], 50), None);
    }
}
