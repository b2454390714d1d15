// Generated from openapi.yaml by codegen/. Do not edit.

//! Encoding of responses.

use std::{error::Error, fmt, marker::PhantomData};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode, header::CONTENT_TYPE};
use http_body_util::Full;
use serde::Serialize;

/// A response with its whole body.
pub type Response = http::Response<Full<Bytes>>;

/// The body of a response cannot be written as JSON; the source is the serializer's error.
#[derive(Debug)]
pub struct EncodeError(serde_json::Error);

/// The JSON of a `T` that was written earlier, sent byte for byte.
#[derive(Clone, Debug)]
pub struct Verbatim<T> {
    json: Bytes,
    of: PhantomData<fn() -> T>,
}

/// A response that has no body yet.
pub(crate) struct Head(Response);

/// A JSON response.
pub fn json(status: StatusCode, body: &impl Serialize) -> Result<Response, EncodeError> {
    Head(empty(status)).json("application/json", body)
}

// === impl EncodeError ===

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the response cannot be written as JSON")
    }
}

impl Error for EncodeError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

// === impl Verbatim ===

impl<T> Verbatim<T> {
    /// Takes the JSON of a `T`. It is not checked.
    pub fn from_stored(json: impl Into<Bytes>) -> Self {
        Self {
            json: json.into(),
            of: PhantomData,
        }
    }
}

// === impl Head ===

#[allow(dead_code)] // a contract need not have every kind of response
impl Head {
    pub(crate) fn new(code: u16) -> Self {
        Self(empty(
            StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        ))
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<HeaderValue>) -> Self {
        self.0
            .headers_mut()
            .insert(HeaderName::from_static(name), value.into());
        self
    }

    pub(crate) fn json(
        self,
        media_type: &'static str,
        body: impl Serialize,
    ) -> Result<Response, EncodeError> {
        self.text(
            media_type,
            serde_json::to_vec(&body).map_err(EncodeError)?.into(),
        )
    }

    pub(crate) fn verbatim<T>(
        self,
        media_type: &'static str,
        body: Verbatim<T>,
    ) -> Result<Response, EncodeError> {
        self.text(media_type, body.json)
    }

    pub(crate) fn text(
        mut self,
        media_type: &'static str,
        body: Bytes,
    ) -> Result<Response, EncodeError> {
        self.0
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
        *self.0.body_mut() = Full::new(body);
        Ok(self.0)
    }

    pub(crate) fn empty(self) -> Result<Response, EncodeError> {
        Ok(self.0)
    }
}

fn empty(status: StatusCode) -> Response {
    let mut response = Response::default();
    *response.status_mut() = status;
    response
}
