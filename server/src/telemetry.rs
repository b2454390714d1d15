//! Logging. Each line carries the fields of the span of its request or event.

use std::{
    io::{self, IsTerminal},
    time::Duration,
};

use tokio::time::sleep;
use tracing::{error, warn};
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
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

/// The maximum number of lines that wait for the reader of standard error.
const QUEUED_LINES: usize = 4096;

/// Pause between two looks at the number of dropped lines.
const DROPPED_LINES_INTERVAL: Duration = Duration::from_secs(10);

/// Running logging. Dropping it writes the lines that still wait, for a second at most.
#[derive(Debug)]
pub struct Logging {
    dropped_lines: ErrorCounter,
    _writer: WorkerGuard,
}

/// Starts logging to standard error, of panics too. `directives` are those of [`EnvFilter`], such
/// as `info,orders_server=debug`. May be called once per process.
///
/// A thread of its own writes the lines. If the reader of standard error stalls, 4,096 lines wait,
/// and further ones are dropped: logging never blocks the service.
///
/// # Errors
/// A directive is malformed; the message contains it.
pub fn init(directives: &str, format: Format) -> Result<Logging, ParseError> {
    let (writer, guard) = NonBlockingBuilder::default()
        .lossy(true)
        .buffered_lines_limit(QUEUED_LINES)
        .thread_name("log-writer")
        .finish(io::stderr());
    let logging = Logging {
        dropped_lines: writer.error_counter(),
        _writer: guard,
    };
    let lines = fmt()
        .with_env_filter(EnvFilter::try_new(directives)?)
        .with_writer(writer)
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
    Ok(logging)
}

// === impl Logging ===

impl Logging {
    /// Logs how many lines were dropped, while lines are dropped. Never completes.
    pub async fn report_dropped_lines(&self) {
        let mut reported = 0;
        loop {
            sleep(DROPPED_LINES_INTERVAL).await;
            let dropped = self.dropped_lines.dropped_lines();
            if dropped > reported {
                warn!(
                    lines = dropped - reported,
                    "the log was read too slowly: lines were dropped"
                );
                reported = dropped;
            }
        }
    }
}
