//! The body limit: bounds the size of a request body.

use bytes::Bytes;
use http_body::Body;
use http_body_util::{Either, Full, Limited};

/// A body of at most `limit` bytes.
pub type LimitedBody<B> = Limited<Either<B, Full<Bytes>>>;

/// Limits a body to `limit` bytes. Beyond it, reading fails with
/// [`LengthLimitError`](http_body_util::LengthLimitError), which becomes 413.
///
/// A body whose `Content-Length` exceeds the limit fails before it is read, so that a client that
/// waits for `100 Continue` sends none of it.
pub fn limit_body<B: Body<Data = Bytes>>(body: B, limit: usize) -> LimitedBody<B> {
    if body.size_hint().lower() > limit as u64 {
        // A body that exceeds its limit at the first byte.
        return Limited::new(Either::Right(Full::from("x")), 0);
    }
    Limited::new(Either::Left(body), limit)
}

#[cfg(test)]
mod tests {
    use http_body_util::{BodyExt, LengthLimitError, StreamBody};

    use super::*;

    /// Whether a body is read whole.
    async fn is_read<B>(body: B, limit: usize) -> bool
    where
        B: Body<Data = Bytes> + Unpin,
        B::Error: Into<tower::BoxError>,
    {
        match limit_body(body, limit).collect().await {
            Ok(_) => true,
            Err(error) => {
                assert!(error.is::<LengthLimitError>(), "{error}");
                false
            }
        }
    }

    fn of_unknown_length(text: &'static str) -> impl Body<Data = Bytes, Error = tower::BoxError> {
        let frame = http_body::Frame::data(Bytes::from(text));
        StreamBody::new(futures_util::stream::iter([Ok(frame)]))
    }

    #[tokio::test]
    async fn a_body_of_exactly_the_limit_is_read_and_one_byte_more_is_not() {
        assert!(is_read(Full::from("four"), 4).await);
        assert!(!is_read(Full::from("four"), 3).await);
        assert!(is_read(of_unknown_length("four"), 4).await);
        assert!(!is_read(of_unknown_length("four"), 3).await);
        assert!(is_read(Full::from(""), 0).await);
    }
}
