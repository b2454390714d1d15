// Generated from openapi-admin.yaml by codegen/. Do not edit.

//! Timestamps.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A `date-time` of the contract (RFC 3339 §5.6) as text. The service owns the format: this crate
/// neither reads nor writes one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DateTime(String);

// === impl DateTime ===

impl DateTime {
    /// Takes the text that `timestamp` displays.
    pub fn new(timestamp: impl fmt::Display) -> Self {
        Self(timestamp.to_string())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
