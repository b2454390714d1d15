//! The `Host` of a request over HTTP/1.1: exactly one (RFC 9112 §3.2). Proxies that read another
//! one of two lines than the service does would send a request elsewhere than it is checked for.

use http::{Request, Version, header::HOST, uri::Authority};
use orders_api::{DecodeError, ErrorCode, ErrorPlace};

use super::failure::Failure;

/// Whether the request has the `Host` that its version of HTTP requires.
pub fn is_valid<B>(request: &Request<B>) -> bool {
    let mut values = request.headers().get_all(HOST).iter();
    match (values.next(), values.next()) {
        (Some(only), None) => {
            // Empty if the target has no authority.
            let is_authority = || Authority::try_from(only.as_bytes()).is_ok();
            let has_user = || only.as_bytes().contains(&b'@');
            only.is_empty() || is_authority() && !has_user()
        }
        (None, _) => request.version() != Version::HTTP_11,
        (Some(_), Some(_)) => false,
    }
}

/// Why a request without a valid `Host` is refused.
pub fn refusal() -> Failure {
    Failure::Decode(DecodeError::Invalid {
        code: ErrorCode::InvalidRequest,
        place: ErrorPlace::Header,
        name: Some("Host".into()),
        message: "Host is required once, and must name a host".to_owned(),
    })
}
