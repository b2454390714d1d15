// Generated from openapi-admin.yaml by codegen/. Do not edit.

//! Decoding of requests. A request that the contract does not allow becomes a [`DecodeError`].

use std::{borrow::Cow, fmt::Display, str::FromStr};

use http::HeaderMap;
use uuid::Uuid;

use crate::models::{ErrorCode, ErrorPlace};

/// A request that the contract refuses.
#[derive(Debug)]
pub enum DecodeError {
    /// The contract has no such path.
    NoRoute,
    /// The path does not have this method.
    NoMethod {
        /// The methods of the path: the value of `Allow` (RFC 9110 §10.2.1).
        allow: String,
    },
    /// A parameter or the body is missing, malformed, repeated or unknown.
    Invalid {
        /// The contract's error code for this parameter.
        code: ErrorCode,
        /// The part of the request.
        place: ErrorPlace,
        /// The parameter or body member; `None` for the body as a whole.
        name: Option<Cow<'static, str>>,
        /// A sentence for the client, with the name as its subject.
        message: String,
    },
}

/// A parameter or body member, with its error codes.
pub(crate) struct Parameter {
    pub(crate) place: ErrorPlace,
    pub(crate) name: &'static str,
    pub(crate) when_missing: ErrorCode,
    pub(crate) when_invalid: ErrorCode,
}

/// The parameters of a request.
pub(crate) struct Input<'a> {
    headers: &'a HeaderMap,
    path: matchit::Params<'a, 'a>,
    query: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

// === impl Parameter ===

impl Parameter {
    pub(crate) const fn new(place: ErrorPlace, name: &'static str) -> Self {
        Self {
            place,
            name,
            when_missing: ErrorCode::InvalidRequest,
            when_invalid: ErrorCode::InvalidRequest,
        }
    }

    fn missing(&self) -> DecodeError {
        self.error(self.when_missing, "is required")
    }

    fn invalid(&self, why: impl Display) -> DecodeError {
        self.error(self.when_invalid, why)
    }

    fn error(&self, code: ErrorCode, why: impl Display) -> DecodeError {
        DecodeError::Invalid {
            code,
            place: self.place,
            name: Some(self.name.into()),
            message: format!("{} {why}", self.name),
        }
    }
}

// === impl Input ===

impl<'a> Input<'a> {
    pub(crate) fn new(parts: &'a http::request::Parts, path: matchit::Params<'a, 'a>) -> Self {
        let query = parts.uri.query().unwrap_or_default();
        Self {
            headers: &parts.headers,
            path,
            query: form_urlencoded::parse(query.as_bytes()).collect(),
        }
    }

    /// The value of a parameter as `read` makes it from the text. The error of `read` completes the
    /// sentence that the parameter's name begins.
    pub(crate) fn required<T, E: Display>(
        &self,
        parameter: &Parameter,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, DecodeError> {
        self.optional(parameter, read)?
            .ok_or_else(|| parameter.missing())
    }

    /// As [`required`](Self::required), or `None` for an absent parameter.
    pub(crate) fn optional<T, E: Display>(
        &self,
        parameter: &Parameter,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, DecodeError> {
        let raw = match parameter.place {
            ErrorPlace::Header => self.header(parameter)?,
            ErrorPlace::Path => self.path.get(parameter.name),
            ErrorPlace::Query => {
                let named = self.query.iter().filter(|(name, _)| name == parameter.name);
                at_most_one(parameter, named.map(|(_, value)| value.as_ref()))?
            }
            ErrorPlace::Body => None, // read through Members
        };
        raw.map(|raw| read(raw).map_err(|why| parameter.invalid(why)))
            .transpose()
    }

    /// Refuses query parameters that the operation does not have: a misspelt name must not count as
    /// absent.
    pub(crate) fn no_other_query(&self, known: &[&str]) -> Result<(), DecodeError> {
        match self
            .query
            .iter()
            .find(|(name, _)| !known.contains(&name.as_ref()))
        {
            None => Ok(()),
            Some((name, _)) => Err(unknown(
                ErrorPlace::Query,
                name,
                "is not a parameter of this operation",
            )),
        }
    }

    fn header(&self, parameter: &Parameter) -> Result<Option<&'a str>, DecodeError> {
        at_most_one(parameter, self.headers.get_all(parameter.name).iter())?
            .map(|value| {
                value
                    .to_str()
                    .map_err(|_| parameter.invalid("must be visible ASCII"))
            })
            .transpose()
    }
}

// === readers: from text to a value ===

/// Reads an integer from `minimum` to `maximum`.
pub(crate) fn integer<T>(minimum: T, maximum: T) -> impl FnOnce(&str) -> Result<T, String>
where
    T: FromStr + PartialOrd + Display,
{
    move |raw| {
        let digits = raw.strip_prefix('-').unwrap_or(raw);
        let is_integer = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let value = is_integer.then(|| raw.parse().ok()).flatten();
        value
            .filter(|value| minimum <= *value && *value <= maximum)
            .ok_or_else(|| format!("must be an integer from {minimum} to {maximum}"))
    }
}

/// Reads a UUID in its hyphenated form (RFC 9562 §4).
pub(crate) fn uuid(raw: &str) -> Result<Uuid, &'static str> {
    // The parser also reads forms that `format: uuid` does not allow; their lengths differ.
    let hyphenated = raw.len() == uuid::fmt::Hyphenated::LENGTH;
    Uuid::try_parse(raw)
        .ok()
        .filter(|_| hyphenated)
        .ok_or("must be a UUID in its hyphenated form")
}

// === helpers ===

fn at_most_one<T>(
    parameter: &Parameter,
    mut values: impl Iterator<Item = T>,
) -> Result<Option<T>, DecodeError> {
    let first = values.next();
    match values.next() {
        None => Ok(first),
        Some(_) => Err(parameter.invalid("must not be repeated")),
    }
}

fn unknown(place: ErrorPlace, name: &str, why: &str) -> DecodeError {
    // The client chose the name, so only its first 64 characters are repeated.
    let name: String = name.chars().take(64).collect();
    DecodeError::Invalid {
        code: ErrorCode::InvalidRequest,
        place,
        message: format!("{name} {why}"),
        name: Some(name.into()),
    }
}
