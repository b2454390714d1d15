// Generated from openapi.yaml by codegen/. Do not edit.

//! Decoding of requests. A request that the contract does not allow becomes a [`DecodeError`].

use std::{borrow::Cow, error::Error, fmt::Display};

use bytes::Bytes;
use http::{
    HeaderMap,
    header::{CONTENT_ENCODING, CONTENT_TYPE},
};
use http_body::Body;
use http_body_util::{BodyExt, LengthLimitError};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

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
    /// The body is not declared as JSON.
    MediaType,
    /// The body has a content coding, and none is supported (RFC 9110 §8.4).
    ContentEncoding,
    /// The body is longer than the service's limit.
    TooLarge,
    /// The body ended with this error before it was complete.
    Unreadable(Box<dyn Error + Send + Sync>),
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

/// The members of a JSON object in the order of the text, duplicates included.
pub(crate) struct Members(Vec<(String, Box<RawValue>)>);

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

    /// The body as JSON text, empty if there is no body. With `tolerant`, no media type and the
    /// default of `curl -d` count as JSON.
    pub(crate) async fn json_text<B>(&self, body: B, tolerant: bool) -> Result<Bytes, DecodeError>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        if self.is_encoded() {
            return Err(DecodeError::ContentEncoding);
        }
        let declared = self.declares_json(tolerant);
        match body.collect().await {
            Ok(body) => {
                let text = body.to_bytes();
                if declared || text.is_empty() {
                    Ok(text)
                } else {
                    Err(DecodeError::MediaType)
                }
            }
            Err(_) if !declared => Err(DecodeError::MediaType),
            Err(error) => {
                let error = error.into();
                Err(if error.is::<LengthLimitError>() {
                    DecodeError::TooLarge
                } else {
                    DecodeError::Unreadable(error)
                })
            }
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

    /// Whether a content coding other than `identity` is declared (RFC 9110 §8.4).
    fn is_encoded(&self) -> bool {
        let declared = self.headers.get_all(CONTENT_ENCODING).iter();
        let mut codings = declared.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
        codings.any(|coding| {
            let coding = coding.trim_ascii();
            !coding.is_empty() && !coding.eq_ignore_ascii_case(b"identity")
        })
    }

    fn declares_json(&self, tolerant: bool) -> bool {
        let Some(declared) = self.headers.get(CONTENT_TYPE) else {
            return tolerant;
        };
        let essence = declared
            .to_str()
            .unwrap_or_default()
            .split(';')
            .next()
            .unwrap_or_default()
            .trim();
        essence.eq_ignore_ascii_case("application/json")
            || tolerant && essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
    }
}

// === impl Members ===

impl Members {
    pub(crate) fn parse(text: &[u8]) -> Result<Self, DecodeError> {
        serde_json::from_slice(text).map_err(|error| match error.classify() {
            serde_json::error::Category::Data => invalid_body("must be a JSON object"),
            _ => invalid_body(format_args!("must be valid JSON: {error}")),
        })
    }

    /// Refuses members of a body that has none. No body is fine, and so is `null`, which generated
    /// clients send for an optional body that is left out.
    pub(crate) fn none(text: &[u8]) -> Result<(), DecodeError> {
        if text.is_empty() || text.trim_ascii() == b"null" {
            Ok(())
        } else {
            Self::parse(text)?.no_others(&[])
        }
    }

    /// The value of a member as `read` makes it from the raw JSON.
    pub(crate) fn required<T, E: Display>(
        &self,
        member: &Parameter,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, DecodeError> {
        self.optional(member, read)?.ok_or_else(|| member.missing())
    }

    /// As [`required`](Self::required), or `None` for an absent member.
    pub(crate) fn optional<T, E: Display>(
        &self,
        member: &Parameter,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, DecodeError> {
        let named = self.0.iter().filter(|(name, _)| name == member.name);
        at_most_one(member, named.map(|(_, value)| value.get()))?
            .map(|raw| read(raw).map_err(|why| member.invalid(why)))
            .transpose()
    }

    /// Refuses members that the body does not have.
    pub(crate) fn no_others(&self, known: &[&str]) -> Result<(), DecodeError> {
        match self
            .0
            .iter()
            .find(|(name, _)| !known.contains(&name.as_str()))
        {
            None => Ok(()),
            Some((name, _)) => Err(unknown(
                ErrorPlace::Body,
                name,
                "is not a member of this body",
            )),
        }
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Members;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Members, M::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Object)
    }
}

// === readers: from text to a value ===

/// Reads the body as a whole. The error of `read` completes the sentence that "the body" begins.
pub(crate) fn whole<T, E: Display>(
    text: &[u8],
    read: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, DecodeError> {
    let text = std::str::from_utf8(text)
        .map_err(|_| invalid_body("must be valid JSON: it is not UTF-8"))?;
    read(text).map_err(invalid_body)
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

fn invalid_body(why: impl Display) -> DecodeError {
    DecodeError::Invalid {
        code: ErrorCode::InvalidRequest,
        place: ErrorPlace::Body,
        name: None,
        message: format!("the body {why}"),
    }
}
