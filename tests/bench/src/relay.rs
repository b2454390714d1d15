//! The relay measured: how fast a backlog leaves, how soon a close is announced, and whether the
//! tables stay flat.
//!
//! Twice: into `log` with its lines turned off, which acknowledges at once, so that what is
//! measured is the relay's own work and PostgreSQL's; and into a NATS JetStream that stores in
//! files.

use std::{
    fs,
    path::Path,
    process::{Child, Command},
    thread::sleep,
    time::{Duration, Instant},
};

use crate::{
    Result,
    database::Database,
    http::{self, Service},
    machine,
    nats::Nats,
    report::{grouped, table},
    usage,
    workloads::{Stock, TENANTS, order_id},
};

const PATIENCE: Duration = Duration::from_secs(300);

/// Measure the relay.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Events that wait when the relay starts.
    #[arg(long, default_value_t = 50_000)]
    events: u32,
    /// Published events that lie beside them in the second run.
    #[arg(long, default_value_t = 1_000_000)]
    published: u32,
    /// Closes, one after the other, each on an idle service.
    #[arg(long, default_value_t = 300)]
    closes: u32,
    /// Where events go instead, as in ORDERS_PUBLISHER. The file of results is then left alone.
    #[arg(long)]
    publisher: Option<String>,
    /// Instead of all that, publish and purge for so many seconds, and print the tables' sizes.
    #[arg(long)]
    soak: Option<u32>,
}

/// A running `orders relay`. Dropping it ends it.
struct Relay(Child);

/// What became of a backlog.
struct Drained {
    rate: f64,
    /// Milliseconds of CPU for 1,000 events: the relay's and PostgreSQL's.
    cpu: [f64; 2],
}

/// Where events go.
struct Target {
    name: &'static str,
    /// As in ORDERS_PUBLISHER.
    publisher: String,
    nats: Option<Nats>,
}

/// Measures, prints what comes out, and writes it down.
pub fn run(args: &Args) -> Result<()> {
    let database = Database::start()?;
    orders(&database, "migrate", &[], "log")?.wait()?;
    if let Some(seconds) = args.soak {
        let publisher = args.publisher.as_deref().unwrap_or("log");
        return soak(&database, publisher, seconds);
    }
    let (mut rates, mut latencies) = (Vec::new(), Vec::new());
    for target in targets(args)? {
        for published in [0, args.published] {
            let Drained { rate, cpu } = drain(&database, args, &target, published)?;
            let cpu = cpu.map(|cpu| format!("{cpu:.0}"));
            let [published, rate] =
                [published.to_string(), format!("{rate:.0}")].map(|digits| grouped(&digits));
            println!("{}: {rate}/s among {published} published", target.name);
            rates.push([&[target.name.to_owned(), published, rate], &cpu[..]].concat());
        }
        let latency = latency(&database, args, &target)?;
        println!(
            "{}: {latency:?} ms from close to acknowledgement",
            target.name
        );
        latencies.push([&[target.name.to_owned()], &latency[..]].concat());
    }
    let report = markdown(args, &database, rates, latencies);
    println!("\n{report}");
    if args.publisher.is_none() {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR"));
        fs::write(dir.join("RELAY.md"), report)?;
        println!("written to RELAY.md in tests/bench");
    }
    Ok(())
}

fn targets(args: &Args) -> Result<Vec<Target>> {
    let target = |name, publisher, nats| Target {
        name,
        publisher,
        nats,
    };
    if let Some(publisher) = &args.publisher {
        return Ok(vec![target("as told", publisher.clone(), None)]);
    }
    let nats = Nats::start()?;
    Ok(vec![
        target("`log`, silent", "log".to_owned(), None),
        target("NATS JetStream", nats.url(), Some(nats)),
    ])
}

fn markdown(
    args: &Args,
    database: &Database,
    rates: Vec<Vec<String>>,
    latencies: Vec<Vec<String>>,
) -> String {
    let columns = |names: &[&str]| {
        names
            .iter()
            .map(|&name| name.to_owned())
            .collect::<Vec<_>>()
    };
    let rate_columns = [
        "events go to",
        "published rows beside them",
        "events a second",
        "CPU ms per 1,000: relay",
        "PostgreSQL",
    ];
    let latency_columns = ["events go to", "p50 ms", "p90 ms", "p99 ms"];
    format!(
        "# The relay\n\n\
         `bench relay`, one run: {} cores of {}, shared by the relay, PostgreSQL {}, whose `fsync` and \
         `synchronous_commit` are on, and the broker; {}. JetStream stores in files as it comes, that is without an \
         `fsync` for each message.\n\n\
         {} events of {TENANTS} tenants wait when one relay starts, and leave:\n\n{}\n\
         From the begin of a close, its commit included, to the mark that follows the acknowledgement; {} closes, one \
         after the other, on an idle service:\n\n{}",
        machine::cores(),
        machine::processor(),
        database.version,
        machine::kernel(),
        grouped(&args.events.to_string()),
        table(&columns(&rate_columns), rates.into_iter()),
        args.closes,
        table(&columns(&latency_columns), latencies.into_iter()),
    )
}

/// Starts a relay in front of a backlog, and waits until nothing is left.
fn drain(database: &Database, args: &Args, target: &Target, published: u32) -> Result<Drained> {
    database.run("TRUNCATE outbox")?;
    database.run(&events(published, "now()"))?;
    database.run(&events(args.events, "NULL"))?;
    database.settle()?;
    let stored_before = target.nats.as_ref().map_or(Ok(0), Nats::stored)?;
    let before = usage::of_family(database.pid);
    let begun = database.query("SELECT clock_timestamp()")?;
    let relay = Relay(orders(database, "relay", &[], &target.publisher)?);
    until(|| {
        database.query("SELECT NOT EXISTS (SELECT FROM outbox WHERE published_at IS NULL AND parked_at IS NULL)")
    })?;
    // By the marks: our own looks come late.
    let took = format!("SELECT extract(epoch FROM max(published_at) - '{begun}') FROM outbox");
    let took: f64 = database.query(&took)?.parse()?;
    let used = [
        usage::of_process(relay.0.id()),
        usage::of_family(database.pid).saturating_sub(before),
    ];
    if let Some(nats) = &target.nats {
        let stored = nats.stored()? - stored_before;
        if stored != u64::from(args.events) {
            return Err(format!("{stored} of {} events are in the stream", args.events).into());
        }
    }
    Ok(Drained {
        rate: f64::from(args.events) / took,
        cpu: used.map(|used| used.as_secs_f64() * 1e6 / f64::from(args.events)),
    })
}

/// Closes orders through HTTP, one at a time. Gives the median and the quantiles of 0.9 and 0.99,
/// in milliseconds.
fn latency(database: &Database, args: &Args, target: &Target) -> Result<Vec<String>> {
    database.run(&Stock::Confirmed(args.closes).sql())?;
    database.settle()?;
    let scratch = tempfile::tempdir()?;
    let log = scratch.path().join("service.log");
    let service = Service::publishing(database, &log, &target.publisher)?;
    for number in 0..args.closes {
        let path = format!("/orders/{}/close", order_id(number));
        let tenant = format!("X-Tenant-Id: {}\r\nContent-Length: 0\r\n", number % TENANTS);
        let answer = http::ask("POST", service.address, &path, &tenant)?;
        if answer.status != 200 {
            return Err(format!("{path}: {}", answer.text).into());
        }
        sleep(Duration::from_millis(20 + u64::from(number % 17)));
    }
    until(|| database.query("SELECT count(published_at) = count(*) FROM outbox"))?;
    // `published_at` is when the mark began, which is after the acknowledgement.
    let quantiles = database.query(
        "SELECT string_agg(round(v::numeric * 1000, 1)::text, ' ' ORDER BY p)
           FROM unnest(ARRAY[0.5, 0.9, 0.99]) AS p,
                LATERAL (SELECT percentile_cont(p) WITHIN GROUP (ORDER BY extract(epoch FROM published_at - created_at)) AS v
                           FROM outbox) AS latency",
    )?;
    Ok(quantiles.split(' ').map(str::to_owned).collect())
}

/// Writes a thousand events and as many expired keys a second, while a relay publishes and purges.
fn soak(database: &Database, publisher: &str, seconds: u32) -> Result<()> {
    let flags = ["--outbox-retention", "5s", "--purge-interval", "1s"];
    let _relay = Relay(orders(database, "relay", &flags, publisher)?);
    let begun = Instant::now();
    println!("seconds  written  rows of outbox  outbox  rows of keys  keys");
    for second in 1..=seconds {
        database.run(&events(1_000, "NULL"))?;
        database.run(&keys(1_000))?;
        if second % 10 == 0 {
            let sizes = database.query(
                "SELECT format('%14s  %s  %12s  %s', (SELECT count(*) FROM outbox), pg_size_pretty(pg_total_relation_size('outbox')),
                               (SELECT count(*) FROM idempotency_keys), pg_size_pretty(pg_total_relation_size('idempotency_keys')))",
            )?;
            println!("{second:>7}  {:>7}  {sizes}", second * 1_000);
        }
        sleep(
            (begun + Duration::from_secs(second.into())).saturating_duration_since(Instant::now()),
        );
    }
    Ok(())
}

/// Events of orders of their own, of sixteen tenants.
fn events(count: u32, published_at: &str) -> String {
    format!(
        "INSERT INTO outbox (tenant_id, id, event_type, order_id, payload, created_at, published_at)
         SELECT n % {TENANTS}, gen_random_uuid(), 'orders.closed', order_id,
                json_build_object('orderId', order_id, 'tenantId', n % {TENANTS}, 'totalCents', 1234, 'closedAt', now()),
                now() + n * interval '1 microsecond', {published_at}
           FROM generate_series(1, {count}) AS n, LATERAL (SELECT gen_random_uuid() AS order_id OFFSET n * 0) AS o"
    )
}

fn keys(count: u32) -> String {
    format!(
        "INSERT INTO idempotency_keys (tenant_id, key, fingerprint, order_id, response_json, created_at)
         SELECT n % {TENANTS}, gen_random_uuid(), sha256(''), gen_random_uuid(), '{{}}', now() - interval '3 hours'
           FROM generate_series(1, {count}) AS n"
    )
}

/// Returns once the answer is yes.
fn until(ask: impl Fn() -> Result<String>) -> Result<()> {
    let begun = Instant::now();
    while ask()? != "t" {
        if begun.elapsed() > PATIENCE {
            return Err("the relay does not get done".into());
        }
        sleep(Duration::from_millis(100));
    }
    Ok(())
}

fn orders(database: &Database, command: &str, flags: &[&str], publisher: &str) -> Result<Child> {
    let mut orders = Command::new(http::binary()?);
    orders
        .args([command, "--log", "warn"])
        .args(flags)
        .env("DATABASE_URL", database.url())
        .env("ORDERS_PUBLISHER", publisher);
    Ok(orders.spawn()?)
}

impl Drop for Relay {
    fn drop(&mut self) {
        // Nobody is left to be told.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
