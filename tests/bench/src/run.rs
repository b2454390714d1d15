//! One run: fill the tables, send the requests, compare the tables with the responses, and measure
//! CPU time.

use std::{io::Write, path::PathBuf, time::Duration};

use tempfile::TempDir;

use crate::{
    Result,
    database::Database,
    floor::{self, Floor},
    http::{self, Load, Service, Task, Variant},
    measurements::{Measurement, Measurements, Target},
    usage,
    workloads::{Dataset, TENANTS, Workload, deep_cursor, order_id},
};

/// The processes that runs use, and the measurements so far.
pub struct Bench {
    // Fields drop in this order: the service before its database.
    pub service: Service,
    pub database: Database,
    pub scratch: TempDir,
    pub measurements: Measurements,
    seconds: u32,
    /// Number of orders to prepare for a workload that uses them up.
    prepared: u32,
    /// Number of runs so far, which makes their idempotency keys distinct.
    runs: u32,
}

/// The result of one run.
pub struct RunResult {
    pub measurement: Measurement,
    requests: u64,
    /// The run used up the prepared orders, so it does not count.
    exhausted: bool,
}

// === impl Bench ===

impl Bench {
    /// Starts PostgreSQL and a variant of the service, and warms both up.
    pub fn start(seconds: u32, variant: Variant) -> Result<Self> {
        let scratch = tempfile::tempdir()?;
        let database = Database::start()?;
        // Migrates the database.
        let service = Service::of(variant, &database, &scratch.path().join("service.log"))?;
        let mut bench = Self {
            service,
            database,
            scratch,
            measurements: Measurements::default(),
            seconds,
            prepared: 20_000 * seconds,
            runs: 0,
        };
        bench.warm_up()?;
        Ok(bench)
    }

    /// The log file of the service.
    pub fn log(&self) -> PathBuf {
        self.scratch.path().join("service.log")
    }

    /// Measures a workload once, prints a line, and keeps the measurement. Repeats a run that used
    /// up the prepared orders, with twice as many.
    ///
    /// # Errors
    /// A request failed, or the tables do not contain what the responses say.
    pub fn measure(&mut self, workload: Workload, target: Target) -> Result<()> {
        let label = match target {
            Target::Floor(clients) => {
                format!("{:<10}  floor, {clients:>3} clients      ", workload.name())
            }
            Target::Service(connections) => format!(
                "{:<10}  service, {connections:>3} connections",
                workload.name()
            ),
        };
        print!("{label}  ");
        std::io::stdout().flush()?;
        let measurement = loop {
            let dataset = workload.dataset(self.prepared);
            self.database.fill(dataset)?;
            let attempt = self.run(workload, target, dataset);
            let done = attempt.map_err(|error| format!("{}: {error}", label.trim_end()))?;
            if !done.exhausted {
                break done.measurement;
            }
            self.prepared *= 2;
            print!("used up the orders, repeating with {}  ", self.prepared);
        };
        let p50 = measurement.latency[0].map_or(String::new(), |p50| {
            format!("  p50 {:>6} µs", p50.as_micros())
        });
        println!("{:>8.0}/s{p50}", measurement.rate);
        self.measurements.0.push(measurement);
        Ok(())
    }

    /// One run on tables that contain `dataset`.
    pub fn run(
        &mut self,
        workload: Workload,
        target: Target,
        dataset: Dataset,
    ) -> Result<RunResult> {
        self.runs += 1;
        if workload.writes() {
            self.database.mark_modified();
        }
        let before = self.database.count(workload.count_query())?;
        let cpu = self.cpu();
        let mut done = match target {
            Target::Floor(clients) => self.run_floor(workload, clients, dataset.rows())?,
            Target::Service(connections) => {
                self.run_service(workload, connections, dataset.rows())?
            }
        };
        let [service, postgres] = self.cpu();
        let used = [
            service.saturating_sub(cpu[0]),
            postgres.saturating_sub(cpu[1]),
        ];
        done.measurement.cpu =
            used.map(|used| used.as_secs_f64() * 1e6 / done.requests.max(1) as f64);
        let after = self.database.count(workload.count_query())?;
        self.verify(workload, target, dataset, &mut done, after - before)?;
        Ok(done)
    }

    /// Compares the number of new rows with the number of successful requests. Requests in flight
    /// when wrk closes its connections may be stored without a response.
    fn verify(
        &self,
        workload: Workload,
        target: Target,
        dataset: Dataset,
        done: &mut RunResult,
        stored: u64,
    ) -> Result<()> {
        let expected = if workload.writes() { done.requests } else { 0 };
        let in_flight = match target {
            Target::Floor(_) => 0,
            Target::Service(connections) => u64::from(connections),
        };
        // pgbench counts an UPDATE that finds no row as a success.
        let uses_up = matches!(dataset, Dataset::Drafts(_) | Dataset::Confirmed(_));
        done.exhausted |= uses_up && stored == u64::from(dataset.rows());
        let is_complete = (expected..=expected + in_flight).contains(&stored);
        if is_complete || done.exhausted {
            return Ok(());
        }
        Err(format!(
            "{} responses but {stored} new rows; expected {expected} to {}",
            done.requests,
            expected + in_flight
        )
        .into())
    }

    fn run_floor(&self, workload: Workload, clients: u32, rows: u32) -> Result<RunResult> {
        let task = floor::Task {
            workload,
            clients,
            seconds: self.seconds,
            rows,
            first: u64::from(self.runs) * 10_000_000,
        };
        let Floor { rate, done, median } = floor::run(&self.database, self.scratch.path(), &task)?;
        Ok(RunResult::new(
            workload,
            Target::Floor(clients),
            rate,
            [median, None, None, None],
            done,
            false,
        ))
    }

    fn run_service(&self, workload: Workload, connections: u32, rows: u32) -> Result<RunResult> {
        let task = Task {
            workload,
            connections,
            seconds: self.seconds,
            rows,
            nonce: &format!("run-{}", self.runs),
        };
        let Load {
            rate,
            done,
            latency,
            exhausted,
        } = self.service.load(self.scratch.path(), &task)?;
        Ok(RunResult::new(
            workload,
            Target::Service(connections),
            rate,
            latency.map(Some),
            done,
            exhausted,
        ))
    }

    fn cpu(&self) -> [Duration; 2] {
        [
            usage::cpu_of_family(self.service.parent_pid()),
            usage::cpu_of_family(self.database.pid),
        ]
    }

    /// Fills the service's connection pool, and checks that its pages contain the same ten orders
    /// as pgbench's.
    fn warm_up(&mut self) -> Result<()> {
        let dataset = Workload::Get.dataset(0);
        self.database.fill(dataset)?;
        self.run_service(Workload::Get, 128, dataset.rows())?;
        let headers = format!("X-Tenant-Id: 0\r\n{}", self.service.variant.headers);
        for (path, newest) in [
            ("/orders?limit=10".to_owned(), dataset.rows() - TENANTS),
            (
                format!("/orders?limit=10&cursor={}", deep_cursor(0)),
                dataset.rows() - TENANTS * 9_991,
            ),
        ] {
            let response = http::get(self.service.address, &path, &headers)?;
            let orders = response.text.matches("\"tenantId\"").count();
            let first = format!("[{{\"id\":\"{}\"", order_id(newest));
            if response.status != 200 || orders != 10 || !response.text.contains(&first) {
                return Err(format!(
                    "{path} does not return the expected page: {}",
                    response.text
                )
                .into());
            }
        }
        Ok(())
    }
}

// === impl RunResult ===

impl RunResult {
    fn new(
        workload: Workload,
        target: Target,
        rate: f64,
        latency: [Option<Duration>; 4],
        requests: u64,
        exhausted: bool,
    ) -> Self {
        let measurement = Measurement {
            workload,
            target,
            rate,
            latency,
            cpu: [0.0; 2],
        };
        Self {
            measurement,
            requests,
            exhausted,
        }
    }
}
