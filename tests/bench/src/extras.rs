//! Measurements beside rates: memory with many connections, time to start, and the rate of creates
//! in a large table.

use std::time::Duration;

use crate::{
    Args, Result,
    http::{Service, Task},
    measurements::{Spread, Target},
    run::Bench,
    usage,
    workloads::{Dataset, Workload},
};

const MANY_CONNECTIONS: u32 = 1_000;
const STARTS: u32 = 7;
const MANY_ORDERS: u32 = 2_000_000;

/// The results. Memory is in MiB; None on systems without /proc.
pub struct Extras {
    /// Peak memory of the service during all runs.
    pub peak: Option<f64>,
    /// Peak memory of a new service during creates over 1,000 connections.
    pub peak_with_many_connections: Option<f64>,
    /// Milliseconds from the start of a process to its first status 200 of /readyz.
    pub ready_after: Option<Spread>,
    /// Creates per second in a table of 2,000,000 orders, divided by those in an empty table: of
    /// pgbench, and of the service.
    pub large_table: Option<[f64; 2]>,
}

pub fn measure(bench: &mut Bench, args: &Args) -> Result<Extras> {
    let peak = usage::peak_memory_of_children(bench.service.parent_pid());
    let large_table = if args.full {
        Some(large_table(bench, args.rounds)?)
    } else {
        None
    };
    println!("memory with {MANY_CONNECTIONS} connections");
    bench.database.fill(Dataset::Empty)?;
    bench.database.mark_modified();
    let peak_with_many_connections = peak_with_many_connections(bench, args.seconds)?;
    println!("time to start, {STARTS} times");
    Ok(Extras {
        peak,
        peak_with_many_connections,
        ready_after: ready_after(bench)?,
        large_table,
    })
}

fn peak_with_many_connections(bench: &Bench, seconds: u32) -> Result<Option<f64>> {
    let service = Service::start(&bench.database, &bench.log())?;
    let task = Task {
        workload: Workload::Create,
        connections: MANY_CONNECTIONS,
        seconds,
        rows: 0,
        nonce: "crowd",
    };
    service
        .load(bench.scratch.path(), &task)
        .map_err(|error| format!("{MANY_CONNECTIONS} connections: {error}"))?;
    Ok(usage::peak_memory_of_children(service.parent_pid()))
}

fn ready_after(bench: &Bench) -> Result<Option<Spread>> {
    let starts =
        (0..STARTS).map(|_| Ok(Service::start(&bench.database, &bench.log())?.ready_after));
    let starts = starts.collect::<Result<Vec<Duration>>>()?;
    Ok(Spread::of(
        starts
            .iter()
            .map(|start| start.as_secs_f64() * 1e3)
            .collect(),
    ))
}

fn large_table(bench: &mut Bench, rounds: u32) -> Result<[f64; 2]> {
    let empty = create_rates(bench, rounds, Dataset::Empty)?;
    let many = create_rates(bench, rounds, Dataset::Mixed(MANY_ORDERS))?;
    Ok([many[0] / empty[0], many[1] / empty[1]])
}

/// Median of the creates per second in tables that contain `dataset`: of pgbench, and of the
/// service.
fn create_rates(bench: &mut Bench, rounds: u32, dataset: Dataset) -> Result<[f64; 2]> {
    let mut rates = [Vec::new(), Vec::new()];
    for round in 1..=rounds {
        for (target, rates) in [Target::Floor(32), Target::Service(32)]
            .into_iter()
            .zip(&mut rates)
        {
            println!(
                "create in a table of {} orders, round {round}, {target:?}",
                dataset.rows()
            );
            // Filling the large table takes minutes, and the orders that runs add to two million do
            // not matter.
            if dataset == Dataset::Empty || (rates.is_empty() && matches!(target, Target::Floor(_)))
            {
                bench.database.fill(dataset)?;
            } else {
                bench.database.vacuum()?;
            }
            rates.push(
                bench
                    .run(Workload::Create, target, dataset)?
                    .measurement
                    .rate,
            );
        }
    }
    Ok(rates.map(|rates| Spread::of(rates).map_or(f64::NAN, |spread| spread.median)))
}
