//! Measures one relay with a backlog of millions: events per second, and how long new events of
//! other tenants take meanwhile.

use std::{
    fs,
    path::Path,
    thread::sleep,
    time::{Duration, Instant},
};

use crate::{
    Result,
    database::Database,
    machine,
    relay::orders,
    report::{grouped, table},
};

/// Tenants with a backlog.
const TENANTS: u32 = 1_000;

/// Inserted in one statement.
const CHUNK: u32 = 500_000;

/// Pause between two new events.
const PAUSE: Duration = Duration::from_millis(200);

/// Bounds the wait for the end of the backlog.
const TIMEOUT: Duration = Duration::from_secs(30 * 60);

const WAITING: &str =
    "SELECT EXISTS (SELECT FROM outbox WHERE published_at IS NULL AND tenant_id LIKE 'old-%')";

/// Fills the outbox, starts a relay, and measures until the backlog is published.
pub fn run(database: &Database, events: u32) -> Result<()> {
    println!("inserting {} events", grouped(&events.to_string()));
    for from in (0..events).step_by(CHUNK as usize) {
        let to = events.min(from + CHUNK);
        database.run(&insert("'old-' || n % 1000", from, to))?;
    }
    database.run("VACUUM (ANALYZE) outbox; CHECKPOINT")?;

    let relay = orders(database, "relay", &[], "log")?;
    let start = Instant::now();
    let mut number = 0;
    while database.query(WAITING)? == "t" {
        if start.elapsed() > TIMEOUT {
            return Err("the backlog is not published in time".into());
        }
        // A tenant of its own, whose event only a poll finds.
        database.run(&insert("'new-' || n", number, number + 1))?;
        number += 1;
        sleep(PAUSE);
    }
    let took = start.elapsed().as_secs_f64();
    sleep(2 * PAUSE); // for the last new events
    drop(relay);

    let quantiles = database.query(
        "SELECT string_agg(round(1000 * v::numeric)::text, ' ' ORDER BY p)
           FROM unnest(ARRAY[0.5, 0.99, 1]) AS p,
                LATERAL (SELECT percentile_cont(p) WITHIN GROUP (
                                    ORDER BY extract(epoch FROM coalesce(published_at, now()) - created_at)) AS v
                           FROM outbox WHERE tenant_id LIKE 'new-%') AS latency",
    )?;
    let rate = format!("{:.0}", f64::from(events) / took);
    let mut row = vec![
        events.to_string(),
        TENANTS.to_string(),
        rate,
        number.to_string(),
    ];
    for digits in &mut row {
        *digits = grouped(digits);
    }
    row.extend(quantiles.split(' ').map(grouped));
    let report = markdown(database, row);
    println!("\n{report}");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("DRAIN.md");
    fs::write(file, report)?;
    println!("written: tests/bench/DRAIN.md");
    Ok(())
}

fn markdown(database: &Database, row: Vec<String>) -> String {
    let head = [
        "waiting events",
        "tenants",
        "events per second",
        "new events of other tenants",
        "p50 ms",
        "p99 ms",
        "max ms",
    ];
    format!(
        "# A backlog of millions\n\n\
         One run of `bench relay --drain {}` on {} cores of {} ({}), which the relay and PostgreSQL {} share. `fsync` and \
         `synchronous_commit` are on; the publisher is `log` without its lines. The latency of a new event is the time from \
         its insertion, by another process, to the transaction that marks it as published.\n\n{}",
        row[0].replace(',', ""),
        machine::cores(),
        machine::processor(),
        machine::kernel(),
        database.version,
        table(&head.map(str::to_owned), [row].into_iter()),
    )
}

/// Inserts events with these numbers. `tenant` is an SQL expression of the number `n`.
fn insert(tenant: &str, from: u32, to: u32) -> String {
    format!(
        "INSERT INTO outbox (tenant_id, id, event_type, order_id, payload, created_at)
         SELECT {tenant}, gen_random_uuid(), 'orders.closed', order_id, json_build_object('orderId', order_id),
                clock_timestamp()
           FROM generate_series({from}, {to} - 1) AS n, LATERAL (SELECT gen_random_uuid() AS order_id OFFSET n * 0) AS o"
    )
}
