//! Bounds how often a place in the code writes log lines, so that refused requests cost no more
//! than their responses.

use std::{
    fmt::Display,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use tracing::warn;

/// The maximum number of lines in a [`PERIOD`].
const LINES: u32 = 10;

const PERIOD: Duration = Duration::from_secs(1);

/// Writes at most 10 lines a second, and counts the lines it left out.
#[derive(Debug)]
pub struct LogLimit(Mutex<State>);

#[derive(Debug)]
struct State {
    period_start: Option<Instant>,
    written: u32,
    left_out: u64,
}

// === impl LogLimit ===

impl LogLimit {
    /// Writes the first line at once.
    pub const fn new() -> Self {
        Self(Mutex::new(State {
            period_start: None,
            written: 0,
            left_out: 0,
        }))
    }

    /// Writes a warning, or counts it. The next line that is written has the count in the field
    /// `left_out`.
    pub fn warn(&self, message: impl Display) {
        if let Some(left_out) = self.permit(Instant::now()) {
            let left_out = (left_out > 0).then_some(left_out);
            warn!(left_out, "{message}");
        }
    }

    /// Whether a line may be written now. If so, the number of lines left out since the last one.
    fn permit(&self, now: Instant) -> Option<u64> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.period_start.is_none_or(|start| now >= start + PERIOD) {
            state.period_start = Some(now);
            state.written = 0;
        }
        if state.written == LINES {
            state.left_out += 1;
            return None;
        }
        state.written += 1;
        Some(std::mem::take(&mut state.left_out))
    }
}

impl Default for LogLimit {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_beyond_the_limit_are_counted() {
        let (limit, start) = (LogLimit::new(), Instant::now());
        for _ in 0..LINES {
            assert_eq!(limit.permit(start), Some(0));
        }
        assert_eq!(limit.permit(start), None);
        assert_eq!(limit.permit(start), None);
        let later = start + PERIOD;
        assert_eq!(limit.permit(later), Some(2));
        assert_eq!(limit.permit(later), Some(0));
    }
}
