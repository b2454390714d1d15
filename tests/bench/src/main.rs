//! The service measured against PostgreSQL itself, on one machine, in one run, taking turns.
//!
//! The floor is pgbench with the SQL of a plain, good implementation; the load is wrk. Every run
//! starts on tables made anew, and counts only if every request succeeded and left in the tables
//! what it should.

mod chart;
mod database;
mod extras;
mod figures;
mod floor;
mod http;
mod machine;
mod measure;
mod nats;
mod relay;
mod report;
mod usage;
mod workloads;

use std::{error::Error, fs, path::Path, process::ExitCode};

use clap::{Parser, Subcommand};
use figures::Asked;
use measure::Bench;
use workloads::Workload;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Measure the service against PostgreSQL itself.
#[derive(Debug, Parser)]
#[command(name = "bench", args_conflicts_with_subcommands = true)]
struct Args {
    #[command(subcommand)]
    part: Option<Part>,
    /// How often everything is measured; medians are reported.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// How long a run takes.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
    /// Measure only these, comma-separated. The files of results are then left alone.
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Workload>,
    /// Connections to the service, comma-separated.
    #[arg(long, value_delimiter = ',', default_value = "1,32,128", value_parser = clap::value_parser!(u32).range(1..))]
    connections: Vec<u32>,
    /// Also create among 2,000,000 orders. Takes some minutes more.
    #[arg(long)]
    full: bool,
}

#[derive(Debug, Subcommand)]
enum Part {
    /// Measure the relay instead.
    Relay(relay::Args),
}

fn main() -> ExitCode {
    let args = Args::parse();
    let result = match &args.part {
        Some(Part::Relay(args)) => relay::run(args),
        None => run(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<()> {
    let workloads = if args.only.is_empty() {
        Workload::ALL
    } else {
        &args.only
    };
    let turns = turns(&args.connections);
    let mut bench = Bench::start(args.seconds)?;
    let runs = args.rounds as usize * workloads.len() * turns.len();
    println!(
        "{runs} runs of {} s each, PostgreSQL {}",
        args.seconds, bench.database.version
    );

    let mut run = 0;
    for _ in 0..args.rounds {
        for &workload in workloads {
            for &asked in &turns {
                run += 1;
                print!("[{run:>3}/{runs}] ");
                bench.measure(workload, asked)?;
            }
        }
    }
    let extras = extras::measure(&mut bench, args)?;
    let report = report::markdown(args, workloads, &bench, &extras);
    println!("\n{report}");
    if args.only.is_empty() {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR"));
        fs::write(dir.join("RESULTS.md"), report)?;
        fs::write(
            dir.join("chart.svg"),
            chart::svg(workloads, &args.connections, &bench.records),
        )?;
        println!("written to RESULTS.md and chart.svg in tests/bench");
    }
    Ok(())
}

/// Every floor, then the service over each number of connections.
fn turns(connections: &[u32]) -> Vec<Asked> {
    let service = connections.iter().copied().map(Asked::Service);
    floors(connections).into_iter().chain(service).collect()
}

/// What the service over so many connections is measured against, each once.
fn floors(connections: &[u32]) -> Vec<Asked> {
    let mut floors: Vec<Asked> = connections.iter().copied().map(Asked::floor_of).collect();
    floors.sort_unstable();
    floors.dedup();
    floors
}
