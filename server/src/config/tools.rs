//! Settings of the commands around the service.

use std::time::Duration;

use clap::{Args, Subcommand};
use clap_complete::Shell;
use url::Url;

use super::values;

/// Settings of `orders health`.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Service")]
pub struct HealthCommand {
    /// Address of the probe, on this machine or with `https://`.
    #[arg(
        long,
        env = "ORDERS_HEALTH_URL",
        default_value = "http://127.0.0.1:8080/readyz"
    )]
    pub url: Url,
    /// Time that the response may take.
    #[arg(long, env = "ORDERS_HEALTH_TIMEOUT", default_value = "3s", value_parser = values::duration)]
    pub timeout: Duration,
}

/// Files for packages.
#[derive(Clone, Debug, Subcommand)]
pub enum PackageCommand {
    /// Print the completions of a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Print the man page.
    Man,
}
