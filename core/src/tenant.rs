//! Who an order belongs to. A [`TenantId`] that exists is well-formed.

use alloc::boxed::Box;
use core::fmt;

use thiserror::Error;

use crate::limits::TENANT_ID_MAX_LEN;

/// A tenant's name: `^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$`, case-sensitive (the contract).
///
/// The grammar has no character that JSON, a URL path or a log line would need to escape;
/// [`crate::event`] relies on it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TenantId(Box<str>);

/// The text is no tenant id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "a tenant id is 1 to {TENANT_ID_MAX_LEN} letters, digits or . _ : - and starts with a letter or digit"
)]
pub struct InvalidTenantId;

// === impl TenantId ===

impl TenantId {
    /// Reads a tenant id exactly as sent: nothing is trimmed or folded, so that two spellings are
    /// always two tenants. O(n) in the text; never panics.
    ///
    /// # Errors
    /// [`InvalidTenantId`] when the text does not match the grammar.
    pub fn parse(text: &str) -> Result<Self, InvalidTenantId> {
        let known = |b: u8| b.is_ascii_alphanumeric() || b"._:-".contains(&b);
        let starts_well = text.starts_with(|c: char| c.is_ascii_alphanumeric());
        if starts_well && text.len() <= TENANT_ID_MAX_LEN && text.bytes().all(known) {
            Ok(Self(text.into()))
        } else {
            Err(InvalidTenantId)
        }
    }

    /// The id as sent. O(1); never panics.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// O(n) in the id; never panics.
impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn a_tenant_id_is_kept_as_sent() {
        for text in ["a", "0", "Acme", "eu:acme_1.test-2", &"x".repeat(128)] {
            let tenant = TenantId::parse(text).unwrap();
            assert_eq!(tenant.as_str(), text);
            assert_eq!(tenant.to_string(), text);
        }
        assert_ne!(TenantId::parse("acme"), TenantId::parse("Acme"));
    }

    #[test]
    fn anything_else_is_refused() {
        let long = "x".repeat(129);
        for text in [
            "", " a", "a ", "-a", ".a", ":a", "_a", "a/b", "a,b", "a\"b", "ä", "aé", "a\n",
        ] {
            assert_eq!(TenantId::parse(text), Err(InvalidTenantId), "{text:?}");
        }
        assert_eq!(TenantId::parse(&long), Err(InvalidTenantId));
    }
}
