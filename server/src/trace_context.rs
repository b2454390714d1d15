//! The W3C trace context of a request: the `traceparent` header.
//!
//! The service writes the trace id into the log lines of the request, and passes the header on with
//! the events that the request causes. With [`traces`](crate::traces), spans of this process stand
//! between the caller's and those of the receiver.

use std::str::FromStr;

use http::{HeaderMap, HeaderName};
use thiserror::Error;

/// The bytes of the fields that version 00 has.
const LENGTH: usize = 55;

/// The header with the parent (W3C Trace Context §3.2).
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The header with data of the tracing systems that the trace has passed (W3C Trace Context §3.3).
pub const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// A well-formed `traceparent` (W3C Trace Context §3.2.2): `version-trace_id-parent_id-flags` in
/// lowercase hexadecimal digits, 55 bytes. A version later than 00 may append fields of any length,
/// whose meaning this service does not know: they are cut off (§4.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceParent(String);

/// The text is no well-formed `traceparent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be a traceparent as W3C Trace Context defines it")]
pub struct TraceParentError;

// === impl TraceParent ===

impl TraceParent {
    /// The `traceparent` of a request. `None` if the header is missing, repeated or malformed: such
    /// a request starts a new trace and does not fail (W3C Trace Context §3.2).
    pub fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(TRACEPARENT).iter();
        match (values.next(), values.next()) {
            (Some(value), None) => value.to_str().ok()?.parse().ok(),
            _ => None,
        }
    }

    /// The header's value.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id of the trace: 32 lowercase hexadecimal digits.
    pub fn trace_id(&self) -> &str {
        self.0.split('-').nth(1).unwrap_or_default() // `FromStr` has found four fields
    }

    /// The id of the parent span: 16 lowercase hexadecimal digits.
    pub fn parent_id(&self) -> &str {
        self.0.split('-').nth(2).unwrap_or_default() // as above
    }
}

impl FromStr for TraceParent {
    type Err = TraceParentError;

    fn from_str(text: &str) -> Result<Self, TraceParentError> {
        match text.split_at_checked(LENGTH) {
            Some((known, more)) if is_well_formed(known, more) => Ok(Self(known.to_owned())),
            _ => Err(TraceParentError),
        }
    }
}

/// Judges the known fields, and what follows them.
fn is_well_formed(known: &str, more: &str) -> bool {
    let mut fields = known.split('-');
    let (Some(version), Some(trace_id), Some(parent_id), Some(flags)) =
        (fields.next(), fields.next(), fields.next(), fields.next())
    else {
        return false;
    };
    is_hex(version, 2)
        && version != "ff"
        && is_hex(trace_id, 32)
        && !is_zero(trace_id)
        && is_hex(parent_id, 16)
        && !is_zero(parent_id)
        && is_hex(flags, 2)
        && (more.is_empty() || version != "00" && more.starts_with('-'))
}

fn is_hex(field: &str, length: usize) -> bool {
    let is_digit = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    field.len() == length && field.bytes().all(is_digit)
}

fn is_zero(field: &str) -> bool {
    field.bytes().all(|byte| byte == b'0')
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const TRACE_ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const WELL_FORMED: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn headers(values: &[&'static str]) -> HeaderMap {
        values
            .iter()
            .map(|value| (TRACEPARENT, HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn the_known_fields_of_a_well_formed_header_are_kept() {
        let later = WELL_FORMED.replacen("00", "cc", 1);
        let longer = format!("{later}-{}", "x".repeat(70_000));
        for (text, kept) in [
            (WELL_FORMED, WELL_FORMED),
            (&later, &later),
            (&longer, &later),
        ] {
            let parent: TraceParent = text.parse().unwrap();
            assert_eq!(parent.as_str(), kept);
            assert_eq!(parent.trace_id(), TRACE_ID);
        }
    }

    #[test]
    fn a_malformed_header_is_refused() {
        for malformed in [
            "",
            "00",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01more",
            "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0é",
        ] {
            assert_eq!(
                malformed.parse::<TraceParent>(),
                Err(TraceParentError),
                "{malformed}"
            );
        }
    }

    #[test]
    fn a_missing_or_repeated_header_starts_a_new_trace() {
        assert_eq!(TraceParent::from_headers(&headers(&[])), None);
        let repeated = headers(&[WELL_FORMED, WELL_FORMED]);
        assert_eq!(TraceParent::from_headers(&repeated), None);
    }
}
