//! Settings of traces.

use std::path::PathBuf;

use clap::Args;
use secrecy::SecretString;

/// Settings of traces. The variables are those of the OpenTelemetry specification.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Traces")]
pub struct TracesConfig {
    /// Send OpenTelemetry spans to the collector at this `http://` or `https://` address, over
    /// OTLP as HTTP with protobuf. `/v1/traces` is appended [default: none; no spans].
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT", hide_env_values = true)]
    pub otlp_endpoint: Option<SecretString>,
    /// As `--otlp-endpoint`, and instead of it: the whole address.
    #[arg(
        long,
        env = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        hide_env_values = true
    )]
    pub otlp_traces_endpoint: Option<SecretString>,
    /// Headers for the collector: `name=value` pairs separated by commas, with percent-encoded
    /// values.
    #[arg(long, env = "OTEL_EXPORTER_OTLP_HEADERS", hide_env_values = true)]
    pub otlp_headers: Option<SecretString>,
    /// PEM file with the certificate authorities to trust for the collector [default: those of the
    /// system].
    #[arg(long, env = "OTEL_EXPORTER_OTLP_CERTIFICATE")]
    pub otlp_ca: Option<PathBuf>,
}
