//! The one table of errors: each [`Failure`] with its code, message, details, header and log level.
//!
//! Every error response of the service is written here. Its text is public; the cause is private
//! and goes to the log.

use std::{borrow::Cow, error::Error, fmt::Display};

use http::{
    HeaderValue, StatusCode,
    header::{ACCEPT_ENCODING, ALLOW, ETAG, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE},
};
use orders_api::{
    ApiError, ConflictReason, DecodeError, EncodeError, ErrorCode, ErrorDetails, ErrorPlace,
    OrderStatus, Response, json,
};
use orders_core::order::{Refusal, Snapshot};
use tokio::time::error::Elapsed;
use tracing::error;

use super::{headers, overload::Overload};
use crate::{
    auth::AuthError,
    db::DbError,
    error_chain::Chain,
    health,
    log_limit::LogLimit,
    orders::{self, representation},
};

/// The cause of an error response.
#[derive(Debug)]
pub enum Failure {
    /// The contract refuses the request.
    Decode(DecodeError),
    /// The response does not fit the contract.
    Encode(EncodeError),
    /// hyper cannot parse the head of the request.
    Malformed,
    /// The request is not authenticated, or not allowed.
    Auth(AuthError),
    /// The use case failed.
    Orders(orders::Error),
    /// The database failed.
    Database(DbError),
    /// The process should receive no requests.
    NotReady(health::NotReady),
    /// A limit of the service is reached.
    Overloaded(Overload),
    /// A handler panicked.
    Panic,
}

/// A row of the table: the response to a failure, and its log line.
struct Row {
    code: ErrorCode,
    message: Cow<'static, str>,
    details: Option<ErrorDetails>,
    header: Option<(HeaderName, HeaderValue)>,
    overload: Option<Overload>,
    log: Log,
}

/// The log line of a failure, beside the line that every request has.
enum Log {
    /// None: the failure is the client's, or logged already.
    Nothing,
    /// A lack of capacity, or of the database. It may pass without intervention.
    Warning(String),
    /// A fault of this program or of the schema. It needs investigation.
    Error(String),
}

static WARNINGS: LogLimit = LogLimit::new();

/// `Retry-After: 1`, in seconds (RFC 9110 §10.2.3).
const RETRY_AFTER_A_SECOND: (HeaderName, HeaderValue) =
    (RETRY_AFTER, HeaderValue::from_static("1"));

const NO_DETAILS: ErrorDetails = ErrorDetails {
    r_in: None,
    name: None,
    reason: None,
    expected_version: None,
    current_version: None,
    current_status: None::<OrderStatus>,
};

// === the table ===

impl From<Failure> for Row {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Decode(error) => error.into(),
            Failure::Encode(error) => Self::internal(Log::error(Chain(&error))),
            Failure::Malformed => {
                Self::new(ErrorCode::InvalidRequest, "the request is not valid HTTP")
            }
            Failure::Auth(error) => error.into(),
            Failure::Orders(error) => error.into(),
            Failure::Database(error) => error.into(),
            Failure::NotReady(error) => {
                let log = Log::warning(format_args!("not ready: {}", Chain(&error)));
                Self::overloaded(Overload::NotReady, log)
            }
            Failure::Overloaded(cause) => Self::overloaded(cause, Log::warning(cause)),
            // The panic hook has logged it.
            Failure::Panic => Self::internal(Log::Nothing),
        }
    }
}

impl From<DecodeError> for Row {
    fn from(error: DecodeError) -> Self {
        match error {
            DecodeError::NoRoute => Self::new(ErrorCode::NotFound, "no such route"),
            DecodeError::NoMethod { allow } => Self {
                header: HeaderValue::try_from(allow)
                    .ok()
                    .map(|allow| (ALLOW, allow)),
                ..Self::new(
                    ErrorCode::MethodNotAllowed,
                    "this path does not have this method",
                )
            },
            DecodeError::Invalid {
                code,
                place,
                name,
                message,
            } => Self {
                details: Some(ErrorDetails {
                    r_in: Some(place),
                    name: name.map(Cow::into_owned),
                    ..NO_DETAILS
                }),
                ..Self::new(code, message)
            },
            DecodeError::MediaType => Self::new(
                ErrorCode::UnsupportedMediaType,
                "the body must be application/json",
            ),
            DecodeError::ContentEncoding => Self {
                // RFC 9110 §12.5.3
                header: Some((ACCEPT_ENCODING, HeaderValue::from_static("identity"))),
                ..Self::new(
                    ErrorCode::UnsupportedMediaType,
                    "the body must not have a Content-Encoding",
                )
            },
            DecodeError::TooLarge => Self::new(ErrorCode::PayloadTooLarge, "the body is too large"),
            // The client did not send the body within the request timeout.
            DecodeError::Unreadable(cause) if cause.is::<Elapsed>() => {
                Self::overloaded(Overload::BodyTimeout, Log::Nothing)
            }
            DecodeError::Unreadable(_) => {
                Self::new(ErrorCode::InvalidRequest, "the body did not arrive whole")
            }
        }
    }
}

impl From<AuthError> for Row {
    fn from(error: AuthError) -> Self {
        let message = error.to_string();
        let (code, parameters) = match error {
            AuthError::Repeated => {
                return Self {
                    details: Some(ErrorDetails {
                        r_in: Some(ErrorPlace::Header),
                        name: Some("Authorization".to_owned()),
                        ..NO_DETAILS
                    }),
                    ..Self::new(ErrorCode::InvalidRequest, message)
                };
            }
            // RFC 6750 §3: no error for a request without a token.
            AuthError::NoToken => (ErrorCode::Unauthenticated, Some(String::new())),
            AuthError::InvalidToken(reason) => {
                let error = format!(", error=\"invalid_token\", error_description=\"{reason}\"");
                (ErrorCode::Unauthenticated, Some(error))
            }
            AuthError::MissingScope(scope) => {
                let error = format!(", error=\"insufficient_scope\", scope=\"{scope}\"");
                (ErrorCode::Forbidden, Some(error))
            }
            AuthError::OtherTenant => (ErrorCode::Forbidden, None),
        };
        let challenge = parameters.map(|parameters| format!("Bearer realm=\"orders\"{parameters}"));
        let challenge = challenge.and_then(|challenge| HeaderValue::try_from(challenge).ok());
        Self {
            header: challenge.map(|challenge| (WWW_AUTHENTICATE, challenge)),
            ..Self::new(code, message)
        }
    }
}

impl From<orders::Error> for Row {
    fn from(error: orders::Error) -> Self {
        match error {
            orders::Error::NotFound => Self::new(ErrorCode::NotFound, "no such order"),
            orders::Error::Refused(refusal) => refusal.into(),
            orders::Error::KeyReused => {
                Self::conflict(error.to_string(), ConflictReason::IdempotencyKeyReused)
            }
            orders::Error::InProgress => Self {
                header: Some(RETRY_AFTER_A_SECOND),
                ..Self::conflict(error.to_string(), ConflictReason::RequestInProgress)
            },
            orders::Error::Contended => Self::busy(Overload::Contended, &error),
            orders::Error::QueueFull => Self::busy(Overload::QueueFull, &error),
            orders::Error::Database(error) => error.into(),
            orders::Error::Corrupt(_) | orders::Error::Panicked => {
                Self::internal(Log::error(Chain(&error)))
            }
        }
    }
}

impl From<DbError> for Row {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Unavailable(_) => Self::busy(Overload::DatabaseUnavailable, &error),
            DbError::StatementTimeout(_) => Self::busy(Overload::StatementTimeout, &error),
            DbError::LockTimeout(_) => Self::busy(Overload::LockTimeout, &error),
            DbError::Fault(_) => Self::internal(Log::error(Chain(&error))),
        }
    }
}

impl From<Refusal> for Row {
    fn from(refusal: Refusal) -> Self {
        let message = refusal.to_string();
        let (reason, expected, current) = match refusal {
            Refusal::StaleVersion { expected, current } => {
                (ConflictReason::StaleVersion, expected, current)
            }
            Refusal::WeakEntityTag { current } => (ConflictReason::WeakEntityTag, None, current),
            Refusal::InvalidTransition { current, .. } => {
                (ConflictReason::InvalidTransition, None, current)
            }
        };
        let Snapshot { status, version } = current;
        Self {
            details: Some(ErrorDetails {
                reason: Some(reason),
                expected_version: expected.map(|version| version.get()),
                current_version: Some(version.get()),
                current_status: Some(representation::status(status)),
                ..NO_DETAILS
            }),
            header: Some((ETAG, headers::etag(version))),
            ..Self::new(ErrorCode::Conflict, message)
        }
    }
}

/// The status of each code, as the contract lists them.
const fn status(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::InvalidRequest | ErrorCode::InvalidCursor => StatusCode::BAD_REQUEST,
        ErrorCode::Unauthenticated => StatusCode::UNAUTHORIZED,
        ErrorCode::Forbidden => StatusCode::FORBIDDEN,
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

// === impl Row ===

impl Row {
    /// A failure of the client's: not logged.
    fn new(code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            message: message.into(),
            details: None,
            header: None,
            overload: None,
            log: Log::Nothing,
        }
    }

    fn conflict(message: String, reason: ConflictReason) -> Self {
        Self {
            details: Some(ErrorDetails {
                reason: Some(reason),
                ..NO_DETAILS
            }),
            ..Self::new(ErrorCode::Conflict, message)
        }
    }

    fn busy(cause: Overload, error: &(dyn Error + 'static)) -> Self {
        Self::overloaded(cause, Log::warning(Chain(error)))
    }

    fn overloaded(cause: Overload, log: Log) -> Self {
        Self {
            header: Some(RETRY_AFTER_A_SECOND),
            overload: Some(cause),
            log,
            ..Self::new(
                ErrorCode::Overloaded,
                "the service cannot answer now, try again",
            )
        }
    }

    fn internal(log: Log) -> Self {
        Self {
            log,
            ..Self::new(ErrorCode::Internal, "internal error")
        }
    }
}

// === impl Log ===

impl Log {
    fn warning(cause: impl Display) -> Self {
        Self::Warning(cause.to_string())
    }

    fn error(cause: impl Display) -> Self {
        Self::Error(cause.to_string())
    }

    fn write(self) {
        match self {
            Self::Nothing => {}
            // Under overload they are as many as the requests.
            Self::Warning(cause) => WARNINGS.warn(cause),
            Self::Error(cause) => error!("{cause}"),
        }
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

/// Logs the failure, and writes its response.
impl From<Failure> for Response {
    fn from(failure: Failure) -> Self {
        let Row {
            code,
            message,
            details,
            header,
            overload,
            log,
        } = failure.into();
        log.write();
        let body = ApiError {
            code,
            message: message.into_owned(),
            details,
        };
        // JSON can represent every `ApiError`: it consists of strings and integers.
        let mut response = json(status(code), &body).unwrap_or_default();
        response.headers_mut().extend(header);
        if let Some(overload) = overload {
            response.extensions_mut().insert(overload);
        }
        response
    }
}
