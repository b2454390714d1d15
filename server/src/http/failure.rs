//! The one table of errors: what went wrong → status, code, message, details. Public text, private
//! cause.

use std::borrow::Cow;

use http::{
    HeaderValue, StatusCode,
    header::{ALLOW, ETAG, HeaderName, RETRY_AFTER},
};
use orders_api::{
    ApiError, ConflictReason, DecodeError, EncodeError, ErrorCode, ErrorDetails, OrderStatus,
    Response, json,
};
use orders_core::order::{Refusal, Snapshot};
use tower_http::timeout::TimeoutError;
use tracing::{error, warn};

use super::headers;
use crate::{
    db::DbError,
    error_chain::Chain,
    health,
    orders::{self, representation},
};

/// Everything that can go wrong with a request.
#[derive(Debug)]
pub enum Failure {
    /// The contract refuses the request.
    Decode(DecodeError),
    /// The response cannot be written.
    Encode(EncodeError),
    /// hyper could not make sense of the request's head.
    Malformed,
    /// The use case was not done.
    Orders(orders::Error),
    /// The service should get no traffic at the moment.
    NotReady(health::NotReady),
    /// There is no capacity, or no time left.
    Overloaded(&'static str),
    /// A handler panicked.
    Panic,
}

/// What the client is told.
struct Answer {
    code: ErrorCode,
    message: Cow<'static, str>,
    details: Option<ErrorDetails>,
    header: Option<(HeaderName, HeaderValue)>,
}

// === impl Failure ===

impl Failure {
    /// A database outage is worth a line each time it turns a client away; a fault of ours all the
    /// more.
    fn log(&self) {
        match self {
            Self::Encode(cause) => error!("{}", Chain(cause)),
            Self::Orders(orders::Error::Database(DbError::Unavailable(cause))) => {
                warn!("the database is unavailable: {}", Chain(cause.as_ref()));
            }
            Self::Orders(
                cause @ (orders::Error::Database(_)
                | orders::Error::Corrupt(_)
                | orders::Error::Panicked),
            ) => {
                error!("{}", Chain(cause));
            }
            Self::NotReady(cause) => warn!("not ready: {}", Chain(cause)),
            Self::Overloaded(why) => warn!("turned away: {why}"),
            // A panic has had its line when it happened.
            Self::Decode(_) | Self::Malformed | Self::Orders(_) | Self::Panic => {}
        }
    }

    fn answer(self) -> Answer {
        match self {
            Self::Decode(error) => not_decoded(error),
            Self::Encode(_) => internal(),
            Self::Malformed => {
                Answer::new(ErrorCode::InvalidRequest, "the request is not valid HTTP")
            }
            Self::Orders(error) => failed(error),
            Self::NotReady(_) | Self::Overloaded(_) => overloaded(),
            Self::Panic => internal(),
        }
    }
}

fn not_decoded(error: DecodeError) -> Answer {
    match error {
        DecodeError::NoRoute => Answer::new(ErrorCode::NotFound, "no such route"),
        DecodeError::NoMethod { allow } => Answer {
            header: HeaderValue::try_from(allow)
                .ok()
                .map(|allow| (ALLOW, allow)),
            ..Answer::new(
                ErrorCode::MethodNotAllowed,
                "this path does not have this method",
            )
        },
        DecodeError::Invalid {
            code,
            place,
            name,
            message,
        } => {
            let details = ErrorDetails {
                r_in: Some(place),
                name: name.map(Cow::into_owned),
                ..no_details()
            };
            Answer {
                details: Some(details),
                ..Answer::new(code, message)
            }
        }
        DecodeError::MediaType => Answer::new(
            ErrorCode::UnsupportedMediaType,
            "the body must be application/json",
        ),
        DecodeError::TooLarge => Answer::new(ErrorCode::PayloadTooLarge, "the body is too large"),
        DecodeError::Unreadable(cause) if cause.is::<TimeoutError>() => overloaded(),
        DecodeError::Unreadable(_) => {
            Answer::new(ErrorCode::InvalidRequest, "the body did not arrive whole")
        }
    }
}

fn failed(error: orders::Error) -> Answer {
    match error {
        orders::Error::NotFound => Answer::new(ErrorCode::NotFound, "no such order"),
        orders::Error::Refused(refusal) => refused(refusal),
        orders::Error::KeyReused => {
            Answer::conflict(error.to_string(), ConflictReason::IdempotencyKeyReused)
        }
        orders::Error::InProgress => Answer {
            header: Some(RETRY_SOON),
            ..Answer::conflict(error.to_string(), ConflictReason::RequestInProgress)
        },
        orders::Error::Contended
        | orders::Error::QueueFull
        | orders::Error::Database(
            DbError::Unavailable(_) | DbError::StatementTimeout(_) | DbError::LockTimeout(_),
        ) => overloaded(),
        orders::Error::Database(DbError::Fault(_))
        | orders::Error::Corrupt(_)
        | orders::Error::Panicked => internal(),
    }
}

fn refused(refusal: Refusal) -> Answer {
    let message = refusal.to_string();
    let (reason, expected, Snapshot { status, version }) = match refusal {
        Refusal::StaleVersion { expected, current } => {
            (ConflictReason::StaleVersion, expected, current)
        }
        Refusal::InvalidTransition { current, .. } => {
            (ConflictReason::InvalidTransition, None, current)
        }
    };
    Answer {
        details: Some(ErrorDetails {
            reason: Some(reason),
            expected_version: expected.map(|version| version.get()),
            current_version: Some(version.get()),
            current_status: Some(representation::status(status)),
            ..no_details()
        }),
        header: Some((ETAG, headers::etag(version))),
        ..Answer::new(ErrorCode::Conflict, message)
    }
}

fn overloaded() -> Answer {
    Answer {
        header: Some(RETRY_SOON),
        ..Answer::new(
            ErrorCode::Overloaded,
            "the service cannot answer now, try again",
        )
    }
}

fn internal() -> Answer {
    Answer::new(ErrorCode::Internal, "internal error")
}

/// Each code has one status; the contract lists them.
const fn status(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::InvalidRequest | ErrorCode::InvalidCursor => StatusCode::BAD_REQUEST,
        ErrorCode::NotFound => StatusCode::NOT_FOUND,
        ErrorCode::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        ErrorCode::Conflict => StatusCode::CONFLICT,
        ErrorCode::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorCode::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ErrorCode::PreconditionRequired => StatusCode::PRECONDITION_REQUIRED,
        ErrorCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        ErrorCode::Overloaded => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// After a second (RFC 9110 §10.2.3).
const RETRY_SOON: (HeaderName, HeaderValue) = (RETRY_AFTER, HeaderValue::from_static("1"));

// === impl Answer ===

impl Answer {
    fn new(code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            message: message.into(),
            details: None,
            header: None,
        }
    }

    fn conflict(message: String, reason: ConflictReason) -> Self {
        let details = ErrorDetails {
            reason: Some(reason),
            ..no_details()
        };
        Self {
            details: Some(details),
            ..Self::new(ErrorCode::Conflict, message)
        }
    }
}

const fn no_details() -> ErrorDetails {
    ErrorDetails {
        r_in: None,
        name: None,
        reason: None,
        expected_version: None,
        current_version: None,
        current_status: None::<OrderStatus>,
    }
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

impl From<orders::Error> for Failure {
    fn from(error: orders::Error) -> Self {
        Self::Orders(error)
    }
}

impl From<Failure> for Response {
    fn from(failure: Failure) -> Self {
        failure.log();
        let Answer {
            code,
            message,
            details,
            header,
        } = failure.answer();
        let body = ApiError {
            code,
            message: message.into_owned(),
            details,
        };
        // Strings, numbers and names: there is nothing in an error that JSON cannot hold.
        let mut response = json(status(code), &body).unwrap_or_default();
        response.headers_mut().extend(header);
        response
    }
}
