//! Every bound a client can run into, in one place. The contract and the schema repeat these
//! numbers; the code does not.

use thiserror::Error;

/// Longest tenant id, in bytes (the contract).
pub const TENANT_ID_MAX_LEN: usize = 128;

/// Longest idempotency key, in bytes, after unquoting (the contract).
pub const IDEMPOTENCY_KEY_MAX_LEN: usize = 255;

/// Seconds during which an idempotency key remembers its first call (the contract).
///
/// Only the number lives here: the database's clock decides whether a key has expired.
pub const IDEMPOTENCY_WINDOW_SECONDS: u32 = 3600;

/// Largest total of an order, in cents: what the `int` column holds (the contract).
pub const TOTAL_CENTS_MAX: i32 = i32::MAX;

/// Smallest page (the contract).
pub const PAGE_LIMIT_MIN: u8 = 1;

/// Page size when the client names none (the contract).
pub const PAGE_LIMIT_DEFAULT: u8 = 10;

/// Largest page (the contract).
pub const PAGE_LIMIT_MAX: u8 = 100;

/// Longest cursor that is looked at, in bytes.
///
/// Ours take 107; the rest is room for a client that writes its JSON with white space.
pub const CURSOR_MAX_LEN: usize = 256;

/// Deepest nesting of a JSON body: `{}` is one level, `{"a":[]}` two.
///
/// RFC 8259 §9 lets a parser set it; without it a body of `[[[[…` would exhaust the stack.
pub const JSON_DEPTH_MAX: usize = 128;

/// A number outside the range it must lie in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be an integer from {min} to {max}")]
pub struct OutOfRange {
    /// Smallest number accepted.
    pub min: i64,
    /// Largest number accepted.
    pub max: i64,
}

/// Judges a page size: [`PAGE_LIMIT_MIN`] to [`PAGE_LIMIT_MAX`].
///
/// Out of range is refused, never clamped: a client that asks for 1000 and silently gets 100 would
/// take the short page for the last one. O(1); never panics.
///
/// # Errors
/// [`OutOfRange`] with the accepted range.
pub fn validate_limit(limit: i64) -> Result<u8, OutOfRange> {
    let (min, max) = (PAGE_LIMIT_MIN, PAGE_LIMIT_MAX);
    u8::try_from(limit)
        .ok()
        .filter(|limit| (min..=max).contains(limit))
        .ok_or(OutOfRange {
            min: min.into(),
            max: max.into(),
        })
}

/// Judges the total of an order: 0 to [`TOTAL_CENTS_MAX`]. O(1); never panics.
///
/// # Errors
/// [`OutOfRange`] with the accepted range.
pub fn validate_total_cents(cents: i64) -> Result<i32, OutOfRange> {
    let (min, max) = (0, TOTAL_CENTS_MAX);
    i32::try_from(cents)
        .ok()
        .filter(|cents| (min..=max).contains(cents))
        .ok_or(OutOfRange {
            min: min.into(),
            max: max.into(),
        })
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn limits_are_inclusive_and_never_clamp() {
        assert_eq!(validate_limit(1), Ok(1));
        assert_eq!(validate_limit(100), Ok(100));
        for out in [0, 101, 256 + 10, -1, i64::MIN, i64::MAX] {
            let refused = validate_limit(out).unwrap_err();
            assert_eq!(
                refused.to_string(),
                "must be an integer from 1 to 100",
                "{out}"
            );
        }
    }

    #[test]
    fn a_total_may_be_free_or_fill_the_column_but_not_wrap() {
        assert_eq!(validate_total_cents(0), Ok(0));
        assert_eq!(validate_total_cents(2_147_483_647), Ok(i32::MAX));
        for out in [-1, 2_147_483_648, (1 << 32) + 5, i64::MIN, i64::MAX] {
            let refused = validate_total_cents(out).unwrap_err();
            assert_eq!(
                refused.to_string(),
                "must be an integer from 0 to 2147483647",
                "{out}"
            );
        }
    }
}
