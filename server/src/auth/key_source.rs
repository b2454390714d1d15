//! Loads the keys of an issuer from an address or a file.

use std::{path::PathBuf, time::Duration};

use bytes::Bytes;
use http::{Request, StatusCode, Uri, header::ACCEPT};
use http_body_util::{BodyExt, Empty, Limited};
use hyper_util::client::legacy::Client;
use tokio::time::timeout;
use tower::BoxError;
use url::Url;

use super::{
    key_error::KeyError,
    settings::{JwtSettings, SettingsError},
};
use crate::http_client::{self, Connector, is_loopback};

/// Bounds a load from an address.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The maximum size of a JWK set in bytes. A key of 4,096 bits has about 1 KiB.
const MAX_SIZE: usize = 256 * 1024;

/// Where the keys are.
#[derive(Debug)]
pub enum KeySource {
    /// An address.
    Address(Box<KeyAddress>),
    /// A file.
    File(PathBuf),
}

/// An address of keys, and the client that requests it.
#[derive(Debug)]
pub struct KeyAddress {
    client: Client<Connector, Empty<Bytes>>,
    uri: Uri,
}

// === impl KeySource ===

impl KeySource {
    /// Reads `--jwks`: an address if it has a scheme, otherwise a path.
    ///
    /// # Errors
    /// [`SettingsError::KeyAddress`] for an address without TLS on another machine, and
    /// [`SettingsError::Tls`].
    pub fn new(settings: &JwtSettings) -> Result<Self, SettingsError> {
        if !settings.keys.contains("://") {
            return Ok(Self::File(PathBuf::from(&settings.keys)));
        }
        let address: Url = settings
            .keys
            .parse()
            .map_err(|_| SettingsError::KeyAddress)?;
        let is_safe = match address.scheme() {
            "https" => true,
            "http" => is_loopback(&address),
            _ => false,
        };
        let uri = address.as_str().parse();
        let (true, Ok(uri)) = (is_safe, uri) else {
            return Err(SettingsError::KeyAddress);
        };
        let ca_file = settings.ca_file.as_deref();
        let client = http_client::new(http_client::connector(&address, ca_file, TIMEOUT)?);
        Ok(Self::Address(Box::new(KeyAddress { client, uri })))
    }

    /// The text of the JWK set. Takes at most 5 seconds.
    ///
    /// # Errors
    /// [`KeyError`], by cause.
    pub async fn load(&self) -> Result<Bytes, KeyError> {
        match self {
            // A local file: reading it blocks for as long as the disk needs.
            Self::File(path) => match std::fs::read(path) {
                Ok(text) => Ok(text.into()),
                Err(error) => Err(KeyError::File(path.clone(), error)),
            },
            Self::Address(address) => match timeout(TIMEOUT, address.load()).await {
                Ok(loaded) => loaded,
                Err(_) => Err(KeyError::Timeout(address.uri.clone(), TIMEOUT)),
            },
        }
    }
}

// === impl KeyAddress ===

impl KeyAddress {
    async fn load(&self) -> Result<Bytes, KeyError> {
        let uri = &self.uri;
        let failed = |error: BoxError| KeyError::Request(uri.clone(), error);
        let request = Request::get(uri)
            .header(ACCEPT, "application/jwk-set+json, application/json")
            .body(Empty::new())
            .map_err(|error| failed(error.into()))?;
        let response = self.client.request(request).await;
        let response = response.map_err(|error| failed(error.into()))?;
        if response.status() != StatusCode::OK {
            return Err(KeyError::Status(uri.clone(), response.status()));
        }
        let body = Limited::new(response.into_body(), MAX_SIZE).collect().await;
        Ok(body.map_err(failed)?.to_bytes())
    }
}
