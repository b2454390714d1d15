//! Idempotency keys, and the meaning of "the same body".
//!
//! **Invariant:** core does not decide whether a key has expired. The database's clock does, at
//! look-up, by [`crate::limits::IDEMPOTENCY_WINDOW_SECONDS`].

use alloc::{boxed::Box, string::String, vec::Vec};
use core::{fmt, str::FromStr};

use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::{
    json::{NotCanonical, NotJson, Value},
    limits::{IDEMPOTENCY_KEY_MAX_LEN, JSON_INTEGER_MAX},
};

/// A key that a client chooses for one create: 1 to [`IDEMPOTENCY_KEY_MAX_LEN`] visible ASCII
/// characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(Box<str>);

/// The body of a create: a JSON object with any members, of which only the [`Fingerprint`] is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreateBody(Fingerprint);

/// The SHA-256 of a body's canonical form (RFC 8785). White space and the order of members do not
/// change it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

/// The decision about a create whose key is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reuse {
    /// The bodies are the same: send the stored response.
    Replay,
    /// The bodies differ: a conflict.
    DifferentBody,
}

/// The text is not an [`IdempotencyKey`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "must be 1 to {IDEMPOTENCY_KEY_MAX_LEN} visible ASCII characters, bare or as a quoted string"
)]
pub struct InvalidIdempotencyKey;

/// The text is not a [`CreateBody`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InvalidBody {
    /// Malformed, with a number that is infinite as a double, or deeper than
    /// [`crate::limits::JSON_DEPTH_MAX`].
    #[error("must be valid JSON: the error is at line {line}, column {column}")]
    NotJson {
        /// Line of the first error, from 1.
        line: usize,
        /// Column of the first error, in bytes.
        column: usize,
    },
    /// An array, string, number, boolean or null.
    #[error("must be a JSON object")]
    NotAnObject,
    /// An object, at any depth, has this member twice. RFC 8259 §4 leaves the meaning open, so
    /// parsers disagree about it.
    #[error("must not have the member {0:?} twice in one object")]
    DuplicateMember(String),
    /// A number, at any depth, is farther from zero than [`JSON_INTEGER_MAX`]: another number could
    /// have the same canonical form.
    #[error("must not have a number beyond ±{JSON_INTEGER_MAX} (2^53)")]
    InexactNumber,
}

// === impl IdempotencyKey ===

impl IdempotencyKey {
    /// The key without quotes and escapes.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Reads a key, bare (`abc`) or as a string of RFC 8941 §3.3.3 (`"abc"`); both are the same key.
///
/// A text that starts with a quote must be such a string, without parameters after it. Cost: O(n)
/// in the text.
impl FromStr for IdempotencyKey {
    type Err = InvalidIdempotencyKey;

    fn from_str(text: &str) -> Result<Self, InvalidIdempotencyKey> {
        let key: Box<str> = match text.strip_prefix('"') {
            Some(quoted) => unquote(quoted).ok_or(InvalidIdempotencyKey)?.into(),
            None => text.into(),
        };
        let fits = (1..=IDEMPOTENCY_KEY_MAX_LEN).contains(&key.len());
        if fits && key.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(Self(key))
        } else {
            Err(InvalidIdempotencyKey)
        }
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The content of a string after its opening quote (RFC 8941 §4.2.5), if the closing quote is the
/// last character.
fn unquote(quoted: &str) -> Option<String> {
    let mut content = String::with_capacity(quoted.len());
    let mut chars = quoted.chars();
    loop {
        match chars.next()? {
            '"' => return chars.next().is_none().then_some(content),
            '\\' => content.push(chars.next().filter(|c| matches!(c, '"' | '\\'))?),
            c => content.push(c),
        }
    }
}

// === impl CreateBody ===

impl CreateBody {
    /// The fingerprint, by which two bodies are compared.
    pub const fn fingerprint(&self) -> Fingerprint {
        self.0
    }
}

/// Reads JSON text. The empty text and `null` count as `{}`; white space alone does not.
/// Cost: O(n log n) in the text.
impl FromStr for CreateBody {
    type Err = InvalidBody;

    fn from_str(text: &str) -> Result<Self, InvalidBody> {
        let value = Value::parse(if text.is_empty() {
            b"{}"
        } else {
            text.as_bytes()
        })?;
        let value = match value {
            // Generated clients send it for an optional body that is left out.
            Value::Null => Value::Object(Vec::new()),
            Value::Object(_) => value,
            _ => return Err(InvalidBody::NotAnObject),
        };
        let mut canonical = String::with_capacity(text.len());
        value.write_canonical(&mut canonical)?;
        Ok(Self(Fingerprint(Sha256::digest(canonical).into())))
    }
}

// === impl Fingerprint ===

impl Fingerprint {
    /// A stored fingerprint.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Compares this body with the `stored` one of the same, unexpired key.
    pub fn reuse(&self, stored: &Self) -> Reuse {
        if self == stored {
            Reuse::Replay
        } else {
            Reuse::DifferentBody
        }
    }
}

/// 64 lower-case hexadecimal digits.
impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

// === impl InvalidBody ===

impl From<NotJson> for InvalidBody {
    fn from(NotJson { line, column }: NotJson) -> Self {
        Self::NotJson { line, column }
    }
}

impl From<NotCanonical> for InvalidBody {
    fn from(reason: NotCanonical) -> Self {
        match reason {
            NotCanonical::DuplicateMember(name) => Self::DuplicateMember(name),
            NotCanonical::InexactNumber => Self::InexactNumber,
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::{format, string::ToString};

    use proptest::prelude::*;

    use super::*;

    fn key(text: &str) -> Option<String> {
        let key: IdempotencyKey = text.parse().ok()?;
        Some(key.as_str().into())
    }

    fn fingerprint(body: &str) -> Fingerprint {
        body.parse::<CreateBody>().unwrap().fingerprint()
    }

    #[test]
    fn bare_and_quoted_are_the_same_key() {
        assert_eq!("abc".parse::<IdempotencyKey>(), "\"abc\"".parse());
        assert_eq!(key(r#""a\"b\\c""#).as_deref(), Some(r#"a"b\c"#));
        assert_eq!(key(r#"a"b\c"#).as_deref(), Some(r#"a"b\c"#));
        assert_ne!(key("abc"), key("ABC"));
    }

    #[test]
    fn the_length_is_judged_without_the_quoting() {
        let longest = "\\\"".repeat(255);
        assert_eq!(key(&format!("\"{longest}\"")), Some("\"".repeat(255)));
        assert_eq!(key(&format!("\"{longest}a\"")), None);
        assert_eq!(key(&"x".repeat(255)), Some("x".repeat(255)));
        assert_eq!(key(&"x".repeat(256)), None);
    }

    #[test]
    fn broken_keys_are_refused() {
        for text in [
            "",
            "\"",
            "\"\"",
            "\"abc",
            "\"abc\\",
            "\"abc\\\"",
            "\"a\\b\"",
            "\"abc\";q=1",
            "\"abc\" ",
            "\"abc\"\"",
            "\"a b\"",
            "a b",
            " abc",
            "abc ",
            "é",
            "\"é\"",
            "a\u{7f}",
            "a\tb",
            "a\0",
        ] {
            assert_eq!(
                text.parse::<IdempotencyKey>(),
                Err(InvalidIdempotencyKey),
                "{text:?}"
            );
        }
    }

    #[test]
    fn the_same_body_replays_and_another_does_not() {
        let stored = fingerprint(r#"{"a":[1,2],"b":"x"}"#);
        assert_eq!(
            fingerprint(" {\"b\":\"\\u0078\", \"a\":[1.0,2]}").reuse(&stored),
            Reuse::Replay
        );
        for other in [
            r#"{"a":[2,1],"b":"x"}"#,
            r#"{"a":[1,2],"b":"x","c":null}"#,
            "{}",
        ] {
            assert_eq!(
                fingerprint(other).reuse(&stored),
                Reuse::DifferentBody,
                "{other}"
            );
        }
        assert_eq!(Fingerprint::from_bytes(*stored.as_bytes()), stored);
    }

    #[test]
    fn zero_bytes_and_null_are_the_empty_object_and_white_space_is_not() {
        // printf '{}' | sha256sum
        let empty = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
        assert_eq!(fingerprint("").to_string(), empty);
        assert_eq!(fingerprint(" { } ").to_string(), empty);
        assert_eq!(fingerprint("null").to_string(), empty);
        assert_eq!(
            " \n ".parse::<CreateBody>().unwrap_err().to_string(),
            "must be valid JSON: the error is at line 2, column 1"
        );
    }

    #[test]
    fn a_body_without_a_fingerprint_says_why() {
        let refused = |body: &str| body.parse::<CreateBody>().unwrap_err().to_string();
        assert_eq!(
            refused("{\"a\" 1}"),
            "must be valid JSON: the error is at line 1, column 6"
        );
        for body in ["[]", "1", "\"{}\"", "true"] {
            assert_eq!(refused(body), "must be a JSON object", "{body}");
        }
        assert_eq!(
            refused(r#"{"a":[{"x":1,"\u0078":2}]}"#),
            "must not have the member \"x\" twice in one object"
        );
        assert_eq!(
            refused(r#"{"a":[9007199254740993]}"#),
            "must not have a number beyond ±9007199254740992 (2^53)"
        );
        assert!("\u{feff}{}".parse::<CreateBody>().is_err());
    }

    proptest! {
        #[test]
        fn every_visible_text_survives_quoting(text in "[!-~]{1,255}") {
            let quoted = format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
            prop_assert_eq!(key(&quoted), Some(text));
        }

        #[test]
        fn parsing_never_panics(text in r#"\PC{0,20}|["\\;a ]{0,20}"#) {
            let _ = text.parse::<IdempotencyKey>();
            let _ = text.parse::<CreateBody>();
        }
    }
}
