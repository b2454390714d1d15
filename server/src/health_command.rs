//! `orders health`: asks a running service for its readiness, for containers without a shell.

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::Empty;
use thiserror::Error;
use tokio::time::timeout;
use tower::BoxError;

use crate::{
    config::HealthCommand,
    http_client::{self, is_loopback},
    tls::TlsError,
};

/// Why the service is not ready.
#[derive(Debug, Error)]
pub enum HealthError {
    /// The address is neither `https://` nor one of this machine.
    #[error("--url must be an https:// address, or an http:// address of this machine")]
    Address,
    /// TLS cannot be set up.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The service cannot be reached.
    #[error("no response")]
    Request(#[source] BoxError),
    /// The service did not respond in time.
    #[error("no response in time")]
    Timeout,
    /// The service is not ready.
    #[error("not ready: status {0}")]
    Status(StatusCode),
}

/// Sends one request.
///
/// # Errors
/// [`HealthError`] unless the response is 200.
pub async fn check(command: HealthCommand) -> Result<(), HealthError> {
    let address = &command.url;
    let is_safe = address.scheme() == "https" || address.scheme() == "http" && is_loopback(address);
    let (true, Ok(request)) = (
        is_safe,
        Request::get(address.as_str()).body(Empty::<Bytes>::new()),
    ) else {
        return Err(HealthError::Address);
    };
    let client = http_client::new(http_client::connector(address, None, command.timeout)?);
    let response = timeout(command.timeout, client.request(request)).await;
    let response = response.map_err(|_| HealthError::Timeout)?;
    match response
        .map_err(|error| HealthError::Request(error.into()))?
        .status()
    {
        StatusCode::OK => Ok(()),
        status => Err(HealthError::Status(status)),
    }
}
