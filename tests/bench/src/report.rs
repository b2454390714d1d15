//! The measurements as Markdown.

use std::fmt::Write;

use crate::{
    Args,
    extras::Extras,
    machine,
    measurements::{Measurements, Spread, Target},
    run::Bench,
    workloads::Workload,
};

/// The content of RESULTS.md.
pub fn markdown(args: &Args, workloads: &[Workload], bench: &Bench, extras: &Extras) -> String {
    let sections = [
        method(args, bench),
        rates(args, workloads, &bench.measurements),
        costs(args, workloads, &bench.measurements),
        further(args, workloads, &bench.measurements, extras),
    ];
    sections.join("\n")
}

/// How and where the measurements were made.
fn method(args: &Args, bench: &Bench) -> String {
    format!(
        "# Results\n\n\
         `bench --rounds {} --seconds {}{}` on {} cores of {} ({}), which wrk or pgbench, the service and PostgreSQL {} \
         share. `fsync` and `synchronous_commit` are on. Rates are medians (minimum–maximum) of {} run{} of {} s; \
         latencies and CPU times are medians. A run counts only if every request succeeded and the tables contain what \
         the responses say.\n\n\
         The floor is pgbench on the same PostgreSQL: one statement and one commit per operation, over a Unix socket, as \
         a superuser, to whom row-level security does not apply. With more than 32 connections, the service is compared with \
         32 clients of pgbench.\n",
        args.rounds,
        args.seconds,
        if args.full { " --full" } else { "" },
        machine::cores(),
        machine::processor(),
        machine::kernel(),
        bench.database.version,
        args.rounds,
        if args.rounds == 1 { "" } else { "s" },
        args.seconds,
    )
}

/// Operations per second.
fn rates(args: &Args, workloads: &[Workload], measurements: &Measurements) -> String {
    let floors = crate::floors(&args.connections);
    let mut head = vec!["operations per second".to_owned()];
    head.extend(floors.iter().map(|floor| match floor {
        Target::Floor(1) => "floor, 1 client".to_owned(),
        Target::Floor(n) | Target::Service(n) => format!("floor, {n} clients"),
    }));
    for &connections in &args.connections {
        head.extend([with_connections(connections), "÷ floor".to_owned()]);
    }
    table(
        &head,
        workloads.iter().map(|&workload| {
            let rate = |target| {
                measurements
                    .rate(workload, target)
                    .map_or("–".to_owned(), |spread| range(&spread, 0))
            };
            let mut row = vec![workload.name().to_owned()];
            row.extend(floors.iter().copied().map(rate));
            for &connections in &args.connections {
                let ratio = measurements.ratio(workload, connections);
                row.push(rate(Target::Service(connections)));
                row.push(ratio.map_or("–".to_owned(), |ratio| format!("**{ratio:.2}**")));
            }
            row
        }),
    )
}

/// Latencies, and CPU time per 1,000 requests.
fn costs(args: &Args, workloads: &[Workload], measurements: &Measurements) -> String {
    let head = [
        "",
        "connections",
        "p50 ms",
        "p90 ms",
        "p99 ms",
        "p99.9 ms",
        "CPU ms per 1,000 requests: service",
        "PostgreSQL",
        "PostgreSQL with pgbench",
    ];
    let rows = workloads
        .iter()
        .flat_map(|&workload| args.connections.iter().map(move |&n| (workload, n)));
    table(
        &head.map(str::to_owned),
        rows.map(|(workload, connections)| {
            let target = Target::Service(connections);
            let time = |at| {
                let micros = measurements.latency(workload, target, at);
                micros.map_or("–".to_owned(), |micros| format!("{:.2}", micros / 1e3))
            };
            let cpu = |target, process: usize| {
                let spread =
                    measurements.spread(workload, target, |run| run.cpu.get(process).copied());
                spread.map_or("–".to_owned(), |spread| format!("{:.0}", spread.median))
            };
            let mut row = vec![workload.name().to_owned(), connections.to_string()];
            row.extend((0..4).map(time));
            row.extend([
                cpu(target, 0),
                cpu(target, 1),
                cpu(Target::floor_of(connections), 1),
            ]);
            row
        }),
    )
}

/// Single values, with their targets. Values that were not measured are left out.
fn further(
    args: &Args,
    workloads: &[Workload],
    measurements: &Measurements,
    extras: &Extras,
) -> String {
    let head = ["other measurements", "measured", "target"];
    let rows = added_latencies(workloads, measurements)
        .chain(page_ratios(args, measurements))
        .chain(extra_rows(extras))
        .filter_map(|(name, value, target)| Some(vec![name, value?, target.to_owned()]));
    table(&head.map(str::to_owned), rows)
}

/// Name, value and target.
type Row = (String, Option<String>, &'static str);

fn added_latencies(
    workloads: &[Workload],
    measurements: &Measurements,
) -> impl Iterator<Item = Row> {
    workloads.iter().map(|&workload| {
        let service = measurements.latency(workload, Target::Service(1), 0);
        let floor = measurements.latency(workload, Target::Floor(1), 0);
        let added = service
            .zip(floor)
            .map(|(service, floor)| format!("{:.0} µs", service - floor));
        let name = format!(
            "{}: median latency with 1 connection minus that of pgbench",
            workload.name()
        );
        (name, added, "≤ 150 µs")
    })
}

fn page_ratios(args: &Args, measurements: &Measurements) -> impl Iterator<Item = Row> {
    args.connections.iter().map(|&connections| {
        let rate = |workload| {
            let spread = measurements.rate(workload, Target::Service(connections));
            spread.map(|spread| spread.median)
        };
        let ratio = rate(Workload::FirstPage)
            .zip(rate(Workload::DeepPage))
            .map(|(first, deep)| format!("{:.2}", first / deep));
        let name = format!(
            "rate of first page ÷ rate of page 1,000, {}",
            with_connections(connections)
        );
        (name, ratio, "≤ 1.10")
    })
}

fn extra_rows(extras: &Extras) -> [Row; 5] {
    let large_table =
        |process: usize| Some(format!("{:.2}", extras.large_table.as_ref()?.get(process)?));
    let memory = |peak: Option<f64>| peak.map(|mib| format!("{mib:.0} MiB"));
    let ready_after = extras.ready_after.as_ref();
    [
        (
            "creates per second in a table of 2,000,000 orders ÷ in an empty table, 32 connections",
            large_table(1),
            "",
        ),
        ("the same for pgbench, 32 clients", large_table(0), ""),
        (
            "peak memory of the service in these runs",
            memory(extras.peak),
            "",
        ),
        (
            "peak memory of the service, creates over 1,000 connections",
            memory(extras.peak_with_many_connections),
            "",
        ),
        (
            "time from the start of the process to status 200 of /readyz",
            ready_after.map(|spread| format!("{} ms", range(spread, 0))),
            "≤ 100 ms",
        ),
    ]
    .map(|(name, value, target)| (name.to_owned(), value, target))
}

fn with_connections(connections: u32) -> String {
    format!(
        "{connections} connection{}",
        if connections == 1 { "" } else { "s" }
    )
}

/// A table in Markdown. All columns but the first contain numbers.
pub fn table(head: &[String], rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut text = format!(
        "| {} |\n|---|{}\n",
        head.join(" | "),
        "--:|".repeat(head.len() - 1)
    );
    for row in rows {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "| {} |", row.join(" | "));
    }
    text
}

fn range(spread: &Spread, decimals: usize) -> String {
    let [median, min, max] = [spread.median, spread.min, spread.max]
        .map(|value| grouped(&format!("{value:.decimals$}")));
    format!("{median} ({min}–{max})")
}

/// Separates thousands: `12345` becomes `12,345`.
pub fn grouped(digits: &str) -> String {
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_separated_by_commas() {
        for (digits, expected) in [
            ("7", "7"),
            ("999", "999"),
            ("1000", "1,000"),
            ("1234567", "1,234,567"),
        ] {
            assert_eq!(grouped(digits), expected);
        }
    }
}
