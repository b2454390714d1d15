//! What a receiver's response means for the event.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderValue, StatusCode, header::RETRY_AFTER};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use thiserror::Error;
use tokio::time::timeout;

use crate::outbox::publisher::DeliveryError;

/// A longer `Retry-After` is shortened, so that one wrong header cannot stop events for days.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(10 * 60);

/// A body is read so that the connection can be reused. A longer one costs a new connection.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// A slower body costs a new connection as well; the status is already known.
const MAX_BODY_TIME: Duration = Duration::from_secs(1);

/// The receiver has not accepted the event.
#[derive(Debug, Error)]
#[error("the receiver responded {0}")]
struct ErrorStatus(StatusCode);

/// 2xx acknowledges the event, and 410 refuses it permanently. 429 and 503 with `Retry-After` mean
/// that the receiver is unavailable until then. 408, 429 and 5xx are ambiguous: this event may be
/// what makes the receiver fail, and then it has to be parked in the end. Every other status is
/// retryable, redirects included, because they are not followed.
pub fn result(status: StatusCode, retry_after: Option<Duration>) -> Result<(), DeliveryError> {
    let cause = ErrorStatus(status);
    match status {
        status if status.is_success() => Ok(()),
        StatusCode::GONE => Err(DeliveryError::permanent(cause)),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
            if retry_after.is_some() =>
        {
            Err(DeliveryError::unavailable(retry_after, cause))
        }
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
            Err(DeliveryError::ambiguous(retry_after, cause))
        }
        status if status.is_server_error() => Err(DeliveryError::ambiguous(retry_after, cause)),
        _ => Err(DeliveryError::retryable(retry_after, cause)),
    }
}

/// `Retry-After` in seconds or as a date (RFC 9110 §10.2.3), at most 10 minutes. A date in the past
/// is zero.
pub fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER).map(HeaderValue::to_str)?.ok()?;
    let pause = match text.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => httpdate::parse_http_date(text)
            .ok()?
            .duration_since(now)
            .unwrap_or_default(),
    };
    Some(pause.min(MAX_RETRY_AFTER))
}

/// Reads the body and ignores it.
pub async fn drain(body: Incoming) {
    let rest = Limited::new(body, MAX_BODY_BYTES).collect();
    let _ = timeout(MAX_BODY_TIME, rest).await; // a failure costs only the connection
}
