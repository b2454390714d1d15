//! Opaque cursors. Decoding trusts nothing; encoding cannot fail.

use alloc::{format, string::String};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use thiserror::Error;
use uuid::Uuid;

use crate::{json::Value, limits::CURSOR_MAX_LEN, order::parse_id, timestamp::Timestamp};

/// The last order of a page; the next page starts right behind it.
///
/// Both sort keys are in it (the contract: `created_at DESC, id DESC`), exact to the microsecond:
/// a rounded timestamp would repeat or skip the orders of that moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// When the order was created.
    pub created_at: Timestamp,
    /// Breaks the tie between orders of the same microsecond.
    pub id: Uuid,
}

/// The text is no cursor. Deliberately says no more: cursors are opaque to clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a cursor of this API")]
pub struct InvalidCursor;

// === impl Cursor ===

impl Cursor {
    /// Unpadded URL-safe Base64 (RFC 4648 §5) of `{"ts":"…","id":"…"}` (the contract).
    /// O(1); never panics.
    pub fn encode(&self) -> String {
        let Self { created_at, id } = self;
        BASE64_URL_SAFE_NO_PAD.encode(format!(r#"{{"ts":"{created_at}","id":"{id}"}}"#))
    }

    /// Reads a cursor, whoever wrote it: the Base64 must be canonical, the JSON an object of
    /// exactly `ts` and `id`; their order and the white space are free. O(1), because longer
    /// texts than [`CURSOR_MAX_LEN`] are not looked at; never panics.
    ///
    /// # Errors
    /// [`InvalidCursor`] for anything else; the contract makes that a 400, never page 1.
    pub fn decode(text: &str) -> Result<Self, InvalidCursor> {
        if text.len() > CURSOR_MAX_LEN {
            return Err(InvalidCursor);
        }
        let json = BASE64_URL_SAFE_NO_PAD
            .decode(text)
            .map_err(|_| InvalidCursor)?;
        Value::parse(&json)
            .ok()
            .and_then(from_json)
            .ok_or(InvalidCursor)
    }
}

/// The only place that knows how a cursor is spelt in JSON, apart from `encode`. O(1); never
/// panics.
fn from_json(json: Value) -> Option<Cursor> {
    let Value::Object(members) = json else {
        return None;
    };
    let (ts, id) = match members.as_slice() {
        [(a, Value::String(ts)), (b, Value::String(id))] if a == "ts" && b == "id" => (ts, id),
        [(a, Value::String(id)), (b, Value::String(ts))] if a == "id" && b == "ts" => (ts, id),
        _ => return None,
    };
    Some(Cursor {
        created_at: Timestamp::parse(ts).ok()?,
        id: parse_id(id).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use proptest::prelude::*;

    use super::*;

    const TS: &str = "2024-02-29T12:00:00.000001Z";
    const ID: &str = "018f6b1c-7d3e-7c4a-9b21-0123456789ab";

    fn cursor() -> Cursor {
        Cursor {
            created_at: Timestamp::parse(TS).unwrap(),
            id: Uuid::try_parse(ID).unwrap(),
        }
    }

    fn decode_json(json: &str) -> Result<Cursor, InvalidCursor> {
        Cursor::decode(&BASE64_URL_SAFE_NO_PAD.encode(json))
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
            assert_eq!(decode_json(&json), Ok(cursor()), "{json}");
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
            assert_eq!(decode_json(&json), Err(InvalidCursor), "{json}");
        }
    }

    #[test]
    fn base64_has_one_spelling() {
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
            assert_eq!(Cursor::decode(&bad), Err(InvalidCursor), "{bad}");
        }
    }

    #[test]
    fn size_is_judged_first() {
        let padded = |spaces| format!(r#"{{"ts":"{TS}","id":"{ID}"{}}}"#, " ".repeat(spaces));
        assert_eq!(decode_json(&padded(112)), Ok(cursor()));
        assert_eq!(decode_json(&padded(113)), Err(InvalidCursor));
    }

    fn cursors() -> impl Strategy<Value = Cursor> {
        let range = Timestamp::MIN.unix_micros()..=Timestamp::MAX.unix_micros();
        (range, any::<u128>()).prop_map(|(micros, id)| Cursor {
            created_at: Timestamp::from_unix_micros(micros).unwrap(),
            id: Uuid::from_u128(id),
        })
    }

    proptest! {
        #[test]
        fn a_cursor_survives_the_round_trip(cursor in cursors()) {
            prop_assert_eq!(Cursor::decode(&cursor.encode()), Ok(cursor));
        }

        #[test]
        fn decoding_never_panics(text: String, bytes: Vec<u8>) {
            let _ = Cursor::decode(&text);
            let _ = Cursor::decode(&BASE64_URL_SAFE_NO_PAD.encode(bytes));
        }

        #[test]
        fn a_mutated_cursor_is_refused_or_still_a_cursor(
            cursor in cursors(), at in 0..80usize, byte: u8, keep in 0..=80usize,
        ) {
            let mut json = BASE64_URL_SAFE_NO_PAD.decode(cursor.encode()).unwrap();
            json[at] = byte;
            json.truncate(keep);
            if let Ok(read) = Cursor::decode(&BASE64_URL_SAFE_NO_PAD.encode(json)) {
                prop_assert_eq!(Cursor::decode(&read.encode()), Ok(read));
            }
        }
    }
}
