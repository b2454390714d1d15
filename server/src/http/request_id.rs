//! `X-Request-Id`: the client's if it is fit for a log line, else a new one.

use http::{HeaderName, HeaderValue, Request};
use tower_http::request_id::{MakeRequestId, RequestId};
use uuid::Uuid;

/// The header.
pub const NAME: HeaderName = HeaderName::from_static("x-request-id");

/// Longer ones are not worth a log line.
const MAX_LEN: usize = 128;

/// Makes an id where the client sent none.
#[derive(Clone, Copy, Debug)]
pub struct Make;

impl MakeRequestId for Make {
    fn make_request_id<B>(&mut self, _: &Request<B>) -> Option<RequestId> {
        HeaderValue::try_from(Uuid::now_v7().to_string())
            .ok()
            .map(RequestId::new)
    }
}

/// Drops an id that is repeated, empty, too long or not visible ASCII: it would be copied to logs
/// and answers as it is.
pub fn keep_if_fit<B>(mut request: Request<B>) -> Request<B> {
    let mut sent = request.headers().get_all(NAME).iter();
    let fit = match (sent.next(), sent.next()) {
        (Some(id), None) => {
            (1..=MAX_LEN).contains(&id.len()) && id.as_bytes().iter().all(u8::is_ascii_graphic)
        }
        _ => false,
    };
    if !fit {
        request.headers_mut().remove(NAME);
    }
    request
}
