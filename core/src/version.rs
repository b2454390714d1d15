//! Versions of an order, and preconditions on them.
//!
//! A version is sent as a strong entity tag: `"1"`, `"2"` … (RFC 9110 §8.8.3).

use alloc::{format, string::String, vec::Vec};
use core::{fmt, slice, str::FromStr};

pub use crate::entity_tags::InvalidEntityTags;
use crate::entity_tags::{EntityTag, EntityTags};

/// The number of writes to an order: starts at 1 and grows by 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(i32);

/// The value of `If-Match` (RFC 9110 §13.1.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Precondition {
    /// `*`: matches every version.
    Any,
    /// `"7"`: a single tag that is a version.
    Exactly(Version),
    /// `W/"7"`: only weak tags, which match no version.
    Weak,
    /// Any other value: the versions among its tags. Without any, no version matches.
    OneOf(Vec<Version>),
}

/// The value of `If-None-Match` (RFC 9110 §13.1.2): its versions, or `None` for `*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoneMatch(Option<Vec<Version>>);

// === impl Version ===

impl Version {
    /// The version of a new order.
    pub const FIRST: Self = Self(1);

    /// The version of this number, or `None` below 1.
    pub const fn new(version: i32) -> Option<Self> {
        if version >= Self::FIRST.0 {
            Some(Self(version))
        } else {
            None
        }
    }

    /// The number.
    pub const fn get(self) -> i32 {
        self.0
    }

    /// The version after this one, or `None` after the last.
    pub const fn next(self) -> Option<Self> {
        match self.0.checked_add(1) {
            Some(next) => Some(Self(next)),
            None => None,
        }
    }

    /// The strong entity tag of this version, with its quotes.
    pub fn etag(self) -> String {
        format!("\"{self}\"")
    }

    /// The version with this tag, compared character by character: tags are opaque, so `"01"` is
    /// another tag than `"1"`.
    fn from_tag(tag: &EntityTag<'_>) -> Option<Self> {
        // `i32::from_str` alone would also take "+1" and "01".
        let canonical = tag.opaque.starts_with(|first| matches!(first, '1'..='9'));
        canonical
            .then(|| tag.opaque.parse().ok())
            .flatten()
            .and_then(Self::new)
    }
}

/// The bare number.
impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

// === impl Precondition ===

impl Precondition {
    /// Whether an order of this version meets the precondition. Cost: O(n) in the versions.
    pub fn matches(&self, version: Version) -> bool {
        self.versions()
            .is_none_or(|versions| versions.contains(&version))
    }

    /// The versions that match, for the WHERE of an UPDATE; `None` if every version matches.
    pub fn versions(&self) -> Option<&[Version]> {
        match self {
            Self::Any => None,
            Self::Exactly(version) => Some(slice::from_ref(version)),
            Self::Weak => Some(&[]),
            Self::OneOf(versions) => Some(versions),
        }
    }

    /// The version that the client expects, if the header names exactly one.
    pub const fn expected(&self) -> Option<Version> {
        match self {
            Self::Exactly(version) => Some(*version),
            Self::Any | Self::Weak | Self::OneOf(_) => None,
        }
    }
}

/// Compares strongly (RFC 9110 §13.1.1): a weak tag never matches, nor does a well-formed tag that
/// is not the [`etag`](Version::etag) of a version (`"01"`, `"abc"`). Bare digits count as quoted.
/// Cost: O(n) in the value.
impl FromStr for Precondition {
    type Err = InvalidEntityTags;

    fn from_str(value: &str) -> Result<Self, InvalidEntityTags> {
        Ok(match EntityTags::parse(value)? {
            EntityTags::Any => Self::Any,
            EntityTags::List(tags) if tags.iter().all(|tag| tag.weak) => Self::Weak,
            EntityTags::List(tags) => {
                let strong = tags.iter().filter(|tag| !tag.weak);
                let versions: Vec<_> = strong.filter_map(Version::from_tag).collect();
                match (tags.as_slice(), versions.as_slice()) {
                    ([_], [only]) => Self::Exactly(*only),
                    _ => Self::OneOf(versions),
                }
            }
        })
    }
}

// === impl NoneMatch ===

impl NoneMatch {
    /// Whether the client has this version already, so that the response is 304. Cost: O(n) in the
    /// versions.
    pub fn matches(&self, version: Version) -> bool {
        self.0
            .as_ref()
            .is_none_or(|versions| versions.contains(&version))
    }
}

/// Compares weakly (RFC 9110 §13.1.2): `W/"1"` matches version 1, because caches and compressing
/// proxies weaken the tags that they forward. Cost: O(n) in the value.
impl FromStr for NoneMatch {
    type Err = InvalidEntityTags;

    fn from_str(value: &str) -> Result<Self, InvalidEntityTags> {
        Ok(match EntityTags::parse(value)? {
            EntityTags::Any => Self(None),
            EntityTags::List(tags) => {
                Self(Some(tags.iter().filter_map(Version::from_tag).collect()))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    fn v(version: i32) -> Version {
        Version::new(version).unwrap()
    }

    fn if_match(value: &str) -> Precondition {
        value.parse().unwrap()
    }

    fn none_match(value: &str) -> NoneMatch {
        value.parse().unwrap()
    }

    #[test]
    fn versions_start_at_one_and_do_not_wrap() {
        assert_eq!(Version::new(0), None);
        assert_eq!(Version::new(i32::MIN), None);
        assert_eq!(Version::FIRST.next(), Version::new(2));
        assert_eq!(v(i32::MAX).next(), None);
    }

    #[test]
    fn an_etag_is_read_back_quoted_or_bare() {
        for version in [1, 10, i32::MAX].map(v) {
            assert_eq!(if_match(&version.etag()), Precondition::Exactly(version));
            assert_eq!(
                if_match(&format!("{version}")),
                Precondition::Exactly(version)
            );
        }
        assert_eq!(Version::FIRST.etag(), "\"1\"");
    }

    #[test]
    fn a_weak_tag_never_matches() {
        for value in ["W/\"1\"", "W/\"1\", W/\"2\""] {
            assert_eq!(if_match(value), Precondition::Weak);
            assert!(!if_match(value).matches(v(1)));
        }
        assert_eq!(if_match("W/\"1\", \"abc\""), Precondition::OneOf(vec![]));
        assert!(if_match("W/\"1\", \"1\"").matches(v(1)));
    }

    #[test]
    fn a_tag_that_is_no_version_never_matches_but_is_no_error() {
        for value in [
            "\"01\"",
            "01",
            "\"abc\"",
            "\"\"",
            "0",
            "\"+1\"",
            "\"1,2\"",
            "2147483648",
        ] {
            assert_eq!(if_match(value), Precondition::OneOf(vec![]), "{value}");
        }
        assert!(!if_match("99999999999999999999").matches(v(1)));
    }

    #[test]
    fn a_list_matches_if_any_member_does() {
        let list = if_match("\"3\", \"abc\", 5");
        assert_eq!(list.versions(), Some([v(3), v(5)].as_slice()));
        assert!(list.matches(v(3)) && list.matches(v(5)) && !list.matches(v(4)));
    }

    #[test]
    fn a_star_matches_any_version_and_guards_none() {
        assert!(if_match("*").matches(v(7)));
        assert_eq!(if_match("*").versions(), None);
    }

    #[test]
    fn only_a_single_tag_is_an_expectation() {
        assert_eq!(if_match("\"7\"").expected(), Some(v(7)));
        for value in ["*", "\"7\", \"abc\"", "\"7\", \"8\"", "W/\"7\"", "\"abc\""] {
            assert_eq!(if_match(value).expected(), None, "{value}");
        }
    }

    #[test]
    fn none_match_compares_weakly() {
        for value in ["\"1\"", "W/\"1\"", "1", "\"9\", W/\"1\"", "*"] {
            assert!(none_match(value).matches(v(1)), "{value}");
        }
        for value in ["\"2\"", "W/\"01\"", "\"abc\""] {
            assert!(!none_match(value).matches(v(1)), "{value}");
        }
    }

    #[test]
    fn a_value_without_a_tag_is_an_error() {
        for value in ["", ",", "abc", "\"1"] {
            assert_eq!(value.parse::<Precondition>(), Err(InvalidEntityTags));
            assert_eq!(value.parse::<NoneMatch>(), Err(InvalidEntityTags));
        }
    }
}
