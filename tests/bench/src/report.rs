//! The figures as Markdown.

use std::fmt::Write;

use crate::{
    Args,
    extras::Extras,
    figures::{Asked, Records, Spread},
    machine,
    measure::Bench,
    workloads::Workload,
};

pub fn markdown(args: &Args, workloads: &[Workload], bench: &Bench, extras: &Extras) -> String {
    let sections = [
        heading(args, bench),
        rates(args, workloads, &bench.records),
        costs(args, workloads, &bench.records),
        further(args, workloads, &bench.records, extras),
    ];
    sections.join("\n")
}

fn heading(args: &Args, bench: &Bench) -> String {
    format!(
        "# Results\n\n\
         `bench --rounds {} --seconds {}{}`: medians (min–max) of {} rounds that take turns, {} s a run, every request \
         answered as it should be. {} cores of {}, shared by the load, the service and PostgreSQL {}, whose `fsync` and \
         `synchronous_commit` are on; {}.\n\n\
         The floor is what pgbench gets from the same PostgreSQL with one statement and one commit for each operation, \
         as a superuser whom row-level security costs nothing, over the same socket.\n",
        args.rounds,
        args.seconds,
        if args.full { " --full" } else { "" },
        args.rounds,
        args.seconds,
        machine::cores(),
        machine::processor(),
        bench.database.version,
        machine::kernel(),
    )
}

/// Operations a second.
fn rates(args: &Args, workloads: &[Workload], records: &Records) -> String {
    let floors = crate::floors(&args.connections);
    let mut head = vec!["operations a second".to_owned()];
    head.extend(floors.iter().map(|floor| match floor {
        Asked::Floor(1) => "floor, 1 client".to_owned(),
        Asked::Floor(n) | Asked::Service(n) => format!("floor, {n} clients"),
    }));
    for &connections in &args.connections {
        head.extend([over(connections), "÷ floor".to_owned()]);
    }
    table(
        &head,
        workloads.iter().map(|&workload| {
            let rate = |asked| {
                records
                    .rate(workload, asked)
                    .map_or("–".to_owned(), |spread| range(&spread, 0))
            };
            let mut row = vec![workload.name().to_owned()];
            row.extend(floors.iter().copied().map(rate));
            for &connections in &args.connections {
                let ratio = records.ratio(workload, connections);
                row.push(rate(Asked::Service(connections)));
                row.push(ratio.map_or("–".to_owned(), |ratio| format!("**{ratio:.2}**")));
            }
            row
        }),
    )
}

/// Latencies, and CPU time for 1,000 requests.
fn costs(args: &Args, workloads: &[Workload], records: &Records) -> String {
    let head = [
        "",
        "connections",
        "p50 ms",
        "p90 ms",
        "p99 ms",
        "p99.9 ms",
        "CPU ms per 1,000: service",
        "PostgreSQL",
        "PostgreSQL at the floor",
    ];
    let rows = workloads
        .iter()
        .flat_map(|&workload| args.connections.iter().map(move |&n| (workload, n)));
    table(
        &head.map(str::to_owned),
        rows.map(|(workload, connections)| {
            let asked = Asked::Service(connections);
            let time = |at| {
                let micros = records.latency(workload, asked, at);
                micros.map_or("–".to_owned(), |micros| format!("{:.2}", micros / 1e3))
            };
            let cpu = |asked, whose: usize| {
                let spread = records.spread(workload, asked, |run| run.cpu.get(whose).copied());
                spread.map_or("–".to_owned(), |spread| format!("{:.0}", spread.median))
            };
            let mut row = vec![workload.name().to_owned(), connections.to_string()];
            row.extend((0..4).map(time));
            row.extend([
                cpu(asked, 0),
                cpu(asked, 1),
                cpu(Asked::floor_of(connections), 1),
            ]);
            row
        }),
    )
}

/// The figures that have a target of their own.
fn further(args: &Args, workloads: &[Workload], records: &Records, extras: &Extras) -> String {
    let mut rows = Vec::new();
    let mut row = |what: String, value: Option<String>, target: &str| {
        rows.extend(value.map(|value| vec![what, value, target.to_owned()]));
    };
    for &workload in workloads {
        let service = records.latency(workload, Asked::Service(1), 0);
        let floor = records.latency(workload, Asked::Floor(1), 0);
        let added = service
            .zip(floor)
            .map(|(service, floor)| format!("{:.0} µs", service - floor));
        row(
            format!(
                "{}: median over 1 connection, less pgbench's",
                workload.name()
            ),
            added,
            "≤ 150 µs",
        );
    }
    for &connections in &args.connections {
        let asked = Asked::Service(connections);
        let rate = |workload| records.rate(workload, asked).map(|spread| spread.median);
        let cost = rate(Workload::FirstPage)
            .zip(rate(Workload::DeepPage))
            .map(|(first, deep)| format!("{:.2}", first / deep));
        row(
            format!("cost of page 1,000 ÷ first page, {}", over(connections)),
            cost,
            "≤ 1.10",
        );
    }
    if let Some([floor, service]) = extras.among_many {
        row(
            "creates a second among 2,000,000 orders ÷ among none, 32 connections".to_owned(),
            Some(format!("{service:.2}")),
            "",
        );
        row(
            "the same of the floor".to_owned(),
            Some(format!("{floor:.2}")),
            "",
        );
    }
    let memory = |peak: Option<f64>| peak.map(|mib| format!("{mib:.0} MiB"));
    row(
        "peak memory of the service in all runs above".to_owned(),
        memory(extras.peak),
        "",
    );
    row(
        "peak memory of the service, 1,000 connections that create".to_owned(),
        memory(extras.crowded_peak),
        "",
    );
    let ready = extras
        .ready_after
        .map(|spread| format!("{} ms", range(&spread, 0)));
    row(
        "start of the process to 200 on /readyz".to_owned(),
        ready,
        "≤ 100 ms",
    );
    table(
        &[
            "further".to_owned(),
            "measured".to_owned(),
            "target".to_owned(),
        ],
        rows.into_iter(),
    )
}

fn over(connections: u32) -> String {
    format!(
        "{connections} connection{}",
        if connections == 1 { "" } else { "s" }
    )
}

/// All columns but the first are figures.
/// A table whose columns are figures but for the first.
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

/// `12345` as `12,345`.
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
    fn thousands_are_grouped() {
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
