//! The binary `orders`.

use std::{error::Error, io, pin::pin, process::ExitCode};

use clap::Parser;
use orders_server::{
    Server,
    config::{Cli, Command},
    error_chain::Chain,
    migrate, outbox, relay, telemetry,
};
use tokio::signal::unix::{SignalKind, signal};

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
    telemetry::init(&cli.log)?;
    match cli.command {
        Command::Serve(config) => {
            let mut stop = pin!(stop_signal()?);
            let server = tokio::select! {
                server = Server::start(config) => server?,
                () = &mut stop => return Ok(()),
            };
            stop.await;
            server.stop().await;
        }
        Command::Relay(config) => relay(config, stop_signal()?).await?,
        Command::Outbox(command) => outbox::run_command(command).await?,
        Command::Migrate(config) => migrate(&config).await?,
    }
    Ok(())
}

/// Completes on SIGTERM or SIGINT, also on one that arrives before the future is polled.
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    let (mut terminate, mut interrupt) = (
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    );
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
