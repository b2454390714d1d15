//! NATS JetStream: an event is published when a stream has acknowledged it.
//!
//! Messages are CloudEvents in the binary content mode: the attributes are `ce-…` headers, and the
//! message is the payload, byte for byte. `Nats-Msg-Id` is the event's id, so a stream drops a
//! duplicate within its duplicate window.
//!
//! Nothing is queued while the broker is unreachable: [`publish`](Publisher::publish) waits for
//! the connection within its timeout, and the relay keeps the event.

mod connection;
mod options;

use std::{error::Error, future::ready, time::Duration};

use async_nats::{
    HeaderMap, HeaderValue,
    jetstream::{
        self, Context,
        context::{ContextBuilder, PublishError, PublishErrorKind},
        message::PublishMessage,
        stream,
    },
};
use futures_util::future::BoxFuture;
use thiserror::Error;
use tokio::{
    sync::{Mutex, watch},
    time::timeout,
};
use url::Url;

use self::connection::ConnectionState;
use super::{
    DeliveryError, Publisher, Settings, SettingsError,
    cloud_event::{self, CloudEvent},
};
use crate::{outbox::event::Event, trace_context::TRACEPARENT};

/// Publishes to JetStream.
pub struct Nats {
    jetstream: Context,
    connection: watch::Receiver<ConnectionState>,
    /// The stream that is created if no stream accepts the subjects.
    stream: stream::Config,
    /// How often the stream was created, so that only one of several concurrent publishes that
    /// miss it creates it.
    creations: Mutex<u64>,
    subject_prefix: String,
    source: String,
    timeout: Duration,
}

/// Why JetStream has not acknowledged an event.
#[derive(Debug, Error)]
enum NoAcknowledgement {
    #[error("not connected to NATS ({0})")]
    Disconnected(String),
    #[error("the connection to NATS was lost")]
    ConnectionLost,
    #[error("NATS has not acknowledged the event in time ({0})")]
    Timeout(String),
}

// === impl Nats ===

impl Nats {
    /// Connects in the background, and again whenever the connection is lost.
    ///
    /// # Errors
    /// [`SettingsError`] if a setting for NATS is wrong.
    pub async fn connect(servers: Vec<Url>, settings: &Settings) -> Result<Self, SettingsError> {
        let (state, connection) = watch::channel(ConnectionState::default());
        let options = options::connect_options(&servers, settings)
            .await?
            .retry_on_initial_connect()
            .event_callback(move |event| {
                state.send_modify(|state| state.on_event(event));
                ready(())
            });
        let stream = options::stream(settings)?;
        let subject_prefix = options::subject_prefix(settings)?;
        let client = options.connect(options::addresses(servers)?).await?;
        let jetstream = ContextBuilder::new()
            // `publish` has the shorter timeout, and its error says more.
            .timeout(settings.timeout * 2)
            .build(client);
        Ok(Self {
            jetstream,
            connection,
            stream,
            creations: Mutex::default(),
            subject_prefix,
            source: settings.event_source.clone(),
            timeout: settings.timeout,
        })
    }

    async fn deliver(&self, event: &Event) -> Result<(), DeliveryError> {
        let message = self.message(event)?;
        let mut connection = self.connection.clone();
        let losses = connection
            .wait_for(|state| state.is_connected)
            .await
            .map_err(unavailable)?
            .losses;
        tokio::select! {
            biased;
            stored = self.store(event, message) => stored,
            // What was sent before the loss is never acknowledged.
            _ = connection.wait_for(|state| state.losses != losses) => {
                Err(unavailable(NoAcknowledgement::ConnectionLost))
            }
        }
    }

    /// Publishes first, and creates a stream only if none accepts the subject. If operators have
    /// created a stream, under any name, the service needs no permission but that to publish.
    async fn store(&self, event: &Event, message: PublishMessage) -> Result<(), DeliveryError> {
        let creations = *self.creations.lock().await;
        match self.send(event, message.clone()).await {
            Err(error) if error.kind() == PublishErrorKind::StreamNotFound => {}
            sent => return sent.map_err(delivery_error),
        }
        self.create_stream(creations).await?;
        self.send(event, message).await.map_err(delivery_error)
    }

    async fn send(&self, event: &Event, message: PublishMessage) -> Result<(), PublishError> {
        let subject = format!("{}{}", self.subject_prefix, event.event_type);
        self.jetstream.send_publish(subject, message).await?.await?;
        Ok(())
    }

    /// Says which stream takes the events.
    async fn find_stream(&self) -> Result<String, DeliveryError> {
        let mut connection = self.connection.clone();
        let connected = connection.wait_for(|state| state.is_connected).await;
        connected.map_err(unavailable)?;
        let subject = format!("{}orders.closed", self.subject_prefix);
        match self.jetstream.stream_by_subject(&subject).await {
            Ok(stream) => Ok(format!("the stream {stream} takes {subject}")),
            Err(_) => Ok(format!(
                "no stream takes {subject}; the relay creates {} with the first event",
                self.stream.name
            )),
        }
    }

    /// Creates the stream, unless another publish has since there were `seen` creations.
    async fn create_stream(&self, seen: u64) -> Result<(), DeliveryError> {
        let mut creations = self.creations.lock().await;
        if *creations == seen {
            let stream = self.jetstream.get_or_create_stream(&self.stream);
            stream.await.map_err(unavailable)?;
            *creations += 1;
        }
        Ok(())
    }

    fn message(&self, event: &Event) -> Result<PublishMessage, DeliveryError> {
        let mut headers = HeaderMap::new();
        // The binding knows only `ce-datacontenttype`, but most SDKs read this header.
        headers.insert("content-type", cloud_event::DATA);
        let cloud_event = CloudEvent::new(event, &self.source);
        for (name, value) in cloud_event.attributes() {
            let value: HeaderValue = value.parse().map_err(DeliveryError::permanent)?;
            headers.insert(format!("ce-{name}"), value);
        }
        if let Some(parent) = cloud_event.message_trace_parent() {
            headers.insert(TRACEPARENT.as_str(), parent.as_str()); // OpenTelemetry reads this one
        }
        Ok(PublishMessage::build()
            .headers(headers)
            .message_id(event.id.to_string()) // after `headers`, which replaces it
            .payload(event.payload.clone().into()))
    }

    /// A missing acknowledgement is the broker's failure and not the event's: the broker is
    /// overloaded, has no leader, or denies the permission to publish (which it never responds to).
    fn no_acknowledgement(&self) -> DeliveryError {
        let state = self.connection.borrow();
        let error = state.last_error.as_deref().unwrap_or("no reason known");
        unavailable(if state.is_connected {
            NoAcknowledgement::Timeout(error.to_owned())
        } else {
            NoAcknowledgement::Disconnected(error.to_owned())
        })
    }
}

impl Publisher for Nats {
    fn publish<'a>(&'a self, event: &'a Event) -> BoxFuture<'a, Result<(), DeliveryError>> {
        Box::pin(async move {
            let delivered = timeout(self.timeout, self.deliver(event)).await;
            delivered.unwrap_or_else(|_| Err(self.no_acknowledgement()))
        })
    }

    fn check(&self) -> BoxFuture<'_, Result<String, DeliveryError>> {
        Box::pin(async {
            let found = timeout(self.timeout, self.find_stream()).await;
            found.unwrap_or_else(|_| Err(self.no_acknowledgement()))
        })
    }
}

// === errors ===

/// JetStream's codes have the classes of HTTP's: 4xx concerns the event, 5xx the server.
fn delivery_error(error: PublishError) -> DeliveryError {
    let response = error
        .source()
        .and_then(|source| source.downcast_ref::<jetstream::Error>());
    match (error.kind(), response.map(jetstream::Error::code)) {
        (_, Some(429)) => unavailable(error),
        (PublishErrorKind::MaxPayloadExceeded, _) | (_, Some(400..=499)) => {
            DeliveryError::retryable(None, error)
        }
        _ => unavailable(error),
    }
}

fn unavailable(cause: impl Into<Box<dyn Error + Send + Sync>>) -> DeliveryError {
    DeliveryError::unavailable(None, cause)
}
