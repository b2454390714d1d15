//! Who may enter: which tenants and which operations a request is allowed.
//!
//! Two modes. [`Authentication::Header`] believes the tenant in `X-Tenant-Id`: for development, and
//! behind a gateway. [`Authentication::Jwt`] needs a bearer token (RFC 6750) that is a JWT (RFC
//! 7519) of a configured issuer.
//!
//! **Invariants:** the key alone decides by which algorithm a token is verified, never the token
//! (RFC 8725 §3.1). A token is refused unless it names its issuer, its audience and its end.

mod claims;
mod error;
mod key_cache;
mod key_error;
mod key_set;
mod key_source;
mod settings;
mod verified_tokens;
mod verifier;

use std::sync::Arc;

use http::{HeaderMap, HeaderValue, header::AUTHORIZATION};

pub use self::{
    error::{AuthError, InvalidToken},
    key_error::KeyError,
    settings::{Algorithm, JwtSettings, SettingsError},
    verifier::Verifier,
};

/// How requests are authenticated. Cheap to clone.
#[derive(Clone, Debug)]
pub enum Authentication {
    /// The tenant of `X-Tenant-Id` is believed.
    Header,
    /// A bearer token names the tenants.
    Jwt(Arc<Verifier>),
}

/// The header that names the tenant of a request.
const TENANT: &str = "x-tenant-id";

/// Checks that the token of a request is valid and has these scopes, and that `X-Tenant-Id` is one
/// of its tenants. If the token has one tenant and the header is missing, sets the header.
///
/// # Errors
/// [`AuthError`], by what is missing or wrong.
pub async fn authorize(
    verifier: &Verifier,
    headers: &mut HeaderMap,
    scopes: &[&'static str],
) -> Result<(), AuthError> {
    let claims = verifier.verify(bearer_token(headers)?).await?;
    if let Some(missing) = scopes.iter().find(|scope| !claims.has_scope(scope)) {
        return Err(AuthError::MissingScope(missing));
    }
    let tenants = claims.tenants();
    // Every value counts. The router then refuses a request with several, or with none.
    let mut named = headers.get_all(TENANT).iter();
    if !named.all(|named| tenants.iter().any(|tenant| named == tenant.as_str())) {
        return Err(AuthError::OtherTenant);
    }
    if let [tenant] = tenants
        && !headers.contains_key(TENANT)
    {
        let tenant = HeaderValue::try_from(tenant.as_str());
        headers.insert(TENANT, tenant.map_err(|_| InvalidToken::Tenant)?);
    }
    Ok(())
}

/// The token of the one `Authorization` header (RFC 6750 §2.1). Tokens in the query or in a form
/// are not read: they would end up in logs.
fn bearer_token(headers: &HeaderMap) -> Result<&str, AuthError> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next().ok_or(AuthError::NoToken)?;
    if values.next().is_some() {
        return Err(AuthError::Repeated);
    }
    let value = value.to_str().map_err(|_| InvalidToken::Malformed)?;
    match value.split_once(' ') {
        // The name of a scheme is case-insensitive (RFC 9110 §11.1).
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
            Ok(token.trim_matches(' '))
        }
        _ => Err(AuthError::NoToken),
    }
}
