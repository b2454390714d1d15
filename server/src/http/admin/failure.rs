//! The table of errors of the outbox: each [`Failure`] with its code, message, details and header.
//!
//! Failures that the operations of `openapi.yaml` have as well are rows of
//! [`http/failure.rs`](crate::http::Failure): both contracts have the same error responses.

use std::borrow::Cow;

use http::{HeaderMap, HeaderValue, StatusCode, header::ALLOW};
use orders_admin_api::{
    ApiError, ConflictReason, DecodeError, EncodeError, ErrorCode, ErrorDetails, ErrorPlace,
    EventState, Response, json,
};
use tracing::error;

use crate::{error_chain::Chain, http::failure, outbox::events::EventsError};

/// The cause of an error response.
#[derive(Debug)]
pub enum Failure {
    /// The contract refuses the request.
    Decode(DecodeError),
    /// The response does not fit the contract.
    Encode(EncodeError),
    /// The use case failed.
    Events(EventsError),
    /// A web page whose origin is not allowed has sent the request.
    ForeignPage,
    /// `Host` is missing or repeated, or a name.
    ForeignHost,
}

const NO_DETAILS: ErrorDetails = ErrorDetails {
    r_in: None,
    name: None,
    reason: None,
    current_state: None::<EventState>,
};

// === the table ===

/// Logs the failure if it is a fault, and writes its response.
impl From<Failure> for Response {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Decode(error) => decode(error),
            Failure::Encode(error) => {
                error!("{}", Chain(&error));
                respond(ErrorCode::Internal, "internal error", None)
            }
            Failure::Events(error) => events(error),
            Failure::ForeignPage => respond(
                ErrorCode::Forbidden,
                "web pages of this origin are not allowed (--admin-allow-origin)",
                None,
            ),
            Failure::ForeignHost => respond(
                ErrorCode::Forbidden,
                "Host must be an IP address or localhost",
                None,
            ),
        }
    }
}

fn decode(error: DecodeError) -> Response {
    match error {
        DecodeError::NoRoute => respond(ErrorCode::NotFound, "no such route", None),
        DecodeError::NoMethod { allow } => {
            let mut response = respond(
                ErrorCode::MethodNotAllowed,
                "this path does not have this method",
                None,
            );
            let allow = HeaderValue::try_from(allow)
                .ok()
                .map(|allow| (ALLOW, allow));
            response
                .headers_mut()
                .extend(allow.into_iter().collect::<HeaderMap>());
            response
        }
        DecodeError::Invalid {
            code,
            place,
            name,
            message,
        } => {
            let details = ErrorDetails {
                r_in: Some(place),
                name: name.map(Cow::into_owned),
                ..NO_DETAILS
            };
            respond(code, message, Some(details))
        }
    }
}

fn events(error: EventsError) -> Response {
    let message = error.to_string();
    let of_query = |name: &str| ErrorDetails {
        r_in: Some(ErrorPlace::Query),
        name: Some(name.to_owned()),
        ..NO_DETAILS
    };
    let (code, details) = match error {
        EventsError::OrderWithoutTenant => (ErrorCode::InvalidRequest, Some(of_query("orderId"))),
        EventsError::InvalidCursor(_) => (ErrorCode::InvalidCursor, Some(of_query("cursor"))),
        EventsError::NotFound => (ErrorCode::NotFound, None),
        EventsError::NotParked(state) => {
            let details = ErrorDetails {
                reason: Some(ConflictReason::NotParked),
                current_state: Some(state),
                ..NO_DETAILS
            };
            (ErrorCode::Conflict, Some(details))
        }
        EventsError::Database(error) => return failure::Failure::Database(error).into(),
    };
    respond(code, message, details)
}

/// The status of each code, as the contract lists them.
const fn status(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::InvalidRequest | ErrorCode::InvalidCursor => StatusCode::BAD_REQUEST,
        ErrorCode::Forbidden => StatusCode::FORBIDDEN,
        ErrorCode::NotFound => StatusCode::NOT_FOUND,
        ErrorCode::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        ErrorCode::Conflict => StatusCode::CONFLICT,
        ErrorCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        ErrorCode::Overloaded => StatusCode::SERVICE_UNAVAILABLE,
    }
}

fn respond(code: ErrorCode, message: impl Into<String>, details: Option<ErrorDetails>) -> Response {
    let body = ApiError {
        code,
        message: message.into(),
        details,
    };
    // JSON can represent every `ApiError`: it consists of strings and enumerations.
    json(status(code), &body).unwrap_or_default()
}

// === conversions ===

impl From<DecodeError> for Failure {
    fn from(error: DecodeError) -> Self {
        Self::Decode(error)
    }
}

impl From<EncodeError> for Failure {
    fn from(error: EncodeError) -> Self {
        Self::Encode(error)
    }
}

impl From<EventsError> for Failure {
    fn from(error: EventsError) -> Self {
        Self::Events(error)
    }
}
