//! Log lines. Each carries the fields of the request it belongs to.

use std::io::{self, IsTerminal};

use tracing::error;
use tracing_subscriber::{EnvFilter, fmt};

use crate::config::{LogConfig, LogFormat};

/// Starts logging to standard error. Called once, by `main`.
///
/// # Errors
/// When the directives do not parse; the sentence names the faulty one.
pub fn init(config: &LogConfig) -> Result<(), tracing_subscriber::filter::ParseError> {
    let lines = fmt()
        .with_env_filter(EnvFilter::try_new(&config.log)?)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_target(false);
    match config.log_format {
        LogFormat::Text => lines.init(),
        LogFormat::Json => lines
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .init(),
    }
    // In the span of the request that met it, like any other line.
    std::panic::set_hook(Box::new(|panic| error!("{panic}")));
    Ok(())
}
