//! Page sizes.

use core::str::FromStr;

use crate::limits::{
    OutOfRange, PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX, PAGE_LIMIT_MIN, in_range, parse_in_range,
};

/// The largest number of orders in a page: [`PAGE_LIMIT_MIN`] to [`PAGE_LIMIT_MAX`], by default
/// [`PAGE_LIMIT_DEFAULT`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageLimit(u8);

// === impl PageLimit ===

impl PageLimit {
    /// The number of orders.
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl Default for PageLimit {
    fn default() -> Self {
        Self(PAGE_LIMIT_DEFAULT)
    }
}

impl TryFrom<i64> for PageLimit {
    type Error = OutOfRange;

    fn try_from(limit: i64) -> Result<Self, OutOfRange> {
        in_range(limit, PAGE_LIMIT_MIN, PAGE_LIMIT_MAX).map(Self)
    }
}

/// Reads decimal digits. Cost: O(n) in the text.
impl FromStr for PageLimit {
    type Err = OutOfRange;

    fn from_str(text: &str) -> Result<Self, OutOfRange> {
        parse_in_range(text, PAGE_LIMIT_MIN, PAGE_LIMIT_MAX).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn limits_are_inclusive_and_never_clamp() {
        assert_eq!(PageLimit::try_from(1).map(PageLimit::get), Ok(1));
        assert_eq!(PageLimit::try_from(100).map(PageLimit::get), Ok(100));
        for out in [0, 101, 256 + 10, -1, i64::MIN, i64::MAX] {
            let error = PageLimit::try_from(out).unwrap_err();
            assert_eq!(
                error.to_string(),
                "must be an integer from 1 to 100",
                "{out}"
            );
            assert_eq!(out.to_string().parse::<PageLimit>(), Err(error));
        }
    }

    #[test]
    fn a_limit_is_read_from_decimal_digits_only() {
        assert_eq!("100".parse::<PageLimit>().map(PageLimit::get), Ok(100));
        assert_eq!("010".parse::<PageLimit>(), Ok(PageLimit::default()));
        for text in [
            "",
            "-",
            "+1",
            " 1",
            "1.0",
            "1e1",
            "٣",
            "99999999999999999999",
        ] {
            assert!(text.parse::<PageLimit>().is_err(), "{text:?}");
        }
    }
}
