//! Parsers of values: the amounts that a setting accepts.

use std::time::Duration;

use clap::builder::RangedU64ValueParser;

/// The resolution of timers and of PostgreSQL's timeouts. PostgreSQL takes 0 for "no timeout".
const SHORTEST: Duration = Duration::from_millis(1);

/// A multiple of it still fits the 32 bits of PostgreSQL's timeouts, which are milliseconds.
const LONGEST: Duration = Duration::from_secs(10 * 24 * 60 * 60);

/// A time from 1 ms to 10 days, such as `1m 30s`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let time = parse(text)?;
    if time < SHORTEST {
        return Err("must be at least 1ms".to_owned());
    }
    if time > LONGEST {
        return Err("must be at most 10days".to_owned());
    }
    Ok(time)
}

/// As [`duration`], or 0 for a setting that documents what 0 means. Has no upper limit.
pub(super) fn duration_or_zero(text: &str) -> Result<Duration, String> {
    let time = parse(text)?;
    if !time.is_zero() && time < SHORTEST {
        return Err("must be 0s or at least 1ms".to_owned());
    }
    Ok(time)
}

/// A number of 1 or more.
pub(super) fn count() -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..)
}

/// As [`count`], of 32 bits.
pub(super) fn at_least_one() -> RangedU64ValueParser<u32> {
    RangedU64ValueParser::new().range(1..)
}

fn parse(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|error| error.to_string())
}
