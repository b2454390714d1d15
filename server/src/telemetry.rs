//! Logging. A line carries the fields of the spans that it is written in.

use std::io::{self, IsTerminal};

use tracing::error;
use tracing_subscriber::{EnvFilter, fmt};

use crate::config::{LogConfig, LogFormat};

/// Starts logging to standard error. Called once, by `main`.
///
/// # Errors
/// The directives of `--log` are malformed; the error names the malformed one.
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
    // A panic is logged in the span of its request.
    std::panic::set_hook(Box::new(|panic| error!("{panic}")));
    Ok(())
}
