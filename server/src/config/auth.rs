//! Settings of authentication.

use std::{path::PathBuf, time::Duration};

use clap::{Args, ValueEnum, builder::BoolishValueParser};

use super::values;

/// How clients are authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AuthMode {
    /// The header `X-Tenant-Id` is believed. For development, and behind a gateway.
    Header,
    /// A bearer token of an issuer names the tenants.
    Jwt,
}

/// A signature algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum JwtAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    #[value(name = "RS256")]
    Rs256,
    /// ECDSA on P-256 with SHA-256.
    #[value(name = "ES256")]
    Es256,
    /// Ed25519.
    #[value(name = "EdDSA")]
    EdDsa,
}

/// Settings of authentication.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Authentication")]
pub struct AuthConfig {
    /// How clients are authenticated: `header` believes `X-Tenant-Id`, `jwt` needs a bearer token.
    #[arg(long, env = "ORDERS_AUTH", value_enum, default_value_t = AuthMode::Header)]
    pub auth: AuthMode,
    /// With `--auth header`, listen on other than loopback addresses too: a gateway in front
    /// authenticates clients and sets `X-Tenant-Id`.
    #[arg(long, env = "ORDERS_TRUST_TENANT_HEADER", value_parser = BoolishValueParser::new())]
    pub trust_tenant_header: bool,
    /// JWK set with the public keys of the token issuer: an `https://` address, an `http://`
    /// address of this machine, or a file. Loaded every five minutes, and when a token names an
    /// unknown key.
    #[arg(long, env = "ORDERS_JWKS")]
    pub jwks: Option<String>,
    /// PEM file with the certificate authorities to trust for `--jwks` [default: those of the
    /// system].
    #[arg(long, env = "ORDERS_JWKS_CA")]
    pub jwks_ca: Option<PathBuf>,
    /// The `iss` of every token.
    #[arg(long, env = "ORDERS_JWT_ISSUER")]
    pub jwt_issuer: Option<String>,
    /// The `aud` of every token; with several, separated by commas, one of them.
    #[arg(long, env = "ORDERS_JWT_AUDIENCE", value_delimiter = ',')]
    pub jwt_audience: Vec<String>,
    /// Algorithms that keys of the issuer may have.
    #[arg(
        long,
        env = "ORDERS_JWT_ALGORITHMS",
        value_enum,
        value_delimiter = ',',
        default_value = "RS256,ES256,EdDSA"
    )]
    pub jwt_algorithms: Vec<JwtAlgorithm>,
    /// Time by which the clocks of the issuer and of this machine may differ. 0 allows no
    /// difference.
    #[arg(long, env = "ORDERS_JWT_LEEWAY", default_value = "30s", value_parser = values::duration_or_zero)]
    pub jwt_leeway: Duration,
    /// Claim with the tenant of the caller, or with a list of tenants. With several,
    /// `X-Tenant-Id` chooses one.
    #[arg(long, env = "ORDERS_JWT_TENANT_CLAIM", default_value = "tenant")]
    pub jwt_tenant_claim: String,
}
