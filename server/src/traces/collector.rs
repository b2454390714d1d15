//! The HTTP client that sends spans to the collector.

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::Client;
use opentelemetry_http::{HttpClient, HttpError};
use thiserror::Error;
use tokio::{runtime::Handle, time::timeout};

use crate::{
    error_chain::Chain,
    http_client::{self, Connector},
    log_limit::LogLimit,
};

/// The time that the collector has to respond: that of the OTLP specification.
pub const TIMEOUT: Duration = Duration::from_secs(10);

/// The largest response, in bytes. One without an error is empty.
const MAX_RESPONSE: usize = 64 * 1024;

/// Sends on the runtime it was made on: the thread of the exporter has none. Warns of failures.
#[derive(Debug)]
pub struct Collector {
    client: Client<Connector, Full<Bytes>>,
    runtime: Handle,
    failures: LogLimit,
}

/// The collector has not responded in time.
#[derive(Debug, Error)]
#[error("no response within {TIMEOUT:?}")]
struct ResponseTimeout;

// === impl Collector ===

impl Collector {
    /// Connects with the first spans. Must be called on a runtime.
    pub fn new(connector: Connector) -> Self {
        Self {
            client: http_client::new(connector),
            runtime: Handle::current(),
            failures: LogLimit::new(),
        }
    }

    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let sending = send(self.client.clone(), request.map(Full::new));
        let bounded = async {
            timeout(TIMEOUT, sending)
                .await
                .map_err(|_| ResponseTimeout)?
        };
        let sent = self.runtime.spawn(bounded).await.map_err(HttpError::from);
        let sent = sent.and_then(|sent| sent);
        match &sent {
            Ok(response) if response.status() == StatusCode::OK => {}
            Ok(response) => {
                let status = response.status();
                self.warn(format_args!("it responded {status}"));
            }
            Err(error) => self.warn(format_args!("{}", Chain(&**error))),
        }
        sent
    }

    fn warn(&self, cause: std::fmt::Arguments<'_>) {
        self.failures
            .warn(format_args!("the collector takes no spans: {cause}"));
    }
}

impl HttpClient for Collector {
    fn send_bytes<'client, 'sent>(
        &'client self,
        request: Request<Bytes>,
    ) -> BoxFuture<'sent, Result<Response<Bytes>, HttpError>>
    where
        'client: 'sent,
        Self: 'sent,
    {
        Box::pin(self.send(request))
    }
}

async fn send(
    client: Client<Connector, Full<Bytes>>,
    request: Request<Full<Bytes>>,
) -> Result<Response<Bytes>, HttpError> {
    let (head, body) = client.request(request).await?.into_parts();
    let body = Limited::new(body, MAX_RESPONSE).collect().await?.to_bytes();
    Ok(Response::from_parts(head, body))
}
