//! Settings of TLS for clients.

use std::path::PathBuf;

use clap::Args;

/// Settings of TLS for clients.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Service")]
pub struct TlsConfig {
    /// PEM file with the certificate of the service and those of its intermediate authorities.
    /// With it, `--listen` accepts HTTPS alone. SIGHUP loads the files again.
    #[arg(long, env = "ORDERS_TLS_CERT", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// PEM file with the private key of `--tls-cert`.
    #[arg(long, env = "ORDERS_TLS_KEY", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
}
