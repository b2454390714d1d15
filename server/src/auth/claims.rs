//! The claims of a verified token.

use orders_core::tenant::TenantId;
use serde_json::{Map, Value};

use super::error::InvalidToken;

/// A caller with more tenants needs tokens of its own for parts of them.
const MAX_TENANTS: usize = 100;

/// What a token allows.
#[derive(Debug)]
pub struct Claims {
    tenants: Vec<TenantId>,
    scopes: Scopes,
}

/// The scopes of a token: `scope` separates them by spaces (RFC 8693 §4.2); some issuers send a
/// list, or name the claim `scp`.
#[derive(Debug)]
struct Scopes(Option<Value>);

// === impl Claims ===

impl Claims {
    /// Takes the tenants of the claim `tenant_claim`, and the scopes.
    ///
    /// # Errors
    /// [`InvalidToken::Tenant`] unless the claim is a tenant id, or a list of 1 to 100.
    pub fn new(mut claims: Map<String, Value>, tenant_claim: &str) -> Result<Self, InvalidToken> {
        let named = claims.get(tenant_claim).ok_or(InvalidToken::Tenant)?;
        let named = named
            .as_array()
            .map_or(std::slice::from_ref(named), Vec::as_slice);
        if named.is_empty() || named.len() > MAX_TENANTS {
            return Err(InvalidToken::Tenant);
        }
        let parse = |value: &Value| value.as_str()?.parse().ok();
        let tenants: Option<Vec<_>> = named.iter().map(parse).collect();
        let scopes = claims.remove("scope").or_else(|| claims.remove("scp"));
        Ok(Self {
            tenants: tenants.ok_or(InvalidToken::Tenant)?,
            scopes: Scopes(scopes),
        })
    }

    /// The tenants that the caller may act for, at least one.
    pub fn tenants(&self) -> &[TenantId] {
        &self.tenants
    }

    /// Whether the token has this scope. Linear in their number.
    pub fn has_scope(&self, scope: &str) -> bool {
        match &self.scopes.0 {
            Some(Value::String(scopes)) => scopes.split(' ').any(|named| named == scope),
            Some(Value::Array(scopes)) => scopes.iter().any(|named| named == scope),
            _ => false,
        }
    }
}
