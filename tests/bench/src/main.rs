//! Compares the service with PostgreSQL alone, on one machine.
//!
//! wrk measures the service. pgbench measures the floor: the SQL of a simple, efficient
//! implementation, sent to the same PostgreSQL. Runs of both alternate. A run starts with newly
//! filled tables. It counts only if every request succeeded and the tables contain what the
//! responses say.

mod chart;
mod compare;
mod database;
mod extras;
mod floor;
mod http;
mod machine;
mod measurements;
mod nats;
mod relay;
mod report;
mod run;
mod siege;
mod usage;
mod workloads;

use std::{error::Error, fs, path::Path, process::ExitCode};

use clap::{Parser, Subcommand};
use http::Variant;
use measurements::Target;
use run::Bench;
use workloads::Workload;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Compare the service with PostgreSQL alone: requests per second, latency, CPU time, memory.
#[derive(Debug, Parser)]
#[command(name = "bench", args_conflicts_with_subcommands = true)]
struct Args {
    #[command(subcommand)]
    part: Option<Part>,
    /// Number of runs per workload and number of connections. The report shows their median.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Duration of a run.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
    /// Measure only these workloads, separated by commas, and do not write RESULTS.md and
    /// chart.svg.
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Workload>,
    /// Numbers of connections to the service, separated by commas.
    #[arg(long, value_delimiter = ',', default_value = "1,32,128", value_parser = clap::value_parser!(u32).range(1..))]
    connections: Vec<u32>,
    /// Also measure creates in a table of 2,000,000 orders. Takes some minutes more.
    #[arg(long)]
    full: bool,
}

#[derive(Debug, Subcommand)]
enum Part {
    /// Measure the relay: events per second, and latency from close to acknowledgement.
    Relay(relay::Args),
    /// Compare the service with another build, or with other settings.
    Compare(compare::Args),
    /// Measure tenants while another one attacks the service.
    Siege(siege::Args),
}

fn main() -> ExitCode {
    let args = Args::parse();
    let result = match &args.part {
        Some(Part::Relay(args)) => relay::run(args),
        Some(Part::Compare(args)) => compare::run(args),
        Some(Part::Siege(args)) => siege::run(args),
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
    let targets = targets(&args.connections);
    let mut bench = Bench::start(args.seconds, Variant::current()?)?;
    let runs = args.rounds as usize * workloads.len() * targets.len();
    println!(
        "{runs} runs of {} s each, PostgreSQL {}",
        args.seconds, bench.database.version
    );

    let mut run = 0;
    for _ in 0..args.rounds {
        for &workload in workloads {
            for &target in &targets {
                run += 1;
                print!("[{run:>3}/{runs}] ");
                bench.measure(workload, target)?;
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
            chart::svg(workloads, &args.connections, &bench.measurements),
        )?;
        println!("written: tests/bench/RESULTS.md, tests/bench/chart.svg");
    }
    Ok(())
}

/// The floors, then the service with each number of connections.
fn targets(connections: &[u32]) -> Vec<Target> {
    let service = connections.iter().copied().map(Target::Service);
    floors(connections).into_iter().chain(service).collect()
}

/// The floors that the service is compared with, without repetition.
fn floors(connections: &[u32]) -> Vec<Target> {
    let mut floors: Vec<Target> = connections.iter().copied().map(Target::floor_of).collect();
    floors.sort_unstable();
    floors.dedup();
    floors
}
