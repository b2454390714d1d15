// Generated from openapi.yaml by codegen/. Do not edit.

//! Reading requests. Nothing is trusted: what the contract does not allow becomes a [`Rejection`].

use std::{borrow::Cow, error::Error, fmt, sync::LazyLock};

use bytes::Bytes;
use http::{HeaderMap, header::CONTENT_TYPE};
use http_body::Body;
use http_body_util::{BodyExt, LengthLimitError};
use regex::Regex;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::models::{ErrorCode, ErrorPlace};

/// Why a request was refused before its operation was called, or its answer could not be sent.
#[derive(Debug)]
pub enum Rejection {
    /// The contract has no such path.
    NoRoute,
    /// The path has other methods; `allow` lists them (RFC 9110 §10.2.1).
    NoMethod {
        /// The value of `Allow`.
        allow: String,
    },
    /// A parameter or the body is missing, malformed, repeated or unknown.
    Invalid {
        /// The code that the contract gives this place.
        code: ErrorCode,
        /// Where the value was.
        place: ErrorPlace,
        /// The parameter or body member; none when it is the body as a whole.
        name: Option<Cow<'static, str>>,
        /// What is wrong, for people.
        message: String,
    },
    /// The body is not declared as JSON.
    MediaType,
    /// The body is longer than the service reads.
    TooLarge,
    /// The body did not arrive whole.
    Unreadable(Box<dyn Error + Send + Sync>),
    /// The answer could not be written as JSON.
    Unencodable(serde_json::Error),
}

/// A parameter of the contract.
pub(crate) struct Parameter<R> {
    pub(crate) place: ErrorPlace,
    pub(crate) name: &'static str,
    pub(crate) when_missing: ErrorCode,
    pub(crate) when_invalid: ErrorCode,
    pub(crate) rule: R,
}

/// What the contract says of a value.
pub(crate) trait Rule {
    type Value;

    /// Reads the value from a header, path or query.
    fn read(&self, raw: &str) -> Result<Self::Value, String>;

    /// Reads the value from JSON.
    fn read_json(&self, raw: &str) -> Result<Self::Value, String> {
        let text: String = serde_json::from_str(raw).map_err(|_| "must be a string".to_owned())?;
        self.read(&text)
    }
}

/// A string within bounds, counted in characters.
pub(crate) struct Text {
    pub(crate) min_length: usize,
    pub(crate) max_length: usize,
    pub(crate) pattern: Option<LazyLock<Regex>>,
    /// What the pattern means, in words.
    pub(crate) form: Option<&'static str>,
}

/// An integer within bounds.
pub(crate) struct Integer {
    pub(crate) minimum: i32,
    pub(crate) maximum: i32,
}

/// A UUID in its hyphenated form (RFC 9562 §4).
pub(crate) struct Id;

/// A request without its body.
pub(crate) struct Input<'a> {
    headers: &'a HeaderMap,
    path: matchit::Params<'a, 'a>,
    query: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

/// The members of a JSON object in the order they came, duplicates included.
pub(crate) struct Members(Vec<(String, Box<RawValue>)>);

// === impl Parameter ===

impl<R: Rule> Parameter<R> {
    fn missing(&self) -> Rejection {
        self.reject(self.when_missing, "is required")
    }

    fn invalid(&self, why: impl fmt::Display) -> Rejection {
        self.reject(self.when_invalid, why)
    }

    fn reject(&self, code: ErrorCode, why: impl fmt::Display) -> Rejection {
        Rejection::Invalid {
            code,
            place: self.place,
            name: Some(self.name.into()),
            message: format!("{} {why}", self.name),
        }
    }
}

// === impl Rule ===

impl Rule for Text {
    type Value = String;

    fn read(&self, raw: &str) -> Result<String, String> {
        let length = raw.chars().count();
        if length < self.min_length {
            return Err(match self.min_length {
                1 => "must not be empty".to_owned(),
                min => format!("must have at least {min} characters"),
            });
        }
        if length > self.max_length {
            return Err(format!("must have at most {} characters", self.max_length));
        }
        match &self.pattern {
            Some(pattern) if !pattern.is_match(raw) => Err(self
                .form
                .map_or_else(|| format!("must match {}", pattern.as_str()), str::to_owned)),
            _ => Ok(raw.to_owned()),
        }
    }
}

impl Rule for Integer {
    type Value = i32;

    fn read(&self, raw: &str) -> Result<i32, String> {
        let digits = raw.strip_prefix('-').unwrap_or(raw);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err("must be an integer".to_owned());
        }
        raw.parse()
            .ok()
            .filter(|value| (self.minimum..=self.maximum).contains(value))
            .ok_or_else(|| format!("must be between {} and {}", self.minimum, self.maximum))
    }

    fn read_json(&self, raw: &str) -> Result<i32, String> {
        self.read(raw)
    }
}

impl Rule for Id {
    type Value = Uuid;

    fn read(&self, raw: &str) -> Result<Uuid, String> {
        // The parser also knows forms that the contract's `format: uuid` does not.
        let hyphenated = raw.len() == uuid::fmt::Hyphenated::LENGTH;
        Uuid::try_parse(raw)
            .ok()
            .filter(|_| hyphenated)
            .ok_or_else(|| "must be a UUID".to_owned())
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

    pub(crate) fn required<R: Rule>(
        &self,
        parameter: &Parameter<R>,
    ) -> Result<R::Value, Rejection> {
        self.optional(parameter)?.ok_or_else(|| parameter.missing())
    }

    pub(crate) fn optional<R: Rule>(
        &self,
        parameter: &Parameter<R>,
    ) -> Result<Option<R::Value>, Rejection> {
        let raw = match parameter.place {
            ErrorPlace::Header => self.header(parameter)?,
            ErrorPlace::Path => self.path.get(parameter.name),
            ErrorPlace::Query => {
                let named = self.query.iter().filter(|(name, _)| name == parameter.name);
                at_most_one(parameter, named.map(|(_, value)| value.as_ref()))?
            }
            ErrorPlace::Body => None, // read through Members
        };
        raw.map(|raw| {
            parameter
                .rule
                .read(raw)
                .map_err(|why| parameter.invalid(why))
        })
        .transpose()
    }

    /// A misspelt parameter must not be taken for an absent one.
    pub(crate) fn no_other_query(&self, known: &[&str]) -> Result<(), Rejection> {
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

    /// The body as JSON text; no bytes when there is none. `tolerant`: what `curl -d` declares by default, or nothing at
    /// all, passes for JSON.
    pub(crate) async fn json_text<B>(&self, body: B, tolerant: bool) -> Result<Bytes, Rejection>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let declared = self.declares_json(tolerant);
        match body.collect().await {
            Ok(body) => {
                let text = body.to_bytes();
                if declared || text.is_empty() {
                    Ok(text)
                } else {
                    Err(Rejection::MediaType)
                }
            }
            Err(_) if !declared => Err(Rejection::MediaType),
            Err(error) => {
                let error = error.into();
                Err(if error.is::<LengthLimitError>() {
                    Rejection::TooLarge
                } else {
                    Rejection::Unreadable(error)
                })
            }
        }
    }

    fn header<R: Rule>(&self, parameter: &Parameter<R>) -> Result<Option<&'a str>, Rejection> {
        at_most_one(parameter, self.headers.get_all(parameter.name).iter())?
            .map(|value| {
                value
                    .to_str()
                    .map_err(|_| parameter.invalid("must be visible ASCII"))
            })
            .transpose()
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
    pub(crate) fn parse(text: &[u8]) -> Result<Self, Rejection> {
        serde_json::from_slice(text).map_err(|error| Rejection::Invalid {
            code: ErrorCode::InvalidRequest,
            place: ErrorPlace::Body,
            name: None,
            message: match error.classify() {
                serde_json::error::Category::Data => "the body must be a JSON object".to_owned(),
                _ => format!("the body is not valid JSON: {error}"),
            },
        })
    }

    pub(crate) fn required<R: Rule>(&self, member: &Parameter<R>) -> Result<R::Value, Rejection> {
        self.optional(member)?.ok_or_else(|| member.missing())
    }

    pub(crate) fn optional<R: Rule>(
        &self,
        member: &Parameter<R>,
    ) -> Result<Option<R::Value>, Rejection> {
        let named = self.0.iter().filter(|(name, _)| name == member.name);
        at_most_one(member, named.map(|(_, value)| value.get()))?
            .map(|raw| {
                member
                    .rule
                    .read_json(raw)
                    .map_err(|why| member.invalid(why))
            })
            .transpose()
    }

    pub(crate) fn no_others(&self, known: &[&str]) -> Result<(), Rejection> {
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

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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

// === helpers ===

fn at_most_one<R: Rule, T>(
    parameter: &Parameter<R>,
    mut values: impl Iterator<Item = T>,
) -> Result<Option<T>, Rejection> {
    let first = values.next();
    match values.next() {
        None => Ok(first),
        Some(_) => Err(parameter.invalid("must not be repeated")),
    }
}

fn unknown(place: ErrorPlace, name: &str, why: &str) -> Rejection {
    // The name is the client's: enough of it to be found again.
    let name: String = name.chars().take(64).collect();
    Rejection::Invalid {
        code: ErrorCode::InvalidRequest,
        place,
        message: format!("{name} {why}"),
        name: Some(name.into()),
    }
}
