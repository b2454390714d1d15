// Generated from openapi.yaml by codegen/. Do not edit.

//! Writing responses.

use std::marker::PhantomData;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode, header::CONTENT_TYPE};
use http_body_util::Full;
use serde::Serialize;

/// A response with its whole body.
pub type Response = http::Response<Full<Bytes>>;

/// A `T` that was written as JSON earlier and is answered with these very bytes.
#[derive(Clone, Debug)]
pub struct Verbatim<T> {
    json: Bytes,
    of: PhantomData<fn() -> T>,
}

/// A response whose body is still to come.
pub(crate) struct Head(Response);

/// A JSON response.
pub fn json(status: StatusCode, body: &impl Serialize) -> Result<Response, serde_json::Error> {
    Head(empty(status)).json("application/json", body)
}

// === impl Verbatim ===

impl<T> Verbatim<T> {
    /// Takes bytes which the caller knows to be a `T`, since it wrote them.
    pub fn from_stored(json: impl Into<Bytes>) -> Self {
        Self {
            json: json.into(),
            of: PhantomData,
        }
    }
}

// === impl Head ===

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
    ) -> Result<Response, serde_json::Error> {
        self.text(media_type, serde_json::to_vec(&body)?.into())
    }

    pub(crate) fn verbatim<T>(
        self,
        media_type: &'static str,
        body: Verbatim<T>,
    ) -> Result<Response, serde_json::Error> {
        self.text(media_type, body.json)
    }

    pub(crate) fn text(
        mut self,
        media_type: &'static str,
        body: Bytes,
    ) -> Result<Response, serde_json::Error> {
        self.0
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
        *self.0.body_mut() = Full::new(body);
        Ok(self.0)
    }

    #[allow(dead_code)] // only where the contract has a response without a body
    pub(crate) fn empty(self) -> Result<Response, serde_json::Error> {
        Ok(self.0)
    }
}

fn empty(status: StatusCode) -> Response {
    let mut response = Response::default();
    *response.status_mut() = status;
    response
}
