//! Logging. Each line carries the fields of the span of its request or event.

use std::io::{self, IsTerminal};

use tracing::error;
use tracing_subscriber::{EnvFilter, filter::ParseError, fmt};

/// The format of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Text for people, in colours on a terminal.
    Text,
    /// One JSON object per line. The fields of the event are members of it; those of its innermost
    /// span are members of `span`.
    Json,
}

/// Starts logging to standard error, of panics too. `directives` are those of [`EnvFilter`], such
/// as `info,orders_server=debug`. May be called once per process.
///
/// # Errors
/// A directive is malformed; the message contains it.
pub fn init(directives: &str, format: Format) -> Result<(), ParseError> {
    let lines = fmt()
        .with_env_filter(EnvFilter::try_new(directives)?)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_target(false);
    match format {
        Format::Text => lines.init(),
        Format::Json => lines
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .init(),
    }
    // The default hook would print outside of the span.
    std::panic::set_hook(Box::new(|panic| error!("{panic}")));
    Ok(())
}
