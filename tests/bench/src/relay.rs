//! The relay measured: how fast a backlog leaves, how soon a close is announced, and whether the tables stay flat.
//!
//! The publisher is `log` with its lines turned off: it acknowledges at once, so what is measured is the relay's own
//! work and PostgreSQL's.

use std::{
    process::{Child, Command},
    thread::sleep,
    time::{Duration, Instant},
};

use crate::{
    Result,
    database::Database,
    http::{self, Service},
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
    /// Where events go, as in ORDERS_PUBLISHER.
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

/// Measures, and prints what comes out.
pub fn run(args: &Args) -> Result<()> {
    let database = Database::start()?;
    orders(&database, "migrate", &[], args)?.wait()?;
    println!(
        "PostgreSQL {}, fsync on, {} processors",
        database.version,
        crate::machine::cores()
    );
    if let Some(seconds) = args.soak {
        return soak(&database, args, seconds);
    }
    for published in [0, args.published] {
        let Drained { rate, cpu } = drain(&database, args, published)?;
        println!(
            "{} events among {published} published: {rate:.0}/s; CPU for 1,000: relay {:.0} ms, PostgreSQL {:.0} ms",
            args.events, cpu[0], cpu[1]
        );
    }
    let latency = latency(&database, args)?;
    println!("from the begin of a close to the acknowledgement, idle: {latency}");
    Ok(())
}

/// Starts a relay in front of a backlog, and waits until nothing is left.
fn drain(database: &Database, args: &Args, published: u32) -> Result<Drained> {
    database.run("TRUNCATE outbox")?;
    database.run(&events(published, "now()"))?;
    database.run(&events(args.events, "NULL"))?;
    database.settle()?;
    let before = usage::of_family(database.pid);
    let begun = database.query("SELECT clock_timestamp()")?;
    let relay = Relay(orders(database, "relay", &[], args)?);
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
    Ok(Drained {
        rate: f64::from(args.events) / took,
        cpu: used.map(|used| used.as_secs_f64() * 1e6 / f64::from(args.events)),
    })
}

/// Closes orders through HTTP, one at a time.
fn latency(database: &Database, args: &Args) -> Result<String> {
    database.run(&Stock::Confirmed(args.closes).sql())?;
    database.settle()?;
    let scratch = tempfile::tempdir()?;
    let service = Service::start(database, &scratch.path().join("service.log"))?;
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
    database.query(
        "SELECT string_agg(format('%s %% %s ms', p * 100, round(v::numeric * 1000, 1)), ', ')
           FROM unnest(ARRAY[0.5, 0.9, 0.99]) WITH ORDINALITY AS p (p, place),
                LATERAL (SELECT percentile_cont(p) WITHIN GROUP (ORDER BY extract(epoch FROM published_at - created_at)) AS v
                           FROM outbox) AS latency",
    )
}

/// Writes a thousand events and as many expired keys a second, while a relay publishes and purges.
fn soak(database: &Database, args: &Args, seconds: u32) -> Result<()> {
    let flags = ["--outbox-retention", "5s", "--purge-interval", "1s"];
    let _relay = Relay(orders(database, "relay", &flags, args)?);
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

fn orders(database: &Database, command: &str, flags: &[&str], args: &Args) -> Result<Child> {
    let mut orders = Command::new(http::binary()?);
    orders
        .args([command, "--log", "warn"])
        .args(flags)
        .env("DATABASE_URL", database.url());
    if let Some(publisher) = &args.publisher {
        orders.env("ORDERS_PUBLISHER", publisher);
    }
    Ok(orders.spawn()?)
}

impl Drop for Relay {
    fn drop(&mut self) {
        // Nobody is left to be told.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
