//! Cursors of lists of events: where the next page starts.

use std::str::FromStr;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use orders_core::{cursor::InvalidCursor, timestamp::Timestamp};

use crate::outbox::store::{EventRange, Position};

/// The maximum length of the text in bytes. That of the longest tenant id has 275.
const MAX_LEN: usize = 512;

/// A position, and the range that it belongs to. Core's cursor has no tenant, by which some ranges
/// are sorted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventCursor {
    range: String,
    position: Position,
}

// === impl EventCursor ===

impl EventCursor {
    /// The cursor of a position in a range.
    pub fn new(range: EventRange<'_>, position: Position) -> Self {
        Self {
            range: range.name().to_owned(),
            position,
        }
    }

    /// The position, if it is one in `range`.
    ///
    /// # Errors
    /// [`InvalidCursor`] for that of another range.
    pub fn position_in(self, range: EventRange<'_>) -> Result<Position, InvalidCursor> {
        if self.range == range.name() {
            Ok(self.position)
        } else {
            Err(InvalidCursor)
        }
    }

    /// Unpadded URL-safe Base64 (RFC 4648 §5) of a JSON array: range, tenant, microseconds, id.
    pub fn encode(&self) -> String {
        let Position { tenant_id, at, id } = &self.position;
        let json = serde_json::json!([self.range, tenant_id, at.unix_micros(), id.to_string()]);
        BASE64_URL_SAFE_NO_PAD.encode(json.to_string())
    }
}

impl FromStr for EventCursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        if text.len() > MAX_LEN {
            return Err(InvalidCursor);
        }
        let json = BASE64_URL_SAFE_NO_PAD
            .decode(text)
            .map_err(|_| InvalidCursor)?;
        let (range, tenant_id, micros, id): (_, String, i64, String) =
            serde_json::from_slice(&json).map_err(|_| InvalidCursor)?;
        if tenant_id.contains('\0') {
            return Err(InvalidCursor); // PostgreSQL refuses it in a text
        }
        Ok(Self {
            range,
            position: Position {
                tenant_id,
                at: Timestamp::from_unix_micros(micros).ok_or(InvalidCursor)?,
                id: id.parse().map_err(|_| InvalidCursor)?,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn cursor(tenant_id: &str) -> EventCursor {
        let position = Position {
            tenant_id: tenant_id.to_owned(),
            at: Timestamp::from_unix_micros(1_700_000_000_123_456).unwrap(),
            id: Uuid::from_u128(7),
        };
        EventCursor::new(EventRange::Waiting, position)
    }

    #[test]
    fn a_cursor_survives_the_round_trip() {
        for tenant in ["", "acme", &"m".repeat(128)] {
            let text = cursor(tenant).encode();
            assert!(text.len() <= MAX_LEN, "{}", text.len());
            assert_eq!(text.parse(), Ok(cursor(tenant)));
        }
    }

    #[test]
    fn a_cursor_belongs_to_one_range() {
        assert!(cursor("a").position_in(EventRange::Waiting).is_ok());
        for other in [EventRange::All, EventRange::Parked, EventRange::Published] {
            assert_eq!(cursor("a").position_in(other), Err(InvalidCursor));
        }
    }

    #[test]
    fn other_texts_are_refused() {
        let id = Uuid::nil();
        for json in [
            String::new(),
            "{}".to_owned(),
            format!(r#"["all","a",0,"{id}",1]"#),
            format!(r#"["all","a","0","{id}"]"#),
            format!(r#"["all","a",{},"{id}"]"#, i64::MAX),
            format!(r#"["all","\u0000",0,"{id}"]"#),
            r#"["all","a",0,"x"]"#.to_owned(),
        ] {
            let text = BASE64_URL_SAFE_NO_PAD.encode(&json);
            assert_eq!(text.parse::<EventCursor>(), Err(InvalidCursor), "{json}");
        }
        let good = cursor("a").encode();
        for bad in [format!("{good}="), "A".repeat(MAX_LEN + 1), "ä".to_owned()] {
            assert_eq!(bad.parse::<EventCursor>(), Err(InvalidCursor), "{bad}");
        }
    }
}
