//! Measures the relay: events per second from a backlog, latency from close to acknowledgement, and
//! (`--soak`) the size of the tables over time.
//!
//! There are two destinations. The publisher `log`, with its log lines turned off, acknowledges at
//! once: this measures the work of the relay and of PostgreSQL. NATS JetStream stores events in
//! files.

use std::{
    fs,
    path::Path,
    process::Command,
    thread::sleep,
    time::{Duration, Instant},
};

use private_nats::PrivateNats;
use supervised_process::{SupervisedCommand, SupervisedProcess, Supervision};

use crate::{
    Result,
    database::Database,
    http::{self, Service},
    machine, nats,
    report::{grouped, table},
    usage,
    workloads::{Dataset, TENANTS, order_id},
};

mod drain;

/// Bounds the wait for the end of a backlog, and for the migrations.
const TIMEOUT: Duration = Duration::from_secs(300);

/// Measure the relay.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Number of unpublished events when the relay starts.
    #[arg(long, default_value_t = 50_000)]
    events: u32,
    /// Number of published events in the table of the second run.
    #[arg(long, default_value_t = 1_000_000)]
    published: u32,
    /// Number of closes, sent one after the other to an idle service.
    #[arg(long, default_value_t = 300)]
    closes: u32,
    /// Measure only this publisher (a value of ORDERS_PUBLISHER), and do not write RELAY.md.
    #[arg(long)]
    publisher: Option<String>,
    /// Instead, publish a backlog of so many events of 1,000 tenants, such as 5000000, and measure
    /// new events of other tenants meanwhile.
    #[arg(long)]
    drain: Option<u32>,
    /// Instead, publish and purge for this number of seconds, and print the sizes of the tables.
    #[arg(long)]
    soak: Option<u32>,
}

/// How a backlog was published.
struct Throughput {
    /// Events per second.
    rate: f64,
    /// Milliseconds of CPU time per 1,000 events: of the relay, and of PostgreSQL.
    cpu: [f64; 2],
}

/// A publisher to measure.
struct Destination {
    name: &'static str,
    /// A value of ORDERS_PUBLISHER.
    publisher: String,
    nats: Option<PrivateNats>,
}

/// Measures, prints the report, and writes RELAY.md.
pub fn run(args: &Args) -> Result<()> {
    let database = Database::start()?;
    let mut migrate = orders(&database, "migrate", &[], "log")?;
    migrate.wait_until(TIMEOUT, || false);
    drop(migrate);
    if let Some(events) = args.drain {
        return drain::run(&database, events);
    }
    if let Some(seconds) = args.soak {
        let publisher = args.publisher.as_deref().unwrap_or("log");
        return soak(&database, publisher, seconds);
    }
    let (mut rates, mut latencies) = (Vec::new(), Vec::new());
    for destination in destinations(args)? {
        for published in [0, args.published] {
            let Throughput { rate, cpu } =
                publish_backlog(&database, args, &destination, published)?;
            let cpu = cpu.map(|cpu| format!("{cpu:.0}"));
            let [published, rate] =
                [published.to_string(), format!("{rate:.0}")].map(|digits| grouped(&digits));
            println!(
                "{}: {rate}/s with {published} published events",
                destination.name
            );
            rates.push([&[destination.name.to_owned(), published, rate], &cpu[..]].concat());
        }
        let latency = latency(&database, args, &destination)?;
        println!(
            "{}: {latency:?} ms from close to acknowledgement",
            destination.name
        );
        latencies.push([&[destination.name.to_owned()], &latency[..]].concat());
    }
    let report = markdown(args, &database, rates, latencies);
    println!("\n{report}");
    if args.publisher.is_none() {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR"));
        fs::write(dir.join("RELAY.md"), report)?;
        println!("written: tests/bench/RELAY.md");
    }
    Ok(())
}

fn destinations(args: &Args) -> Result<Vec<Destination>> {
    let destination = |name, publisher, nats| Destination {
        name,
        publisher,
        nats,
    };
    if let Some(publisher) = &args.publisher {
        return Ok(vec![destination("--publisher", publisher.clone(), None)]);
    }
    let nats = nats::start()?;
    Ok(vec![
        destination("`log` without its lines", "log".to_owned(), None),
        destination("NATS JetStream", nats.url(), Some(nats)),
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
        "publisher",
        "published rows in the table",
        "events per second",
        "CPU ms per 1,000 events: relay",
        "PostgreSQL",
    ];
    let latency_columns = ["publisher", "p50 ms", "p90 ms", "p99 ms"];
    format!(
        "# The relay\n\n\
         One run of `bench relay` on {} cores of {} ({}), which the relay, PostgreSQL {} and the broker share. `fsync` \
         and `synchronous_commit` of PostgreSQL are on. JetStream has its default configuration: it stores messages in \
         files, without an `fsync` per message.\n\n\
         Throughput: one relay starts with a backlog of {} events of {TENANTS} tenants.\n\n{}\n\
         Latency: from the start of the transaction of a close to the start of the transaction that marks its event as \
         published, after the acknowledgement. {} closes, one after the other, on an idle service.\n\n{}",
        machine::cores(),
        machine::processor(),
        machine::kernel(),
        database.version,
        grouped(&args.events.to_string()),
        table(&columns(&rate_columns), rates.into_iter()),
        args.closes,
        table(&columns(&latency_columns), latencies.into_iter()),
    )
}

/// Starts a relay with a backlog and waits until every event is published or parked.
fn publish_backlog(
    database: &Database,
    args: &Args,
    destination: &Destination,
    published: u32,
) -> Result<Throughput> {
    database.run("TRUNCATE outbox")?;
    database.run(&events(published, "now()"))?;
    database.run(&events(args.events, "NULL"))?;
    database.vacuum()?;
    let stored = || {
        destination
            .nats
            .as_ref()
            .map(nats::stored_messages)
            .transpose()
    };
    let stored_before = stored()?;
    let cpu_before = usage::cpu_of_family(database.pid);
    let start = database.query("SELECT clock_timestamp()")?;
    let relay = orders(database, "relay", &[], &destination.publisher)?;
    until(|| {
        database.query("SELECT NOT EXISTS (SELECT FROM outbox WHERE published_at IS NULL AND parked_at IS NULL)")
    })?;
    // The end is the last `published_at`; the polls above are too coarse.
    let took = format!("SELECT extract(epoch FROM max(published_at) - '{start}') FROM outbox");
    let took: f64 = database.query(&took)?.parse()?;
    let used = [
        usage::cpu_of_family(relay.id()),
        usage::cpu_of_family(database.pid).saturating_sub(cpu_before),
    ];
    if let Some((stored, before)) = stored()?.zip(stored_before) {
        let stored = stored - before;
        if stored != u64::from(args.events) {
            return Err(format!("{stored} of {} events are in the stream", args.events).into());
        }
    }
    Ok(Throughput {
        rate: f64::from(args.events) / took,
        cpu: used.map(|used| used.as_secs_f64() * 1e6 / f64::from(args.events)),
    })
}

/// Closes orders through HTTP, one at a time. Returns the percentiles 50, 90 and 99 of the latency
/// in milliseconds.
fn latency(database: &Database, args: &Args, destination: &Destination) -> Result<Vec<String>> {
    database.run(&Dataset::Confirmed(args.closes).sql())?;
    database.vacuum()?;
    let scratch = tempfile::tempdir()?;
    let log = scratch.path().join("service.log");
    let service = Service::publishing(database, &log, &destination.publisher)?;
    for number in 0..args.closes {
        let path = format!("/orders/{}/close", order_id(number));
        let tenant = format!("X-Tenant-Id: {}\r\nContent-Length: 0\r\n", number % TENANTS);
        let response = http::request("POST", service.address, &path, &tenant)?;
        if response.status != 200 {
            return Err(format!("{path}: {}", response.text).into());
        }
        sleep(Duration::from_millis(20 + u64::from(number % 17)));
    }
    until(|| database.query("SELECT count(published_at) = count(*) FROM outbox"))?;
    // `published_at` is the start of the transaction that marks the event, which follows the
    // acknowledgement.
    let quantiles = database.query(
        "SELECT string_agg(round(v::numeric * 1000, 1)::text, ' ' ORDER BY p)
           FROM unnest(ARRAY[0.5, 0.9, 0.99]) AS p,
                LATERAL (SELECT percentile_cont(p) WITHIN GROUP (ORDER BY extract(epoch FROM published_at - created_at)) AS v
                           FROM outbox) AS latency",
    )?;
    Ok(quantiles.split(' ').map(str::to_owned).collect())
}

/// Inserts 1,000 events and 1,000 expired keys per second, while a relay publishes and purges.
fn soak(database: &Database, publisher: &str, seconds: u32) -> Result<()> {
    let flags = ["--outbox-retention", "5s", "--purge-interval", "1s"];
    let _relay = orders(database, "relay", &flags, publisher)?;
    let start = Instant::now();
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
            (start + Duration::from_secs(second.into())).saturating_duration_since(Instant::now()),
        );
    }
    Ok(())
}

/// Inserts events, each of another order.
fn events(count: u32, published_at: &str) -> String {
    format!(
        "INSERT INTO outbox (tenant_id, id, event_type, order_id, payload, created_at, published_at)
         SELECT n % {TENANTS}, gen_random_uuid(), 'orders.closed', order_id,
                json_build_object('orderId', order_id, 'tenantId', n % {TENANTS}, 'totalCents', 1234, 'closedAt', now()),
                now() + n * interval '1 microsecond', {published_at}
           FROM generate_series(1, {count}) AS n, LATERAL (SELECT gen_random_uuid() AS order_id OFFSET n * 0) AS o"
    )
}

/// Inserts expired idempotency keys.
fn keys(count: u32) -> String {
    format!(
        "INSERT INTO idempotency_keys (tenant_id, key, fingerprint, order_id, response_json, created_at)
         SELECT n % {TENANTS}, gen_random_uuid(), sha256(''), gen_random_uuid(), '{{}}', now() - interval '3 hours'
           FROM generate_series(1, {count}) AS n"
    )
}

/// Polls until the result of the query is true.
fn until(query: impl Fn() -> Result<String>) -> Result<()> {
    let start = Instant::now();
    while query()? != "t" {
        if start.elapsed() > TIMEOUT {
            return Err(format!(
                "the relay does not publish all events within {} s",
                TIMEOUT.as_secs()
            )
            .into());
        }
        sleep(Duration::from_millis(100));
    }
    Ok(())
}

/// Starts `orders`.
pub(crate) fn orders(
    database: &Database,
    command: &str,
    flags: &[&str],
    publisher: &str,
) -> Result<SupervisedProcess> {
    let supervision = Supervision::stopped_by("KILL");
    let mut orders = SupervisedCommand::new(Command::new("sh"), &supervision);
    orders
        .arg(http::binary()?)
        .args([command, "--log", "warn"])
        .args(flags)
        .env("DATABASE_URL", database.url())
        .env("ORDERS_PUBLISHER", publisher);
    Ok(orders.start()?)
}
