//! What a rate does not tell: memory under a crowd, time to start, creating among many orders.

use std::time::Duration;

use crate::{
    Args, Result,
    figures::{Asked, Spread},
    http::{Service, Task},
    measure::Bench,
    usage,
    workloads::{Stock, Workload},
};

const CROWD: u32 = 1_000;
const STARTS: u32 = 7;
const MANY: u32 = 2_000_000;

/// The further figures. Memory in MiB; none where /proc does not tell.
pub struct Extras {
    /// The most the service took during all runs.
    pub peak: Option<f64>,
    /// The most a fresh one takes with a thousand connections that create.
    pub crowded_peak: Option<f64>,
    /// From the start of a process to its first 200 on /readyz, in milliseconds.
    pub ready_after: Option<Spread>,
    /// Creates a second among 2,000,000 orders divided by those among none: the floor's and the
    /// service's.
    pub among_many: Option<[f64; 2]>,
}

pub fn measure(bench: &mut Bench, args: &Args) -> Result<Extras> {
    let peak = usage::peak_memory(bench.service.pid());
    let among_many = if args.full {
        Some(among_many(bench, args.rounds)?)
    } else {
        None
    };
    println!("{CROWD} connections");
    bench.database.fill(Stock::Empty)?;
    bench.database.spoil();
    let crowded_peak = crowded_peak(bench, args.seconds)?;
    println!("{STARTS} starts");
    Ok(Extras {
        peak,
        crowded_peak,
        ready_after: ready_after(bench)?,
        among_many,
    })
}

fn crowded_peak(bench: &Bench, seconds: u32) -> Result<Option<f64>> {
    let service = Service::start(&bench.database, &bench.log())?;
    let task = Task {
        workload: Workload::Create,
        connections: CROWD,
        seconds,
        rows: 0,
        nonce: "crowd",
    };
    service
        .load(bench.scratch.path(), &task)
        .map_err(|error| format!("{CROWD} connections: {error}"))?;
    Ok(usage::peak_memory(service.pid()))
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

fn among_many(bench: &mut Bench, rounds: u32) -> Result<[f64; 2]> {
    let empty = create_rates(bench, rounds, Stock::Empty)?;
    let many = create_rates(bench, rounds, Stock::Library(MANY))?;
    Ok([many[0] / empty[0], many[1] / empty[1]])
}

/// Creates a second on tables that hold `stock`: the floor's and the service's.
fn create_rates(bench: &mut Bench, rounds: u32, stock: Stock) -> Result<[f64; 2]> {
    let mut rates = [Vec::new(), Vec::new()];
    for round in 1..=rounds {
        for (asked, rates) in [Asked::Floor(32), Asked::Service(32)]
            .into_iter()
            .zip(&mut rates)
        {
            println!(
                "create among {} orders, round {round}, {asked:?}",
                stock.rows()
            );
            // What runs add to two million does not matter, and filling takes its time.
            if stock == Stock::Empty || (rates.is_empty() && matches!(asked, Asked::Floor(_))) {
                bench.database.fill(stock)?;
            } else {
                bench.database.settle()?;
            }
            rates.push(bench.run(Workload::Create, asked, stock)?.record.rate);
        }
    }
    Ok(rates.map(|rates| Spread::of(rates).map_or(f64::NAN, |spread| spread.median)))
}
