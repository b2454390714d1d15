//! Tenant ids.

use alloc::{boxed::Box, string::String};
use core::{fmt, str::FromStr};

use thiserror::Error;

use crate::limits::TENANT_ID_MAX_LEN;

/// The id of a tenant: `^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$`, case-sensitive.
///
/// Safe to interpolate into JSON, a URL path or a log line: no allowed character needs an escape.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TenantId(Box<str>);

/// The text is not a [`TenantId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "must be 1 to {TENANT_ID_MAX_LEN} letters, digits or . _ : - and start with a letter or digit"
)]
pub struct InvalidTenantId;

// === impl TenantId ===

impl TenantId {
    /// The id as it was read.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Reads the id without trimming or case folding: `acme` and `Acme` are two tenants. Cost: O(n) in
/// the text.
impl FromStr for TenantId {
    type Err = InvalidTenantId;

    fn from_str(text: &str) -> Result<Self, InvalidTenantId> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._:-".contains(&b);
        let starts_well = text.starts_with(|c: char| c.is_ascii_alphanumeric());
        if starts_well && text.len() <= TENANT_ID_MAX_LEN && text.bytes().all(allowed) {
            Ok(Self(text.into()))
        } else {
            Err(InvalidTenantId)
        }
    }
}

impl From<TenantId> for String {
    fn from(tenant: TenantId) -> Self {
        tenant.0.into()
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use alloc::{format, string::ToString};

    use super::*;

    #[test]
    fn a_tenant_id_is_kept_as_sent() {
        for text in ["a", "0", "Acme", "eu:acme_1.test-2", &"x".repeat(128)] {
            let tenant: TenantId = text.parse().unwrap();
            assert_eq!(tenant.as_str(), text);
            assert_eq!(tenant.to_string(), text);
        }
        assert_ne!("acme".parse::<TenantId>(), "Acme".parse());
    }

    #[test]
    fn other_texts_are_refused() {
        let long = "x".repeat(129);
        for text in [
            "", " a", "a ", "-a", ".a", ":a", "_a", "a/b", "a,b", "a\"b", "ä", "aé", "a\n", &long,
        ] {
            assert_eq!(text.parse::<TenantId>(), Err(InvalidTenantId), "{text:?}");
        }
    }

    #[test]
    fn a_tenant_id_needs_no_escape_in_json() {
        for byte in 0..=127u8 {
            if let Ok(tenant) = format!("a{}", char::from(byte)).parse::<TenantId>() {
                let json = serde_json::to_string(tenant.as_str()).unwrap();
                assert_eq!(json, format!("\"{tenant}\""));
            }
        }
    }
}
