//! Why a request is not allowed.

use thiserror::Error;

/// Why a request is not allowed.
#[derive(Clone, Debug, Error)]
pub enum AuthError {
    /// No bearer token: 401.
    #[error("a bearer token is required")]
    NoToken,
    /// Several `Authorization` headers: 400.
    #[error("Authorization must not be repeated")]
    Repeated,
    /// The token is not valid: 401.
    #[error(transparent)]
    InvalidToken(#[from] InvalidToken),
    /// The token lacks the scope of the operation: 403.
    #[error("the token lacks the scope {0}")]
    MissingScope(&'static str),
    /// `X-Tenant-Id` is none of the token's tenants: 403.
    #[error("the token does not name this tenant")]
    OtherTenant,
}

/// Why a token is not valid. The texts are public, and repeat nothing of the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InvalidToken {
    /// Longer than any token of an issuer should be.
    #[error("the token is too long")]
    TooLong,
    /// Not a signed JWT in the compact serialization, or not JSON inside.
    #[error("the token is malformed")]
    Malformed,
    /// A header parameter that must be understood (RFC 7515 §4.1.11), and is not.
    #[error("the token has critical header parameters")]
    Critical,
    /// No key of the issuer has the token's `kid`, or the token needs one and has none.
    #[error("the token is signed with an unknown key")]
    UnknownKey,
    /// The algorithm is not that of the key.
    #[error("the token has an algorithm that its key does not have")]
    Algorithm,
    /// The signature does not match.
    #[error("the signature of the token is invalid")]
    Signature,
    /// `exp` has passed.
    #[error("the token has expired")]
    Expired,
    /// `nbf` is in the future.
    #[error("the token is not valid yet")]
    NotYet,
    /// `iss` is missing or another one.
    #[error("the token has another issuer")]
    Issuer,
    /// `aud` is missing or does not contain this service.
    #[error("the token has another audience")]
    Audience,
    /// A claim is missing or has another type.
    #[error("the token lacks a claim that is required")]
    Claim,
    /// The claim of the tenants is missing, empty, or not a tenant id.
    #[error("the token does not name a tenant")]
    Tenant,
}
