//! The request id: `X-Request-Id` of the request if it is valid, otherwise a new UUID.

use http::{HeaderName, HeaderValue, Request};
use tower_http::request_id::{MakeRequestId, RequestId};
use uuid::Uuid;

/// The header.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The maximum length of an id in bytes.
const MAX_LEN: usize = 128;

/// Makes an id (a UUID, version 7) for a request without one.
#[derive(Clone, Copy, Debug)]
pub struct NewRequestId;

impl MakeRequestId for NewRequestId {
    fn make_request_id<B>(&mut self, _: &Request<B>) -> Option<RequestId> {
        Some(RequestId::new(new()))
    }
}

/// A new id as a header value.
pub fn new() -> HeaderValue {
    // Hexadecimal digits and hyphens are visible ASCII.
    HeaderValue::try_from(Uuid::now_v7().to_string())
        .unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// Removes an id that is repeated, empty, longer than 128 bytes, or not visible ASCII: log lines
/// and responses contain it unchanged.
pub fn remove_invalid<B>(mut request: Request<B>) -> Request<B> {
    let mut values = request.headers().get_all(X_REQUEST_ID).iter();
    let is_valid = match (values.next(), values.next()) {
        (Some(id), None) => {
            (1..=MAX_LEN).contains(&id.len()) && id.as_bytes().iter().all(u8::is_ascii_graphic)
        }
        _ => false,
    };
    if !is_valid {
        request.headers_mut().remove(X_REQUEST_ID);
    }
    request
}
