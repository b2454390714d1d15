//! Versions of an order, and the preconditions a client may put on them.
//!
//! A version is a strong entity tag: `"1"`, `"2"` … (RFC 9110 §8.8.3).

use alloc::{format, string::String, vec::Vec};
use core::{fmt, slice};

pub use crate::entity_tags::InvalidEntityTags;
use crate::entity_tags::{EntityTag, EntityTags};

/// How often an order was written: starts at 1, grows by 1 (the contract).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(i32);

/// What If-Match asks for (RFC 9110 §13.1.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Precondition {
    /// `*`: any version of an order that exists.
    Any,
    /// `"7"`: a single tag, and it is a version.
    Exactly(Version),
    /// Anything else: the versions among the tags. With none of them nothing matches.
    OneOf(Vec<Version>),
}

/// What If-None-Match asks for (RFC 9110 §13.1.2): `None` is `*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoneMatch(Option<Vec<Version>>);

/// Reads If-Match by strong comparison (RFC 9110 §13.1.1): a weak tag never matches, nor does a
/// well-formed tag that is no version as we write them (`"01"`, `"abc"`). Bare digits count as
/// quoted (the contract). O(n) in the value; never panics.
///
/// # Errors
/// [`InvalidEntityTags`] when the value is neither `*` nor a list with at least one entity tag.
pub fn parse_if_match(value: &str) -> Result<Precondition, InvalidEntityTags> {
    Ok(match EntityTags::parse(value)? {
        EntityTags::Any => Precondition::Any,
        EntityTags::List(tags) => {
            let strong = tags.iter().filter(|tag| !tag.weak);
            let versions: Vec<_> = strong.filter_map(Version::from_tag).collect();
            match (tags.as_slice(), versions.as_slice()) {
                ([_], [only]) => Precondition::Exactly(*only),
                _ => Precondition::OneOf(versions),
            }
        }
    })
}

/// Reads If-None-Match by weak comparison (RFC 9110 §13.1.2): `W/"1"` matches version 1, because
/// caches and compressing proxies weaken the tags they pass on. O(n) in the value; never panics.
///
/// # Errors
/// [`InvalidEntityTags`] when the value is neither `*` nor a list with at least one entity tag.
pub fn parse_if_none_match(value: &str) -> Result<NoneMatch, InvalidEntityTags> {
    Ok(match EntityTags::parse(value)? {
        EntityTags::Any => NoneMatch(None),
        EntityTags::List(tags) => {
            NoneMatch(Some(tags.iter().filter_map(Version::from_tag).collect()))
        }
    })
}

// === impl Version ===

impl Version {
    /// The version of a new order.
    pub const FIRST: Self = Self(1);

    /// `None` below 1. O(1); never panics.
    pub const fn new(version: i32) -> Option<Self> {
        if version >= Self::FIRST.0 {
            Some(Self(version))
        } else {
            None
        }
    }

    /// The number. O(1); never panics.
    pub const fn get(self) -> i32 {
        self.0
    }

    /// The version after this one, or `None` after the last. O(1); never panics.
    pub const fn next(self) -> Option<Self> {
        match self.0.checked_add(1) {
            Some(next) => Some(Self(next)),
            None => None,
        }
    }

    /// The strong entity tag of this version, quotes included. O(1); never panics.
    pub fn etag(self) -> String {
        format!("\"{self}\"")
    }

    /// The version whose [`Version::etag`] this is, character by character: tags are opaque, so
    /// `"01"` is another tag than `"1"`. O(n) in the tag; never panics.
    fn from_tag(tag: &EntityTag<'_>) -> Option<Self> {
        // `i32::from_str` alone would also take "+1" and "01".
        let canonical = tag.opaque.starts_with(|first| matches!(first, '1'..='9'));
        canonical
            .then(|| tag.opaque.parse().ok())
            .flatten()
            .and_then(Self::new)
    }
}

/// The bare number. O(1); never panics.
impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

// === impl Precondition ===

impl Precondition {
    /// Whether an order of this version meets the precondition. O(n) in the versions; never panics.
    pub fn matches(&self, version: Version) -> bool {
        self.versions()
            .is_none_or(|versions| versions.contains(&version))
    }

    /// The guard for an UPDATE: the versions it may touch, `None` for all. O(1); never panics.
    pub fn versions(&self) -> Option<&[Version]> {
        match self {
            Self::Any => None,
            Self::Exactly(version) => Some(slice::from_ref(version)),
            Self::OneOf(versions) => Some(versions),
        }
    }

    /// The version the client expects, if it named exactly one. O(1); never panics.
    pub const fn expected(&self) -> Option<Version> {
        match self {
            Self::Exactly(version) => Some(*version),
            Self::Any | Self::OneOf(_) => None,
        }
    }
}

// === impl NoneMatch ===

impl NoneMatch {
    /// Whether the client already has this version, so that 304 answers it. O(n) in the versions;
    /// never panics.
    pub fn matches(&self, version: Version) -> bool {
        self.0
            .as_ref()
            .is_none_or(|versions| versions.contains(&version))
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
        parse_if_match(value).unwrap()
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
        assert_eq!(if_match("W/\"1\""), Precondition::OneOf(vec![]));
        assert!(!if_match("W/\"1\"").matches(v(1)));
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
            assert!(parse_if_none_match(value).unwrap().matches(v(1)), "{value}");
        }
        for value in ["\"2\"", "W/\"01\"", "\"abc\""] {
            assert!(
                !parse_if_none_match(value).unwrap().matches(v(1)),
                "{value}"
            );
        }
    }

    #[test]
    fn a_value_without_a_tag_is_an_error() {
        for value in ["", ",", "abc", "\"1"] {
            assert_eq!(parse_if_match(value), Err(InvalidEntityTags));
            assert_eq!(parse_if_none_match(value), Err(InvalidEntityTags));
        }
    }
}
