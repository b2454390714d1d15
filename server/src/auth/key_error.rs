//! Why the keys of an issuer could not be loaded.

use std::{io, path::PathBuf, time::Duration};

use http::{StatusCode, Uri};
use thiserror::Error;
use tower::BoxError;

/// Why keys could not be loaded.
#[derive(Debug, Error)]
pub enum KeyError {
    /// The file cannot be read.
    #[error("cannot read {0}")]
    File(PathBuf, #[source] io::Error),
    /// The issuer cannot be reached.
    #[error("no response from {0}")]
    Request(Uri, #[source] BoxError),
    /// The issuer has not responded in time.
    #[error("no response from {0} within {1:?}")]
    Timeout(Uri, Duration),
    /// The issuer responds with an error, or with a redirection, which is not followed.
    #[error("{0} responds with {1}")]
    Status(Uri, StatusCode),
    /// Not a JWK set.
    #[error("not a JWK set")]
    Format(#[from] serde_json::Error),
    /// Without a key a set would refuse every token.
    #[error("the JWK set has no key for an allowed algorithm")]
    NoKey,
}
