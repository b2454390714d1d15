//! Lists of entity tags: the values of `If-Match` and `If-None-Match` (RFC 9110 §8.8.3, §13.1).

use alloc::vec::Vec;

use thiserror::Error;

use crate::limits::{ENTITY_TAGS_MAX, ENTITY_TAGS_MAX_LEN};

/// The value of `If-Match` or `If-None-Match`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum EntityTags<'a> {
    /// `*`
    Any,
    /// At least one tag.
    List(Vec<EntityTag<'a>>),
}

/// An entity tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EntityTag<'a> {
    /// Whether the tag has the prefix `W/`.
    pub(crate) weak: bool,
    /// The text between the quotes.
    pub(crate) opaque: &'a str,
}

/// The value is neither `*` nor a list of 1 to [`ENTITY_TAGS_MAX`] entity tags, or it is longer
/// than [`ENTITY_TAGS_MAX_LEN`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "must be * or a list of entity tags such as \"1\": at most {ENTITY_TAGS_MAX} of them, in {ENTITY_TAGS_MAX_LEN} bytes"
)]
pub struct InvalidEntityTags;

/// Optional white space (RFC 9110 §5.6.3).
const OWS: [char; 2] = [' ', '\t'];

// === impl EntityTags ===

impl<'a> EntityTags<'a> {
    /// Reads a field value and skips empty list members (RFC 9110 §5.6.1.2). Cost: O(n) in the
    /// value.
    pub(crate) fn parse(value: &'a str) -> Result<Self, InvalidEntityTags> {
        if value.len() > ENTITY_TAGS_MAX_LEN {
            return Err(InvalidEntityTags);
        }
        if value.trim_matches(OWS) == "*" {
            return Ok(Self::Any);
        }
        let mut tags = Vec::new();
        let mut rest = Some(value);
        while let Some(member) = rest {
            let mut member = member.trim_start_matches(OWS);
            if !member.is_empty() && !member.starts_with(',') {
                let (tag, after) = EntityTag::split(member).ok_or(InvalidEntityTags)?;
                tags.push(tag);
                member = after.trim_start_matches(OWS);
            }
            rest = member.strip_prefix(',');
            if rest.is_none() && !member.is_empty() {
                return Err(InvalidEntityTags);
            }
        }
        if (1..=ENTITY_TAGS_MAX).contains(&tags.len()) {
            Ok(Self::List(tags))
        } else {
            Err(InvalidEntityTags)
        }
    }
}

// === impl EntityTag ===

impl<'a> EntityTag<'a> {
    /// Splits `text` after its first tag. Bare digits are a tag too, for the sake of `If-Match: 1`
    /// typed by hand.
    fn split(text: &'a str) -> Option<(Self, &'a str)> {
        let weak = text.strip_prefix("W/");
        if let Some(quoted) = weak.unwrap_or(text).strip_prefix('"') {
            // A tag may contain commas, so the list cannot be split at commas.
            let (opaque, after) = quoted.split_once('"')?;
            let tag = EntityTag {
                weak: weak.is_some(),
                opaque,
            };
            return opaque.bytes().all(is_etagc).then_some((tag, after));
        }
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (opaque, after) = text.split_at_checked(digits).filter(|_| digits > 0)?;
        Some((
            EntityTag {
                weak: false,
                opaque,
            },
            after,
        ))
    }
}

/// `etagc` of RFC 9110 §8.8.3; the bytes of a non-ASCII character are `obs-text`.
fn is_etagc(byte: u8) -> bool {
    byte == 0x21 || (0x23..=0x7e).contains(&byte) || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use proptest::prelude::*;

    use super::*;

    fn strong(opaque: &str) -> EntityTag<'_> {
        EntityTag {
            weak: false,
            opaque,
        }
    }

    #[test]
    fn a_list_keeps_its_order_and_skips_empty_members() {
        let weak = EntityTag {
            weak: true,
            opaque: "b",
        };
        let all = EntityTags::List(vec![strong("a"), weak, strong("3")]);
        for value in ["\"a\",W/\"b\",3", " ,, \"a\"\t, ,W/\"b\" ,\t3,\t"] {
            assert_eq!(EntityTags::parse(value).as_ref(), Ok(&all), "{value:?}");
        }
    }

    #[test]
    fn a_comma_between_quotes_is_part_of_the_tag() {
        assert_eq!(
            EntityTags::parse("\"1,2\""),
            Ok(EntityTags::List(vec![strong("1,2")]))
        );
        assert_eq!(
            EntityTags::parse("\"é\""),
            Ok(EntityTags::List(vec![strong("é")]))
        );
        assert_eq!(
            EntityTags::parse("\"\""),
            Ok(EntityTags::List(vec![strong("")]))
        );
    }

    #[test]
    fn a_star_is_not_a_list_member() {
        assert_eq!(EntityTags::parse(" *\t"), Ok(EntityTags::Any));
        for value in ["*, \"1\"", "\"1\", *", "**", "W/*"] {
            assert_eq!(
                EntityTags::parse(value),
                Err(InvalidEntityTags),
                "{value:?}"
            );
        }
    }

    #[test]
    fn other_values_are_refused() {
        for value in [
            "",
            " ",
            ",",
            " , ,",
            "abc",
            "\"1",
            "1\"",
            "\"1\" \"2\"",
            "\"1\"2",
            "1 2",
            "w/\"1\"",
            "W/1",
            "W/ \"1\"",
            "\"a b\"",
            "\"a\u{7f}\"",
            "-1",
            "+1",
            "1.0",
            "'1'",
            "\u{a0}1",
            "٣",
        ] {
            assert_eq!(
                EntityTags::parse(value),
                Err(InvalidEntityTags),
                "{value:?}"
            );
        }
    }

    #[test]
    fn the_number_of_tags_and_the_length_are_bounded() {
        let list = |count| alloc::vec!["\"1\""; count].join(",");
        assert!(EntityTags::parse(&list(ENTITY_TAGS_MAX)).is_ok());
        assert!(EntityTags::parse(&list(ENTITY_TAGS_MAX + 1)).is_err());
        assert!(EntityTags::parse(&list(200_000)).is_err());
        let tag = |length| alloc::format!("\"{}\"", "x".repeat(length - 2));
        assert!(EntityTags::parse(&tag(ENTITY_TAGS_MAX_LEN)).is_ok());
        assert!(EntityTags::parse(&tag(ENTITY_TAGS_MAX_LEN + 1)).is_err());
    }

    proptest! {
        #[test]
        fn parsing_never_panics(value in r#"\PC{0,20}|[W/"*, \t0-9é]{0,20}"#) {
            let _ = EntityTags::parse(&value);
        }
    }
}
