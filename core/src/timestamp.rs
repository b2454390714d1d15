//! Timestamps in UTC, exact to the microsecond, in the API's one format.
//!
//! **Invariant:** core has no `now`. The database's clock makes timestamps; core reads and writes
//! them.
#![cfg_attr(
    not(test),
    expect(
        clippy::arithmetic_side_effects,
        reason = "i64 holds every sum: a Timestamp is below 10,000 years, a scanned number below 10,000"
    )
)]

use core::{fmt, str::FromStr};

use thiserror::Error;

/// Microseconds since 1970-01-01T00:00:00Z, within the years 0001 to 9999.
///
/// RFC 3339 has these years. PostgreSQL's `timestamptz` has this precision, so a cursor holds
/// exactly the row's timestamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// The text is not a [`Timestamp`]: malformed, a day or time that does not exist, or outside the
/// years 0001 to 9999 in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be an RFC 3339 timestamp of the years 0001 to 9999 with at most six fraction digits")]
pub struct InvalidTimestamp;

/// A date of the proleptic Gregorian calendar, which may not exist (April 31st).
#[derive(Clone, Copy, PartialEq, Eq)]
struct Date {
    year: i64,
    month: i64,
    day: i64,
}

/// The rest of the text.
struct Scanner<'a>(&'a [u8]);

const MICROS_PER_SECOND: i64 = 1_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

// === impl Timestamp ===

impl Timestamp {
    /// 0001-01-01T00:00:00.000000Z.
    pub const MIN: Self = Self(-62_135_596_800 * MICROS_PER_SECOND);

    /// 9999-12-31T23:59:59.999999Z.
    pub const MAX: Self = Self(253_402_300_800 * MICROS_PER_SECOND - 1);

    /// The timestamp `micros` microseconds after the Unix epoch, or `None` outside the years 0001
    /// to 9999.
    pub const fn from_unix_micros(micros: i64) -> Option<Self> {
        if Self::MIN.0 <= micros && micros <= Self::MAX.0 {
            Some(Self(micros))
        } else {
            None
        }
    }

    /// Microseconds since the Unix epoch.
    pub const fn unix_micros(self) -> i64 {
        self.0
    }
}

/// Reads a `date-time` of RFC 3339 §5.6 with any offset. Cost: O(n) in the text.
///
/// More than six fraction digits are refused and not rounded, because a rounded cursor repeats or
/// skips orders. Second 60 is refused, because neither Unix time nor PostgreSQL has it.
impl FromStr for Timestamp {
    type Err = InvalidTimestamp;

    fn from_str(text: &str) -> Result<Self, InvalidTimestamp> {
        Scanner(text.as_bytes()).date_time().ok_or(InvalidTimestamp)
    }
}

/// `YYYY-MM-DDTHH:MM:SS.ffffffZ`, 27 bytes.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, micros) = (
            self.0.div_euclid(MICROS_PER_SECOND),
            self.0.rem_euclid(MICROS_PER_SECOND),
        );
        let (days, second) = (
            seconds.div_euclid(SECONDS_PER_DAY),
            seconds.rem_euclid(SECONDS_PER_DAY),
        );
        let Date { year, month, day } = Date::from_unix_days(days);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z"
        )
    }
}

// === impl Date ===

// Years start in March here, so the leap day is the last day. From March on, months repeat the
// lengths 31, 30, 31, 30, 31, so month m starts at day (153 * m + 2) / 5.

/// Days from 0000-03-01 to 1970-01-01.
const EPOCH: i64 = 719_468;

/// Days from 0000-03-01 to March 1st of `year`.
const fn days_before(year: i64) -> i64 {
    365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400)
}

impl Date {
    const fn to_unix_days(self) -> i64 {
        let (year, month) = if self.month > 2 {
            (self.year, self.month - 3)
        } else {
            (self.year - 1, self.month + 9)
        };
        days_before(year) + (153 * month + 2) / 5 + self.day - 1 - EPOCH
    }

    const fn from_unix_days(days: i64) -> Self {
        let days = days + EPOCH;
        // 400 years have 146,097 days. The mean year's guess is off by at most one year.
        let guess = days * 400 / 146_097;
        let year = if days_before(guess + 1) <= days {
            guess + 1
        } else if days_before(guess) > days {
            guess - 1
        } else {
            guess
        };
        let day = days - days_before(year);
        let month = (5 * day + 2) / 153;
        let day = day - (153 * month + 2) / 5 + 1;
        if month < 10 {
            Self {
                year,
                month: month + 3,
                day,
            }
        } else {
            Self {
                year: year + 1,
                month: month - 9,
                day,
            }
        }
    }
}

// === impl Scanner ===

impl Scanner<'_> {
    /// A whole `date-time` of RFC 3339 §5.6.
    fn date_time(mut self) -> Option<Timestamp> {
        let year = self.number(4)?;
        self.one_of(b"-")?;
        let month = self.number(2)?;
        self.one_of(b"-")?;
        let day = self.number(2)?;
        self.one_of(b"Tt")?;
        let minutes = self.clock()?;
        self.one_of(b":")?;
        let second = self.number(2).filter(|second| *second < 60)?;
        let micros = self.fraction()?;
        let offset = self.offset()?;
        if !self.0.is_empty() {
            return None;
        }
        let date = Date { year, month, day };
        let days = date.to_unix_days();
        // A date that does not exist, such as April 31st, comes back as another date.
        if Date::from_unix_days(days) != date {
            return None;
        }
        let seconds = days * SECONDS_PER_DAY + (minutes - offset) * 60 + second;
        Timestamp::from_unix_micros(seconds * MICROS_PER_SECOND + micros)
    }

    /// `HH:MM`, in minutes.
    fn clock(&mut self) -> Option<i64> {
        let hour = self.number(2).filter(|hour| *hour < 24)?;
        self.one_of(b":")?;
        let minute = self.number(2).filter(|minute| *minute < 60)?;
        Some(hour * 60 + minute)
    }

    /// Nothing, or a dot and one to six digits, in microseconds.
    fn fraction(&mut self) -> Option<i64> {
        if self.one_of(b".").is_none() {
            return Some(0);
        }
        let mut micros = self.number(1)?;
        for _ in 1..6 {
            micros = micros * 10 + self.number(1).unwrap_or(0);
        }
        Some(micros)
    }

    /// `Z` or `±HH:MM`, in minutes east of UTC.
    fn offset(&mut self) -> Option<i64> {
        match self.one_of(b"Zz+-")? {
            b'+' => self.clock(),
            b'-' => Some(-self.clock()?),
            _ => Some(0),
        }
    }

    /// Exactly `digits` decimal digits; callers ask for at most four.
    fn number(&mut self, digits: usize) -> Option<i64> {
        let (number, rest) = self.0.split_at_checked(digits)?;
        let value = number.iter().try_fold(0, |value, digit| {
            digit
                .is_ascii_digit()
                .then(|| value * 10 + i64::from(digit - b'0'))
        })?;
        self.0 = rest;
        Some(value)
    }

    /// Reads the next byte if it is one of `expected`.
    fn one_of(&mut self, expected: &[u8]) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        expected.contains(first).then(|| {
            self.0 = rest;
            *first
        })
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use proptest::prelude::*;

    use super::*;

    fn micros(text: &str) -> Option<i64> {
        text.parse().ok().map(Timestamp::unix_micros)
    }

    #[test]
    fn the_format_is_fixed_and_spans_the_whole_range() {
        let formatted = |micros| Timestamp::from_unix_micros(micros).map(|t| t.to_string());
        assert_eq!(formatted(0).as_deref(), Some("1970-01-01T00:00:00.000000Z"));
        assert_eq!(
            formatted(-1).as_deref(),
            Some("1969-12-31T23:59:59.999999Z")
        );
        assert_eq!(
            formatted(951_782_400_000_001).as_deref(),
            Some("2000-02-29T00:00:00.000001Z")
        );
        assert_eq!(Timestamp::MIN.to_string(), "0001-01-01T00:00:00.000000Z");
        assert_eq!(Timestamp::MAX.to_string(), "9999-12-31T23:59:59.999999Z");
        for out in [
            Timestamp::MIN.0 - 1,
            Timestamp::MAX.0 + 1,
            i64::MIN,
            i64::MAX,
        ] {
            assert_eq!(formatted(out), None);
        }
    }

    #[test]
    fn every_day_agrees_with_a_calendar_counted_by_hand() {
        let mut days = Timestamp::MIN.0 / MICROS_PER_SECOND / SECONDS_PER_DAY;
        for year in 1..=9999 {
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let february = if leap { 29 } else { 28 };
            let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
            for (month, length) in (1..).zip(lengths) {
                for day in 1..=length {
                    let date = Date { year, month, day };
                    assert_eq!(date.to_unix_days(), days);
                    assert!(Date::from_unix_days(days) == date);
                    days += 1;
                }
            }
        }
        assert_eq!(
            days,
            (Timestamp::MAX.0 + 1) / MICROS_PER_SECOND / SECONDS_PER_DAY
        );
    }

    #[test]
    fn offsets_letters_and_short_fractions_are_read() {
        let noon = micros("2024-02-29T12:00:00Z");
        assert_eq!(noon, Some(1_709_208_000_000_000));
        assert_eq!(micros("2024-02-29t12:00:00z"), noon);
        assert_eq!(micros("2024-02-29T12:00:00.0-00:00"), noon);
        assert_eq!(micros("2024-03-01T01:45:00+13:45"), noon);
        assert_eq!(micros("2024-02-29T12:00:00.5Z"), noon.map(|t| t + 500_000));
        assert_eq!(micros("2024-02-29T12:00:00.000001Z"), noon.map(|t| t + 1));
    }

    #[test]
    fn only_the_timestamp_in_utc_has_to_be_in_range() {
        assert_eq!(micros("9999-12-31T23:59:59-01:00"), None);
        assert_eq!(micros("0001-01-01T00:00:00+00:01"), None);
        assert_eq!(micros("0000-12-31T23:00:00-01:00"), Some(Timestamp::MIN.0));
        assert_eq!(micros("0000-01-01T00:00:00Z"), None);
    }

    #[test]
    fn times_that_do_not_exist_or_would_be_rounded_are_refused() {
        for text in [
            "",
            "2024-01-01",
            "2024-01-01T00:00:00",
            "2024-01-01 00:00:00Z",
            "2023-02-29T00:00:00Z",
            "1900-02-29T00:00:00Z",
            "2024-04-31T00:00:00Z",
            "2024-00-10T00:00:00Z",
            "2024-13-01T00:00:00Z",
            "2024-01-00T00:00:00Z",
            "2024-01-32T00:00:00Z",
            "2024-01-01T24:00:00Z",
            "2024-01-01T00:60:00Z",
            "2016-12-31T23:59:60Z",
            "2024-01-01T00:00:00.Z",
            "2024-01-01T00:00:00.0000001Z",
            "2024-01-01T00:00:00+24:00",
            "2024-01-01T00:00:00+00:60",
            "2024-01-01T00:00:00+0100",
            "2024-01-01T00:00:00ZZ",
            "+024-01-01T00:00:00Z",
            "2024-1-01T00:00:00Z",
            "２024-01-01T00:00:00Z",
        ] {
            assert_eq!(text.parse::<Timestamp>(), Err(InvalidTimestamp), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn writing_and_reading_agree_to_the_microsecond(
            micros in Timestamp::MIN.0..=Timestamp::MAX.0,
        ) {
            let timestamp = Timestamp::from_unix_micros(micros).unwrap();
            prop_assert_eq!(timestamp.to_string().len(), 27);
            prop_assert_eq!(timestamp.to_string().parse(), Ok(timestamp));
        }

        #[test]
        fn reading_never_panics(
            text in r"\PC{0,40}|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{0,8})?(Z|[+-][0-9]{2}:[0-9]{2})",
        ) {
            if let Ok(timestamp) = text.parse::<Timestamp>() {
                prop_assert_eq!(timestamp.to_string().parse(), Ok(timestamp));
            }
        }
    }
}
