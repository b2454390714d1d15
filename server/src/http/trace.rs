//! A span and a line for each request, and the W3C trace context it belongs to.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, Request, Response};
use orders_api::Operation;
use tracing::{Span, debug, field, info_span};

use super::request_id;

/// The span of a request. Lines written inside it carry its fields.
pub fn span<B>(request: &Request<B>) -> Span {
    let headers = request.headers();
    let text = |value: Option<&HeaderValue>| {
        value
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned)
    };
    let request_id = text(headers.get(request_id::NAME)).unwrap_or_default();
    let span = info_span!("request", request_id, method = %request.method(), path = request.uri().path(), trace_id = field::Empty);
    if let Some((_, trace_id)) = trace_parent(headers) {
        span.record("trace_id", trace_id);
    }
    span
}

/// The line of a request, when its answer is known.
pub fn line<B>(response: &Response<B>, latency: Duration, _: &Span) {
    let operation = response
        .extensions()
        .get::<Operation>()
        .map_or("-", |operation| operation.0);
    debug!(
        status = response.status().as_u16(),
        operation,
        latency_us = latency.as_micros() as u64,
        "answered"
    );
}

/// What a request says of the trace it is part of, and the trace's id: `traceparent` (W3C Trace
/// Context §3.2), if there is exactly one and it is well-formed.
pub fn trace_parent(headers: &HeaderMap) -> Option<(&str, &str)> {
    let mut values = headers.get_all("traceparent").iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return None;
    };
    let whole = value.to_str().ok()?;
    let mut fields = whole.split('-');
    let (version, trace_id, parent_id, flags) = (
        fields.next()?,
        fields.next()?,
        fields.next()?,
        fields.next()?,
    );
    let hex = |field: &str, len| {
        field.len() == len
            && field
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let zero = |field: &str| field.bytes().all(|byte| byte == b'0');
    let future = version != "00"; // later versions may append fields
    let well_formed = hex(version, 2)
        && version != "ff"
        && hex(trace_id, 32)
        && hex(parent_id, 16)
        && hex(flags, 2);
    (well_formed && !zero(trace_id) && !zero(parent_id) && (future || fields.next().is_none()))
        .then_some((whole, trace_id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(traceparent: &'static str) -> Option<String> {
        let headers = HeaderMap::from_iter([(
            http::HeaderName::from_static("traceparent"),
            HeaderValue::from_static(traceparent),
        )]);
        let (whole, trace_id) = trace_parent(&headers)?;
        assert_eq!(whole, traceparent);
        Some(trace_id.to_owned())
    }

    #[test]
    fn a_well_formed_trace_is_continued_and_another_is_not() {
        let id = "4bf92f3577b34da6a3ce929d0e0e4736";
        assert_eq!(
            of("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").as_deref(),
            Some(id)
        );
        assert_eq!(
            of("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more").as_deref(),
            Some(id)
        );
        for malformed in [
            "",
            "00",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ] {
            assert_eq!(of(malformed), None, "{malformed}");
        }
    }
}
