//! Keys that make a repeated create harmless, and what "the same body" means.
//!
//! **Invariant:** expiry is not decided here. Whether a key is younger than
//! [`crate::limits::IDEMPOTENCY_WINDOW_SECONDS`] is the database's clock's business, at look-up;
//! core compares only what that look-up returned.

use alloc::{boxed::Box, string::String};
use core::fmt;

use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::{
    json::{DuplicateMember, NotJson, Value},
    limits::IDEMPOTENCY_KEY_MAX_LEN,
};

/// A client's name for one create: 1 to 255 visible ASCII characters (the contract).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(Box<str>);

/// SHA-256 of a body's canonical form (RFC 8785): equal for the same body, whatever its white
/// space and member order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

/// What a create that finds its key in use has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reuse {
    /// The same body: answer as the first time.
    Replay,
    /// Another body under the same key: a conflict.
    DifferentBody,
}

/// The text is no idempotency key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "an idempotency key is 1 to {IDEMPOTENCY_KEY_MAX_LEN} visible ASCII characters, bare or as a quoted string"
)]
pub struct InvalidIdempotencyKey;

/// The body has no fingerprint. The texts are fit for clients.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InvalidBody {
    /// Malformed, a number beyond a double, or deeper than [`crate::limits::JSON_DEPTH_MAX`].
    #[error("the body is not valid JSON at line {line}, column {column}")]
    NotJson {
        /// Line of the first fault, from 1.
        line: usize,
        /// Column of the first fault, in bytes.
        column: usize,
    },
    /// JSON, but an array, string, number, boolean or null.
    #[error("the body is not a JSON object")]
    NotAnObject,
    /// RFC 8259 §4 leaves the meaning of duplicates open, so no two parsers need agree on it.
    #[error("the body has the member {0:?} twice in one object")]
    DuplicateMember(String),
}

// === impl IdempotencyKey ===

impl IdempotencyKey {
    /// Reads a key, bare (`abc`) or as a string of RFC 8941 §3.3.3 (`"abc"`); both are one key.
    ///
    /// What starts with a quote must be such a string to its end, without parameters. O(n) in the
    /// text; never panics.
    ///
    /// # Errors
    /// [`InvalidIdempotencyKey`] when the quoting is broken, or the content is empty, too long or
    /// not visible ASCII.
    pub fn parse(text: &str) -> Result<Self, InvalidIdempotencyKey> {
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

    /// The key without its quoting. O(1); never panics.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// O(n) in the key; never panics.
impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The content of a string whose opening quote is gone (RFC 8941 §4.2.5), provided that the
/// closing one is the last character. O(n) in the text; never panics.
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

// === impl Fingerprint ===

impl Fingerprint {
    /// The fingerprint of a request body; zero bytes count as `{}` (the contract), white space
    /// alone does not. O(n log n) in the body; never panics.
    ///
    /// # Errors
    /// [`InvalidBody`] when the body is not JSON, not an object, or has a member twice.
    pub fn of_body(body: &[u8]) -> Result<Self, InvalidBody> {
        let value = Value::parse(if body.is_empty() { b"{}" } else { body })?;
        if !matches!(value, Value::Object(_)) {
            return Err(InvalidBody::NotAnObject);
        }
        let mut canonical = String::with_capacity(body.len());
        value.write_canonical(&mut canonical)?;
        Ok(Self(Sha256::digest(canonical).into()))
    }

    /// A fingerprint that was stored. O(1); never panics.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes to store. O(1); never panics.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Judges this body against the one stored under the same live key. O(1); never panics.
    pub fn reuse(&self, stored: &Self) -> Reuse {
        if self == stored {
            Reuse::Replay
        } else {
            Reuse::DifferentBody
        }
    }
}

/// 64 lower-case hexadecimal digits. O(1); never panics.
impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

// === impl InvalidBody ===

/// O(1); never panics.
impl From<NotJson> for InvalidBody {
    fn from(NotJson { line, column }: NotJson) -> Self {
        Self::NotJson { line, column }
    }
}

/// O(1); never panics.
impl From<DuplicateMember> for InvalidBody {
    fn from(DuplicateMember(name): DuplicateMember) -> Self {
        Self::DuplicateMember(name)
    }
}

#[cfg(test)]
mod tests {
    use alloc::{format, string::ToString};

    use proptest::prelude::*;

    use super::*;

    fn key(text: &str) -> Option<String> {
        IdempotencyKey::parse(text)
            .ok()
            .map(|key| key.as_str().into())
    }

    fn fingerprint(body: &str) -> Fingerprint {
        Fingerprint::of_body(body.as_bytes()).unwrap()
    }

    #[test]
    fn bare_and_quoted_are_the_same_key() {
        assert_eq!(
            IdempotencyKey::parse("abc"),
            IdempotencyKey::parse("\"abc\"")
        );
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
                IdempotencyKey::parse(text),
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
    fn zero_bytes_are_the_empty_object_and_white_space_is_not() {
        // printf '{}' | sha256sum
        let empty = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
        assert_eq!(fingerprint("").to_string(), empty);
        assert_eq!(fingerprint(" { } ").to_string(), empty);
        assert_eq!(
            Fingerprint::of_body(b" \n ").unwrap_err().to_string(),
            "the body is not valid JSON at line 2, column 1"
        );
    }

    #[test]
    fn a_body_without_a_fingerprint_says_why() {
        let refused = |body: &[u8]| Fingerprint::of_body(body).unwrap_err().to_string();
        assert_eq!(
            refused(b"{\"a\" 1}"),
            "the body is not valid JSON at line 1, column 6"
        );
        for body in ["[]", "null", "1", "\"{}\"", "true"] {
            assert_eq!(
                refused(body.as_bytes()),
                "the body is not a JSON object",
                "{body}"
            );
        }
        assert_eq!(
            refused(br#"{"a":[{"x":1,"\u0078":2}]}"#),
            "the body has the member \"x\" twice in one object"
        );
        assert!(Fingerprint::of_body(b"\xef\xbb\xbf{}").is_err());
    }

    proptest! {
        #[test]
        fn every_visible_text_survives_quoting(text in "[!-~]{1,255}") {
            let quoted = format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
            prop_assert_eq!(key(&quoted), Some(text));
        }

        #[test]
        fn parsing_never_panics(text in r#"\PC{0,20}|["\\;a ]{0,20}"#) {
            let _ = IdempotencyKey::parse(&text);
            let _ = Fingerprint::of_body(text.as_bytes());
        }
    }
}
