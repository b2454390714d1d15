//! Cursors of `GET /orders`: where the next page starts.

use alloc::{format, string::String};
use core::str::FromStr;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use thiserror::Error;

use crate::{json::Value, limits::CURSOR_MAX_LEN, order::OrderId, timestamp::Timestamp};

/// The sort keys of a page's last order; the next page starts after it.
///
/// Orders are sorted by `created_at` and then `id`, both descending. `created_at` is exact to the
/// microsecond: a rounded one would repeat or skip orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// When the order was created.
    pub created_at: Timestamp,
    /// The order; decides between orders of the same microsecond.
    pub id: OrderId,
}

/// The text is not a [`Cursor`]. The message has no details, since cursors are opaque to clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be the nextCursor of an earlier page")]
pub struct InvalidCursor;

// === impl Cursor ===

impl Cursor {
    /// Unpadded URL-safe Base64 (RFC 4648 §5) of `{"ts":"…","id":"…"}`, 107 bytes.
    pub fn encode(&self) -> String {
        let Self { created_at, id } = self;
        BASE64_URL_SAFE_NO_PAD.encode(format!(r#"{{"ts":"{created_at}","id":"{id}"}}"#))
    }

    /// The inverse of [`encode`](Self::encode) after Base64. The members' order and white space are
    /// free, further members are not allowed.
    fn from_json(json: Value) -> Option<Self> {
        let Value::Object(members) = json else {
            return None;
        };
        let (ts, id) = match members.as_slice() {
            [(a, Value::String(ts)), (b, Value::String(id))] if a == "ts" && b == "id" => (ts, id),
            [(a, Value::String(id)), (b, Value::String(ts))] if a == "id" && b == "ts" => (ts, id),
            _ => return None,
        };
        Some(Self {
            created_at: ts.parse().ok()?,
            id: id.parse().ok()?,
        })
    }
}

/// Reads up to [`CURSOR_MAX_LEN`] bytes. The Base64 must be canonical, the JSON an object of
/// exactly `ts` and `id`.
impl FromStr for Cursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        if text.len() > CURSOR_MAX_LEN {
            return Err(InvalidCursor);
        }
        let json = BASE64_URL_SAFE_NO_PAD
            .decode(text)
            .map_err(|_| InvalidCursor)?;
        Value::parse(&json)
            .ok()
            .and_then(Self::from_json)
            .ok_or(InvalidCursor)
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    const TS: &str = "2024-02-29T12:00:00.000001Z";
    const ID: &str = "018f6b1c-7d3e-7c4a-9b21-0123456789ab";

    fn cursor() -> Cursor {
        Cursor {
            created_at: TS.parse().unwrap(),
            id: ID.parse().unwrap(),
        }
    }

    fn decode(json: impl AsRef<[u8]>) -> Result<Cursor, InvalidCursor> {
        BASE64_URL_SAFE_NO_PAD.encode(json).parse()
    }

    #[test]
    fn the_wire_form_is_fixed() {
        let json = BASE64_URL_SAFE_NO_PAD.decode(cursor().encode()).unwrap();
        assert_eq!(
            String::from_utf8(json).unwrap(),
            format!(r#"{{"ts":"{TS}","id":"{ID}"}}"#)
        );
        assert_eq!(cursor().encode().len(), 107);
    }

    #[test]
    fn member_order_white_space_offset_and_case_are_free() {
        let upper = ID.to_uppercase();
        for json in [
            format!(r#"{{"id":"{ID}","ts":"{TS}"}}"#),
            format!(r#"{{"ts":"{TS}","id":"{upper}"}}"#),
            format!("\t{{ \"ts\" : \"{TS}\",\r\n \"id\" : \"{ID}\" }} "),
            format!(r#"{{"ts":"2024-02-29T13:00:00.000001+01:00","\u0069d":"{ID}"}}"#),
        ] {
            assert_eq!(decode(&json), Ok(cursor()), "{json}");
        }
    }

    #[test]
    fn other_json_is_refused() {
        let simple = ID.replace('-', "");
        for json in [
            format!(r#"{{"ts":"{TS}"}}"#),
            format!(r#"{{"ts":"{TS}","ts":"{TS}"}}"#),
            format!(r#"{{"ts":"{TS}","id":"{ID}","id":"{ID}"}}"#),
            format!(r#"{{"ts":"{TS}","id":"{ID}","x":1}}"#),
            format!(r#"{{"ts":"{TS}","id":null}}"#),
            format!(r#"{{"ts":0,"id":"{ID}"}}"#),
            format!(r#"{{"ts":"{TS}","id":"{simple}"}}"#),
            format!(r#"{{"ts":"{TS}","id":"{{{ID}}}"}}"#),
            format!(r#"{{"ts":"{TS}","id":"urn:uuid:{ID}"}}"#),
            format!(r#"{{"ts":"9999-12-31T23:59:59-01:00","id":"{ID}"}}"#),
            format!(r#"{{"ts":"2024-02-29T12:00:00.0000001Z","id":"{ID}"}}"#),
            format!(r#"["{TS}","{ID}"]"#),
            String::new(),
        ] {
            assert_eq!(decode(&json), Err(InvalidCursor), "{json}");
        }
    }

    #[test]
    fn base64_must_be_canonical() {
        let good = cursor().encode();
        // 107 characters leave two spare bits in the last one, which must be zero.
        let (head, last) = good.split_at(good.len() - 1);
        let spare = char::from(last.as_bytes()[0] + 1);
        for bad in [
            format!("{good}="),
            format!(" {good}"),
            format!("{head}{spare}"),
            head.into(),
        ] {
            assert_eq!(bad.parse::<Cursor>(), Err(InvalidCursor), "{bad}");
        }
    }

    #[test]
    fn size_is_judged_first() {
        let padded = |spaces| format!(r#"{{"ts":"{TS}","id":"{ID}"{}}}"#, " ".repeat(spaces));
        assert_eq!(decode(padded(112)), Ok(cursor()));
        assert_eq!(decode(padded(113)), Err(InvalidCursor));
    }

    fn cursors() -> impl Strategy<Value = Cursor> {
        let range = Timestamp::MIN.unix_micros()..=Timestamp::MAX.unix_micros();
        (range, any::<u128>()).prop_map(|(micros, id)| Cursor {
            created_at: Timestamp::from_unix_micros(micros).unwrap(),
            id: OrderId::new(Uuid::from_u128(id)),
        })
    }

    proptest! {
        #[test]
        fn a_cursor_survives_the_round_trip(cursor in cursors()) {
            prop_assert_eq!(cursor.encode().parse(), Ok(cursor));
        }

        #[test]
        fn decoding_never_panics(text: String, bytes: Vec<u8>) {
            let _ = text.parse::<Cursor>();
            let _ = decode(&bytes);
        }

        #[test]
        fn a_mutated_cursor_is_refused_or_still_a_cursor(
            cursor in cursors(), at in 0..80usize, byte: u8, keep in 0..=80usize,
        ) {
            let mut json = BASE64_URL_SAFE_NO_PAD.decode(cursor.encode()).unwrap();
            json[at] = byte;
            json.truncate(keep);
            if let Ok(read) = decode(&json) {
                prop_assert_eq!(read.encode().parse(), Ok(read));
            }
        }
    }
}
