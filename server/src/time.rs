//! Conversions between the database's `timestamptz` and core's [`Timestamp`]. Both have microsecond
//! precision, so no digit is lost in either direction.

use orders_core::timestamp::Timestamp;
use time::{Duration, OffsetDateTime};

/// A `timestamptz` of a row. A value outside core's years 0001 to 9999, which this service never
/// writes, becomes the last instant of year 9999.
pub fn from_db(value: OffsetDateTime) -> Timestamp {
    let micros = i64::try_from(value.unix_timestamp_nanos() / 1_000).ok();
    micros
        .and_then(Timestamp::from_unix_micros)
        .unwrap_or(Timestamp::MAX)
}

/// The `timestamptz` of a parameter. Core's years are years of `OffsetDateTime`, so the sum does
/// not overflow.
pub fn to_db(timestamp: Timestamp) -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH + Duration::microseconds(timestamp.unix_micros())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_survive_a_round_trip_through_the_database_type() {
        for timestamp in [
            Timestamp::MIN,
            Timestamp::from_unix_micros(1_700_000_000_123_456).unwrap(),
            Timestamp::MAX,
        ] {
            assert_eq!(from_db(to_db(timestamp)), timestamp);
        }
    }
}
