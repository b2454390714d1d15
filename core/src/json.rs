//! JSON documents: read strictly, written in canonical form (RFC 8785).
//!
//! `serde_json::Value` keeps only the last of two members with the same name. This tree keeps both,
//! so that duplicates can be refused.

use alloc::{string::String, vec::Vec};
use core::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::limits::{JSON_DEPTH_MAX, JSON_INTEGER_MAX};

/// A JSON document with its members in the order of the text, duplicates included.
#[derive(Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    /// Finite, and at most [`JSON_INTEGER_MAX`] from zero.
    Number(f64),
    /// A number farther from zero, whose last digits a double may lose.
    InexactNumber,
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

/// Why a document has no canonical form.
#[derive(Debug, PartialEq)]
pub(crate) enum NotCanonical {
    /// An object has this member twice.
    DuplicateMember(String),
    /// A number is farther from zero than [`JSON_INTEGER_MAX`].
    InexactNumber,
}

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
    pub(crate) fn write_canonical(self, out: &mut String) -> Result<(), NotCanonical> {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(true) => out.push_str("true"),
            Self::Bool(false) => out.push_str("false"),
            Self::InexactNumber => return Err(NotCanonical::InexactNumber),
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
fn write_object(mut members: Vec<(String, Value)>, out: &mut String) -> Result<(), NotCanonical> {
    // `str` sorts differently: U+1F600 comes after U+FB33.
    members.sort_unstable_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
    let mut previous = None;
    out.push('{');
    for (name, value) in members {
        if previous.as_ref() == Some(&name) {
            return Err(NotCanonical::DuplicateMember(name));
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

const fn number(value: f64, is_exact: bool) -> Value {
    if is_exact {
        Value::Number(value)
    } else {
        Value::InexactNumber
    }
}

/// The integer that a JSON number is, in the sense of JSON Schema 2020-12 (Validation §6.1.1): its
/// fractional part is zero. `None` for other texts, and beyond an `i64`. Exact: no double is
/// involved. Cost: O(n) in the text.
pub(crate) fn integer(text: &str) -> Option<i64> {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (sign, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", mantissa),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let exponent_digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let fields = [whole, fraction, exponent_digits];
    let has_leading_zero = whole.len() > 1 && whole.starts_with('0');
    if !fields.into_iter().all(are_digits) || has_leading_zero {
        return None;
    }
    let digits = [whole, fraction].concat();
    let significant = digits.trim_end_matches('0');
    if significant.is_empty() {
        return Some(0);
    }
    // The number is `significant`, followed by this many zeros.
    let zeros = exponent
        .parse::<i64>()
        .ok()?
        .checked_add((whole.len() as i64).checked_sub(significant.len() as i64)?)?;
    let zeros = usize::try_from(zeros).ok().filter(|zeros| *zeros < 20)?;
    [sign, significant, &"0".repeat(zeros)]
        .concat()
        .parse()
        .ok()
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
        let is_exact = value.unsigned_abs() <= JSON_INTEGER_MAX;
        Ok(number(value as f64, is_exact))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(number(value as f64, value <= JSON_INTEGER_MAX))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        // At 2^53 itself, digits after the point may be lost already.
        Ok(number(value, value.abs() < JSON_INTEGER_MAX as f64))
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
mod tests;
