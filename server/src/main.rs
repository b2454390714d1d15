//! The binary `orders`: parses the command line, starts logging, and runs the command.

use std::{error::Error, io, pin::pin, process::ExitCode};

use clap::{CommandFactory, Parser};
use clap_complete::generate;
use clap_mangen::Man;
use mimalloc::MiMalloc;
use orders_server::{
    Server, StartError,
    config::{Cli, Command, PackageCommand},
    doctor,
    error_chain::Chain,
    health_command, migrate, outbox, relay, telemetry,
};
use tokio::signal::unix::{SignalKind, signal};

/// With the system's allocator, 8 % of the CPU time of a read went into allocations.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("orders: {}", Chain(&*error));
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<(), Box<dyn Error>> {
    let logging = telemetry::init(&cli.log.log, cli.log.log_format.into())?;
    tokio::select! {
        result = run_command(cli.command) => result,
        () = logging.report_dropped_lines() => Ok(()), // never completes
    }
}

async fn run_command(command: Command) -> Result<(), Box<dyn Error>> {
    match command {
        Command::Serve(config) => serve(Server::start(config)).await?,
        Command::Dev(config) => serve(Server::start_dev(config)).await?,
        Command::Relay(config) => relay(config, stop_signal()?).await?,
        Command::Outbox(command) => outbox::run_command(command).await?,
        Command::Migrate(config) => migrate(&config).await?,
        Command::Health(command) => health_command::check(command).await?,
        Command::Doctor(config) => doctor::run(config).await?,
        Command::Package(command) => package(command)?,
    }
    Ok(())
}

/// Prints a file for packages.
fn package(command: PackageCommand) -> io::Result<()> {
    let (mut cli, mut output) = (Cli::command(), io::stdout().lock());
    match command {
        PackageCommand::Completions { shell } => generate(shell, &mut cli, "orders", &mut output),
        PackageCommand::Man => Man::new(cli).render(&mut output)?,
    }
    Ok(())
}

/// Runs the server until a stop signal, which also ends a start that takes long.
async fn serve(
    start: impl Future<Output = Result<Server, StartError>>,
) -> Result<(), Box<dyn Error>> {
    let mut stop_signal = pin!(stop_signal()?);
    let server = tokio::select! {
        server = start => server?,
        () = &mut stop_signal => return Ok(()),
    };
    stop_signal.await;
    server.stop().await;
    Ok(())
}

/// Completes at the first SIGTERM or SIGINT since this function was called.
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
