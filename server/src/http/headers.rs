//! Values of response headers.

use http::HeaderValue;
use orders_core::{order::OrderId, version::Version};

/// `ETag`: the version as a strong entity tag (RFC 9110 §8.8.3).
pub fn etag(version: Version) -> HeaderValue {
    value(version.etag())
}

/// `Location` of an order that `POST /orders` created: relative to the request, so that it holds
/// behind a path prefix (RFC 9110 §10.2.2, RFC 3986 §5.2).
pub fn location(id: OrderId) -> HeaderValue {
    value(format!("orders/{id}"))
}

/// Entity tags and paths of UUIDs are visible ASCII, which every header value may contain.
fn value(text: String) -> HeaderValue {
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}
