//! JSON documents: read strictly, written in canonical form (RFC 8785).
//!
//! `serde_json::Value` keeps only the last of two members with the same name. This tree keeps both,
//! so that duplicates can be refused.

use alloc::{string::String, vec::Vec};
use core::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::limits::JSON_DEPTH_MAX;

/// A JSON document with its members in the order of the text, duplicates included.
#[derive(Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    /// Finite. In RFC 8785 every number is a double, so 2^53 + 1 equals 2^53.
    Number(f64),
    String(String),
    Array(Vec<Self>),
    Object(Vec<(String, Self)>),
}

/// The first error of a text that is not JSON or nests deeper than [`JSON_DEPTH_MAX`]. Both numbers
/// start at 1.
#[derive(Debug, PartialEq)]
pub(crate) struct NotJson {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// The member that an object has twice.
#[derive(Debug, PartialEq)]
pub(crate) struct DuplicateMember(pub(crate) String);

/// Reads one value with at most this many levels of nesting.
#[derive(Clone, Copy)]
struct Levels(usize);

// === impl Value ===

impl Value {
    /// Reads exactly one JSON document (RFC 8259), without a byte order mark, lone surrogates and
    /// numbers beyond a double. Cost: O(n) in the bytes; the depth limit bounds the stack.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, NotJson> {
        let mut json = serde_json::Deserializer::from_slice(bytes);
        // `Levels` counts instead: serde_json's own limit refuses level 128.
        json.disable_recursion_limit();
        Levels(JSON_DEPTH_MAX)
            .deserialize(&mut json)
            .and_then(|value| json.end().map(|()| value))
            .map_err(|error| NotJson {
                line: error.line(),
                column: error.column(),
            })
    }

    /// Appends the canonical form (RFC 8785 §3.2). Cost: O(n log n) in the document.
    pub(crate) fn write_canonical(self, out: &mut String) -> Result<(), DuplicateMember> {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(true) => out.push_str("true"),
            Self::Bool(false) => out.push_str("false"),
            Self::Number(number) => out.push_str(ryu_js::Buffer::new().format(number)),
            Self::String(text) => write_string(&text, out),
            Self::Array(items) => {
                out.push('[');
                for (i, item) in items.into_iter().enumerate() {
                    if i > 0 {
                        out.push(',');
                    }
                    item.write_canonical(out)?;
                }
                out.push(']');
            }
            Self::Object(members) => write_object(members, out)?,
        }
        Ok(())
    }
}

/// Sorts members by UTF-16 code units (RFC 8785 §3.2.3), which puts duplicates side by side.
fn write_object(
    mut members: Vec<(String, Value)>,
    out: &mut String,
) -> Result<(), DuplicateMember> {
    // `str` sorts differently: U+1F600 comes after U+FB33.
    members.sort_unstable_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
    let mut previous = None;
    out.push('{');
    for (name, value) in members {
        if previous.as_ref() == Some(&name) {
            return Err(DuplicateMember(name));
        }
        if previous.is_some() {
            out.push(',');
        }
        write_string(&name, out);
        out.push(':');
        value.write_canonical(out)?;
        previous = Some(name);
    }
    out.push('}');
    Ok(())
}

/// Escapes only the characters that JSON requires to be escaped (RFC 8785 §3.2.2.2).
fn write_string(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            '\0'..='\u{f}' => push_control("\\u000", c, out),
            '\u{10}'..='\u{1f}' => push_control("\\u001", c, out),
            _ => out.push(c),
        }
    }
    out.push('"');
}

fn push_control(prefix: &str, c: char, out: &mut String) {
    out.push_str(prefix);
    out.extend(char::from_digit(u32::from(c) & 0xf, 16));
}

// === impl Levels ===

impl Levels {
    /// The levels left inside an array or object, or an error if there are none.
    fn descend<E: Error>(self) -> Result<Self, E> {
        self.0
            .checked_sub(1)
            .map(Levels)
            .ok_or_else(|| E::custom("nested too deep"))
    }
}

impl<'de> DeserializeSeed<'de> for Levels {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Value, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Levels {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value as f64))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Value, A::Error> {
        let inner = self.descend()?;
        let mut items = Vec::new();
        while let Some(item) = array.next_element_seed(inner)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let inner = self.descend()?;
        let mut members = Vec::new();
        while let Some(name) = object.next_key()? {
            members.push((name, object.next_value_seed(inner)?));
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use alloc::{format, string::ToString};

    use proptest::prelude::*;

    use super::*;

    fn canonical(json: &str) -> String {
        let mut out = String::new();
        Value::parse(json.as_bytes())
            .unwrap()
            .write_canonical(&mut out)
            .unwrap();
        out
    }

    #[test]
    fn white_space_and_member_order_do_not_matter_and_array_order_does() {
        assert_eq!(
            canonical(" { \"b\" : [ 2 , 1 ] ,\n\"a\":null } "),
            r#"{"a":null,"b":[2,1]}"#
        );
        assert_ne!(canonical("[1,2]"), canonical("[2,1]"));
    }

    #[test]
    fn the_sorting_example_of_the_rfc_holds() {
        // RFC 8785 §3.2.3.
        let json = r#"{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh",
            "1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}"#;
        let names: Vec<_> = match Value::parse(canonical(json).as_bytes()) {
            Ok(Value::Object(members)) => members.into_iter().map(|(name, _)| name).collect(),
            other => panic!("{other:?}"),
        };
        assert_eq!(names, ["\r", "1", "\u{80}", "ö", "€", "😀", "\u{fb33}"]);
    }

    #[test]
    fn numbers_are_written_as_in_ecmascript() {
        for (json, expected) in [
            ("-0", "0"),
            ("-0.0e9", "0"),
            ("1.0", "1"),
            ("1E3", "1000"),
            ("9007199254740993", "9007199254740992"),
            ("18446744073709551615", "18446744073709552000"),
            ("-9223372036854775808", "-9223372036854776000"),
            ("1e21", "1e+21"),
            ("0.000001", "0.000001"),
            ("1e-7", "1e-7"),
            ("5e-324", "5e-324"),
            ("1.7976931348623157e308", "1.7976931348623157e+308"),
            ("333333333.33333329", "333333333.3333333"),
        ] {
            assert_eq!(canonical(json), expected, "{json}");
        }
    }

    #[test]
    fn strings_escape_only_required_characters() {
        let json = r#""\u0000\u001F\b\t\n\f\r\"\\\/\u007f\u20ac""#;
        assert_eq!(
            canonical(json),
            "\"\\u0000\\u001f\\b\\t\\n\\f\\r\\\"\\\\/\u{7f}€\""
        );
    }

    #[test]
    fn a_duplicate_is_found_at_any_depth_and_after_unescaping() {
        let duplicate = |json: &str| {
            Value::parse(json.as_bytes())
                .unwrap()
                .write_canonical(&mut String::new())
                .unwrap_err()
                .0
        };
        assert_eq!(duplicate(r#"{"a":1,"b":2,"\u0061":1}"#), "a");
        assert_eq!(duplicate(r#"[{"x":[{"é":1,"\u00e9":1}]}]"#), "é");
        assert_eq!(canonical(r#"{"a":{"a":1}}"#), r#"{"a":{"a":1}}"#);
    }

    #[test]
    fn nesting_ends_exactly_at_the_limit() {
        let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(canonical(&nested(JSON_DEPTH_MAX)), nested(JSON_DEPTH_MAX));
        assert!(Value::parse(nested(JSON_DEPTH_MAX + 1).as_bytes()).is_err());
        assert!(Value::parse("{\"a\":".repeat(1_000_000).as_bytes()).is_err());
    }

    #[test]
    fn texts_that_are_not_json_are_refused() {
        for json in [
            &b""[..],
            b" \n",
            b"\xef\xbb\xbf{}",
            b"{} {}",
            b"{,}",
            b"[1,]",
            b"01",
            b"+1",
            b".5",
            b"1.",
            b"1e400",
            b"-1e400",
            b"NaN",
            b"'a'",
            b"\"\n\"",
            b"\"\\ud800\"",
            b"\"\\udc00\"",
            b"\"\xff\"",
            b"{a:1}",
            b"nul",
            b"// c\n1",
            b"\x0c1",
        ] {
            assert!(
                Value::parse(json).is_err(),
                "{}",
                String::from_utf8_lossy(json)
            );
        }
    }

    /// Any document, every number finite.
    fn documents() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            any::<u64>().prop_map(Into::into),
            any::<u64>().prop_map(|bits| f64::from_bits(bits).into()),
            any::<String>().prop_map(Into::into),
        ];
        leaf.prop_recursive(5, 64, 8, |inner| {
            let members = prop::collection::btree_map(any::<String>(), inner.clone(), 0..8);
            prop_oneof![
                prop::collection::vec(inner, 0..8).prop_map(Into::into),
                members
                    .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn an_independent_implementation_agrees(document in documents()) {
            let expected = serde_json_canonicalizer::to_string(&document).unwrap();
            prop_assert_eq!(canonical(&document.to_string()), expected);
        }

        #[test]
        fn an_independent_implementation_agrees_on_doubles(bits in prop::collection::vec(any::<u64>(), 100)) {
            for number in bits.into_iter().map(f64::from_bits).filter(|number| number.is_finite()) {
                let expected = serde_json_canonicalizer::to_string(&number).unwrap();
                prop_assert_eq!(canonical(&format!("{number:e}")), expected);
            }
        }

        #[test]
        fn the_canonical_form_is_its_own_canonical_form(document in documents()) {
            let once = canonical(&document.to_string());
            prop_assert_eq!(canonical(&once), once);
        }

        #[test]
        fn parsing_never_panics(bytes: Vec<u8>, json in r#"[\[\]{}",:0-9eE.+\-\\u]{0,40}"#) {
            let _ = Value::parse(&bytes);
            let _ = Value::parse(json.as_bytes());
        }
    }
}
