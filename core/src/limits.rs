//! Bounds on what a client can send. openapi.yaml and the database's schema repeat these numbers;
//! Rust code takes them from here.

use thiserror::Error;

/// Longest tenant id, in bytes.
pub const TENANT_ID_MAX_LEN: usize = 128;

/// Longest idempotency key, in bytes, without its quotes and escapes.
pub const IDEMPOTENCY_KEY_MAX_LEN: usize = 255;

/// Lifetime of an idempotency key, in seconds from the first create with it, by the database's
/// clock.
pub const IDEMPOTENCY_WINDOW_SECONDS: u32 = 3600;

/// Largest total of an order, in cents: the maximum of PostgreSQL's `int`.
pub const TOTAL_CENTS_MAX: i32 = i32::MAX;

/// Smallest page size, in orders.
pub const PAGE_LIMIT_MIN: u8 = 1;

/// Page size of a request that has no `limit`, in orders.
pub const PAGE_LIMIT_DEFAULT: u8 = 10;

/// Largest page size, in orders.
pub const PAGE_LIMIT_MAX: u8 = 100;

/// Longest cursor, in bytes.
///
/// The service writes cursors of 107 bytes. The rest allows a client to write the cursor's JSON
/// with white space.
pub const CURSOR_MAX_LEN: usize = 256;

/// Longest value of `If-Match` and `If-None-Match`, in bytes.
pub const ENTITY_TAGS_MAX_LEN: usize = 1024;

/// Most entity tags in `If-Match` and `If-None-Match`. Each of them is compared with the order.
pub const ENTITY_TAGS_MAX: usize = 16;

/// Largest magnitude of an integer in a JSON body: 2^53. A double cannot hold each integer beyond,
/// so two of them could have one canonical form (RFC 8785 §3.2.2.3, RFC 7493 §2.2).
pub const JSON_INTEGER_MAX: u64 = 1 << 53;

/// Deepest nesting of a JSON body, in levels: `{}` has one, `{"a":[]}` two.
///
/// RFC 8259 §9 allows a parser to set a limit. Without one a body of `[[[[…` would exhaust the
/// stack.
pub const JSON_DEPTH_MAX: usize = 128;

/// The value is not an integer of the range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be an integer from {min} to {max}")]
pub struct OutOfRange {
    /// Smallest number of the range.
    pub min: i64,
    /// Largest number of the range.
    pub max: i64,
}

/// Returns `number` if it is from `min` to `max`.
///
/// The number is never clamped: a client that asks for 1000 orders and gets 100 would take the page
/// for the last one.
pub(crate) fn in_range<T>(number: i64, min: T, max: T) -> Result<T, OutOfRange>
where
    T: Copy + PartialOrd + TryFrom<i64> + Into<i64>,
{
    let number = T::try_from(number).ok();
    number
        .filter(|number| (min..=max).contains(number))
        .ok_or(OutOfRange {
            min: min.into(),
            max: max.into(),
        })
}

/// Reads a number from `min` to `max`: decimal digits, after a `-` if it is negative, as in query
/// strings. Cost: O(n) in the text.
pub(crate) fn parse_in_range<T>(text: &str, min: T, max: T) -> Result<T, OutOfRange>
where
    T: Copy + PartialOrd + TryFrom<i64> + Into<i64>,
{
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_integer = digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = is_integer.then(|| text.parse().ok()).flatten();
    number.map_or(
        Err(OutOfRange {
            min: min.into(),
            max: max.into(),
        }),
        |number| in_range(number, min, max),
    )
}
