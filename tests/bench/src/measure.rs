//! One run: the tables made anew, the load, the proof that it did what it says, and its price.

use std::{io::Write, path::PathBuf, time::Duration};

use tempfile::TempDir;

use crate::{
    Result,
    database::Database,
    figures::{Asked, Record, Records},
    floor::{self, Floor},
    http::{self, Load, Service, Task},
    usage,
    workloads::{Stock, TENANTS, Workload, deep_cursor, order_id},
};

/// Everything a run needs, and what the runs have brought so far.
pub struct Bench {
    // In the order in which they have to go.
    pub service: Service,
    pub database: Database,
    pub scratch: TempDir,
    pub records: Records,
    seconds: u32,
    /// How many orders to prepare for runs that use them up.
    supply: u32,
    /// How many runs there were: what tells their keys apart.
    nonce: u32,
}

/// What one run did.
pub struct Done {
    pub record: Record,
    requests: u64,
    exhausted: bool,
}

// === impl Bench ===

impl Bench {
    /// Starts a PostgreSQL and the service on it, and warms both.
    pub fn start(seconds: u32) -> Result<Self> {
        let scratch = tempfile::tempdir()?;
        let database = Database::start()?;
        // The first service to start makes the tables.
        let service = Service::start(&database, &scratch.path().join("service.log"))?;
        let mut bench = Self {
            service,
            database,
            scratch,
            records: Records::default(),
            seconds,
            supply: 20_000 * seconds,
            nonce: 0,
        };
        bench.rehearse()?;
        Ok(bench)
    }

    pub fn log(&self) -> PathBuf {
        self.scratch.path().join("service.log")
    }

    /// Measures one workload once, says so in a line, and keeps the record.
    ///
    /// # Errors
    /// When a request failed, or the tables do not show what was acknowledged.
    pub fn measure(&mut self, workload: Workload, asked: Asked) -> Result<()> {
        let what = match asked {
            Asked::Floor(clients) => {
                format!("{:<10}  floor, {clients:>3} clients    ", workload.name())
            }
            Asked::Service(connections) => format!(
                "{:<10}  HTTP, {connections:>3} connections",
                workload.name()
            ),
        };
        print!("{what}  ");
        std::io::stdout().flush()?;
        let record = loop {
            let stock = workload.stock(self.supply);
            self.database.fill(stock)?;
            let attempt = self.run(workload, asked, stock);
            let done = attempt.map_err(|error| format!("{}: {error}", what.trim_end()))?;
            if !done.exhausted {
                break done.record;
            }
            self.supply *= 2;
            print!("used up, again with {}  ", self.supply);
        };
        let p50 = record.latency[0].map_or(String::new(), |p50| {
            format!("  p50 {:>6} µs", p50.as_micros())
        });
        println!("{:>8.0}/s{p50}", record.rate);
        self.records.0.push(record);
        Ok(())
    }

    /// One run on tables that hold `stock`.
    pub fn run(&mut self, workload: Workload, asked: Asked, stock: Stock) -> Result<Done> {
        self.nonce += 1;
        if workload.writes() {
            self.database.spoil();
        }
        let before = self.database.count(workload.evidence())?;
        let cpu = self.cpu();
        let mut done = match asked {
            Asked::Floor(clients) => self.ask_floor(workload, clients, stock.rows())?,
            Asked::Service(connections) => self.ask_service(workload, connections, stock.rows())?,
        };
        let [service, postgres] = self.cpu();
        let used = [
            service.saturating_sub(cpu[0]),
            postgres.saturating_sub(cpu[1]),
        ];
        done.record.cpu = used.map(|used| used.as_secs_f64() * 1e6 / done.requests.max(1) as f64);
        let after = self.database.count(workload.evidence())?;
        self.judge(workload, asked, stock, &mut done, after - before)?;
        Ok(done)
    }

    /// Acknowledged is stored. What was on its way when wrk hung up may be stored as well.
    fn judge(
        &self,
        workload: Workload,
        asked: Asked,
        stock: Stock,
        done: &mut Done,
        stored: u64,
    ) -> Result<()> {
        let expected = if workload.writes() { done.requests } else { 0 };
        let on_the_way = match asked {
            Asked::Floor(_) => 0,
            Asked::Service(connections) => u64::from(connections),
        };
        // pgbench does not notice that an UPDATE finds nothing any more.
        let uses_up = matches!(stock, Stock::Drafts(_) | Stock::Confirmed(_));
        done.exhausted |= uses_up && stored == u64::from(stock.rows());
        let fits = (expected..=expected + on_the_way).contains(&stored);
        if fits || done.exhausted {
            return Ok(());
        }
        Err(format!(
            "{} answers, yet {stored} rows: {expected} to {} expected",
            done.requests,
            expected + on_the_way
        )
        .into())
    }

    fn ask_floor(&self, workload: Workload, clients: u32, rows: u32) -> Result<Done> {
        let task = floor::Task {
            workload,
            clients,
            seconds: self.seconds,
            rows,
            first: u64::from(self.nonce) * 10_000_000,
        };
        let Floor { rate, done, median } = floor::run(&self.database, self.scratch.path(), &task)?;
        Ok(Done::new(
            workload,
            Asked::Floor(clients),
            rate,
            [median, None, None, None],
            done,
            false,
        ))
    }

    fn ask_service(&self, workload: Workload, connections: u32, rows: u32) -> Result<Done> {
        let task = Task {
            workload,
            connections,
            seconds: self.seconds,
            rows,
            nonce: &format!("run-{}", self.nonce),
        };
        let Load {
            rate,
            done,
            latency,
            exhausted,
        } = self.service.load(self.scratch.path(), &task)?;
        Ok(Done::new(
            workload,
            Asked::Service(connections),
            rate,
            latency.map(Some),
            done,
            exhausted,
        ))
    }

    fn cpu(&self) -> [Duration; 2] {
        [
            usage::of_process(self.service.pid()),
            usage::of_family(self.database.pid),
        ]
    }

    /// Opens the service's connections, and makes sure that pages are what the floor's are: ten
    /// orders, in their place.
    fn rehearse(&mut self) -> Result<()> {
        let stock = Workload::Get.stock(0);
        self.database.fill(stock)?;
        self.ask_service(Workload::Get, 128, stock.rows())?;
        for (path, newest) in [
            ("/orders?limit=10".to_owned(), stock.rows() - TENANTS),
            (
                format!("/orders?limit=10&cursor={}", deep_cursor(0)),
                stock.rows() - TENANTS * 9_991,
            ),
        ] {
            let answer = http::get(self.service.address, &path, "X-Tenant-Id: 0\r\n")?;
            let orders = answer.text.matches("\"tenantId\"").count();
            let first = format!("[{{\"id\":\"{}\"", order_id(newest));
            if answer.status != 200 || orders != 10 || !answer.text.contains(&first) {
                return Err(format!("{path} is not the page to measure: {}", answer.text).into());
            }
        }
        Ok(())
    }
}

// === impl Done ===

impl Done {
    fn new(
        workload: Workload,
        asked: Asked,
        rate: f64,
        latency: [Option<Duration>; 4],
        requests: u64,
        exhausted: bool,
    ) -> Self {
        let record = Record {
            workload,
            asked,
            rate,
            latency,
            cpu: [0.0; 2],
        };
        Self {
            record,
            requests,
            exhausted,
        }
    }
}
