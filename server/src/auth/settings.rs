//! The settings of bearer tokens.

use std::{path::PathBuf, time::Duration};

use thiserror::Error;

use super::key_error::KeyError;
use crate::tls::TlsError;

/// A signature algorithm of RFC 7518 and RFC 8037. Symmetric ones are not supported: the service
/// would have to hold a key that can also sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256, keys of 2,048 bits or more.
    Rs256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

impl From<Algorithm> for jsonwebtoken::Algorithm {
    fn from(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Rs256 => Self::RS256,
            Algorithm::Es256 => Self::ES256,
            Algorithm::EdDsa => Self::EdDSA,
        }
    }
}

/// How tokens are verified.
#[derive(Clone, Debug)]
pub struct JwtSettings {
    /// The issuer's JWK set (RFC 7517 §5): an `https://` address, an `http://` address of this
    /// machine, or the path of a file.
    pub keys: String,
    /// A PEM file of certificate authorities for the address. `None`: those of the system.
    pub ca_file: Option<PathBuf>,
    /// The `iss` of every token.
    pub issuer: String,
    /// The `aud` of every token contains one of these.
    pub audiences: Vec<String>,
    /// The algorithms that keys may have.
    pub algorithms: Vec<Algorithm>,
    /// The clocks of the issuer and of this machine may differ by this time.
    pub leeway: Duration,
    /// The claim with the tenant, or a list of tenants.
    pub tenant_claim: String,
}

/// Why tokens cannot be verified.
#[derive(Debug, Error)]
pub enum SettingsError {
    /// `--auth jwt` needs this flag.
    #[error("--auth jwt needs {0}")]
    Missing(&'static str),
    /// The tenant header of anybody in the network would be believed.
    #[error(
        "--auth header believes the X-Tenant-Id of every client, and --listen is not a loopback \
         address: use --auth jwt, or say with --trust-tenant-header that a gateway in front \
         authenticates clients and sets the header"
    )]
    TenantHeader,
    /// The address of the keys has no TLS.
    #[error("--jwks must be an https:// address, an http:// address of this machine, or a file")]
    KeyAddress,
    /// TLS cannot be set up.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The keys could not be loaded in time.
    #[error("cannot load the keys of the token issuer")]
    Keys(#[source] KeyError),
}
