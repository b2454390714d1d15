//! Webhooks by Standard Webhooks 1.0: an event is published when the receiver has responded 2xx.
//!
//! Requests are CloudEvents in the structured content mode: one JSON object that contains the
//! payload, byte for byte.
//!
//! **Invariant:** the signed bytes are the sent bytes.

mod response;
mod signature;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{
    HeaderName, Request, Uri,
    header::{CONTENT_TYPE, USER_AGENT},
};
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use secrecy::ExposeSecret;
use thiserror::Error;
use tokio::time::timeout;
use tower::{BoxError, ServiceExt};
use url::Url;

use self::{
    response::{drain, result, retry_after},
    signature::Signer,
};
use super::{
    DeliveryError, Publisher, Settings, SettingsError,
    cloud_event::{self, CloudEvent},
};
use crate::{
    http_client::{self, Connector},
    outbox::event::Event,
    trace_context::TRACEPARENT,
};

const ID: HeaderName = HeaderName::from_static("webhook-id");
const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");

/// Publishes to a webhook.
pub struct Webhook {
    client: Client<Connector, Full<Bytes>>,
    connector: Connector,
    address: Uri,
    signer: Signer,
    source: String,
    timeout: Duration,
}

/// The receiver has not responded in time.
#[derive(Debug, Error)]
#[error("the receiver has not responded within {0:?}")]
struct ResponseTimeout(Duration);

// === impl Webhook ===

impl Webhook {
    /// Connects when the first event is published.
    ///
    /// # Errors
    /// [`SettingsError`] if a setting for webhooks is wrong.
    pub fn new(address: &Url, settings: &Settings) -> Result<Self, SettingsError> {
        let secrets = settings.webhook_secrets.as_ref();
        let secrets = secrets.ok_or(SettingsError::NoSecrets)?;
        // Connecting may take half of the timeout. A machine that drops packets then counts as
        // unavailable, and not as a receiver that refuses the event.
        let ca_file = settings.ca_file.as_deref();
        let connector = http_client::connector(address, ca_file, settings.timeout / 2)?;
        let uri = address.as_str().parse();
        Ok(Self {
            client: http_client::new(connector.clone()),
            connector,
            address: uri.map_err(|_| SettingsError::Endpoint)?,
            signer: Signer::new(secrets.expose_secret()).ok_or(SettingsError::Secrets)?,
            source: settings.event_source.clone(),
            timeout: settings.timeout,
        })
    }

    async fn deliver(&self, event: &Event) -> Result<(), DeliveryError> {
        let request = self
            .request(event, SystemTime::now())
            .map_err(DeliveryError::permanent)?;
        let response = match timeout(self.timeout, self.client.request(request)).await {
            Ok(Ok(response)) => response,
            // Without a connection the receiver has not seen the event. Once it was sent, the event
            // itself may be what makes the receiver fail.
            Ok(Err(error)) if error.is_connect() => {
                return Err(DeliveryError::unavailable(None, error));
            }
            Ok(Err(error)) => return Err(DeliveryError::ambiguous(None, error)),
            Err(_) => {
                return Err(DeliveryError::ambiguous(
                    None,
                    ResponseTimeout(self.timeout),
                ));
            }
        };
        let (head, body) = response.into_parts();
        drain(body).await;
        result(head.status, retry_after(&head.headers, SystemTime::now()))
    }

    fn request(&self, event: &Event, now: SystemTime) -> Result<Request<Full<Bytes>>, BoxError> {
        let cloud_event = CloudEvent::new(event, &self.source);
        let body = cloud_event.structured()?;
        let id = event.id.to_string();
        let timestamp = now.duration_since(UNIX_EPOCH)?.as_secs();
        let signature = self.signer.sign(&id, timestamp, &body);
        let mut request = Request::post(&self.address)
            .header(CONTENT_TYPE, cloud_event::STRUCTURED)
            .header(USER_AGENT, concat!("orders/", env!("CARGO_PKG_VERSION")))
            .header(ID, id)
            .header(TIMESTAMP, timestamp)
            .header(SIGNATURE, signature);
        if let Some(parent) = cloud_event.message_trace_parent() {
            request = request.header(TRACEPARENT, parent.as_str());
        }
        Ok(request.body(body.into())?)
    }
}

impl Publisher for Webhook {
    fn publish<'a>(&'a self, event: &'a Event) -> BoxFuture<'a, Result<(), DeliveryError>> {
        Box::pin(self.deliver(event))
    }

    fn check(&self) -> BoxFuture<'_, Result<String, DeliveryError>> {
        Box::pin(async {
            let connected = self.connector.clone().oneshot(self.address.clone()).await;
            connected.map_err(|error| DeliveryError::unavailable(None, error))?;
            Ok("the receiver of the webhook accepts connections".to_owned())
        })
    }
}
