//! The binary `orders`.

use std::{error::Error, pin::pin, process::ExitCode};

use clap::Parser;
use orders_server::{
    Server,
    config::{Cli, Command},
    migrate, telemetry,
};
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprint!("orders: {error}");
            let mut cause = error.source();
            while let Some(error) = cause {
                eprint!(": {error}");
                cause = error.source();
            }
            eprintln!();
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<(), Box<dyn Error>> {
    telemetry::init(&cli.log)?;
    match cli.command {
        Command::Serve(config) => {
            // Before the start, so that a signal during it is heard.
            let (mut terminate, mut interrupt) = (
                signal(SignalKind::terminate())?,
                signal(SignalKind::interrupt())?,
            );
            let mut stop = pin!(async {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
            });
            let server = tokio::select! {
                server = Server::start(config) => server?,
                () = &mut stop => return Ok(()),
            };
            stop.await;
            server.stop().await;
        }
        Command::Migrate(config) => migrate(&config).await?,
    }
    Ok(())
}
