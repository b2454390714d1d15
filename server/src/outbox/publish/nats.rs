//! NATS JetStream: an event is published when a stream has acknowledged it.
//!
//! CloudEvents in the binary content mode: attributes are `ce-…` headers, the message is the
//! payload to the byte. `Nats-Msg-Id` is the event's id, so that a stream drops what arrives twice
//! within its duplicate window.
//!
//! Nothing is kept for a broker that is away: [`publish`](Publisher::publish) waits for the
//! connection at most as long as for an acknowledgement, and the relay still has the event.

mod settings;

use std::{error::Error, future::ready, time::Duration};

use async_nats::{
    ClientError, HeaderMap, HeaderValue, ServerError,
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

use super::{
    Misconfigured,
    cloud_event::{self, CloudEvent},
};
use crate::{
    config::PublisherConfig,
    outbox::{Event, Publisher, Undelivered},
};

/// Publishes to JetStream.
pub struct Nats {
    jetstream: Context,
    link: watch::Receiver<Link>,
    /// The stream to make where no other takes our subjects.
    stream: stream::Config,
    /// How often that was made, so that of many who miss it one makes it.
    made: Mutex<u64>,
    subject_prefix: String,
    source: String,
    timeout: Duration,
}

/// The connection, which the client keeps by itself.
#[derive(Default)]
struct Link {
    up: bool,
    /// How often it was lost: what was sent before will not be acknowledged.
    losses: u64,
    /// The last complaint of either side.
    trouble: Option<String>,
}

/// Why NATS has not acknowledged.
#[derive(Debug, Error)]
enum Silence {
    #[error("not connected to NATS ({0})")]
    Away(String),
    #[error("the connection to NATS was lost")]
    Lost,
    #[error("NATS has not acknowledged the event in time ({0})")]
    Late(String),
}

// === impl Nats ===

impl Nats {
    /// Connects in the background, and again whenever the connection is lost.
    ///
    /// # Errors
    /// [`Misconfigured`].
    pub async fn connect(
        servers: Vec<Url>,
        config: &PublisherConfig,
    ) -> Result<Self, Misconfigured> {
        let (report, link) = watch::channel(Link::default());
        let options = settings::options(&servers, config)
            .await?
            .retry_on_initial_connect()
            .event_callback(move |event| {
                report.send_modify(|link| link.note(event));
                ready(())
            });
        let stream = settings::stream(config)?;
        let subject_prefix = settings::subject_prefix(config)?;
        let client = options.connect(settings::addresses(servers)?).await?;
        let jetstream = ContextBuilder::new()
            .timeout(config.publish_timeout * 2) // ours comes first, and knows more to say
            .build(client);
        Ok(Self {
            jetstream,
            link,
            stream,
            made: Mutex::default(),
            subject_prefix,
            source: config.event_source.clone(),
            timeout: config.publish_timeout,
        })
    }

    async fn deliver(&self, event: &Event) -> Result<(), Undelivered> {
        let message = self.message(event)?;
        let mut link = self.link.clone();
        let losses = link
            .wait_for(|link| link.up)
            .await
            .map_err(unavailable)?
            .losses;
        tokio::select! {
            biased;
            stored = self.store(event, message) => stored,
            _ = link.wait_for(|link| link.losses != losses) => Err(unavailable(Silence::Lost)),
        }
    }

    /// Publishes first and makes a stream only if nobody listens: where operators made one, under
    /// whatever name, we need no right but that to publish.
    async fn store(&self, event: &Event, message: PublishMessage) -> Result<(), Undelivered> {
        let made = *self.made.lock().await;
        match self.send(event, message.clone()).await {
            Err(error) if error.kind() == PublishErrorKind::StreamNotFound => {}
            sent => return sent.map_err(undelivered),
        }
        self.make_stream(made).await?;
        self.send(event, message).await.map_err(undelivered)
    }

    async fn send(&self, event: &Event, message: PublishMessage) -> Result<(), PublishError> {
        let subject = format!("{}{}", self.subject_prefix, event.event_type);
        self.jetstream.send_publish(subject, message).await?.await?;
        Ok(())
    }

    async fn make_stream(&self, seen: u64) -> Result<(), Undelivered> {
        let mut made = self.made.lock().await;
        if *made == seen {
            let stream = self.jetstream.get_or_create_stream(&self.stream);
            stream.await.map_err(unavailable)?;
            *made += 1;
        }
        Ok(())
    }

    fn message(&self, event: &Event) -> Result<PublishMessage, Undelivered> {
        let mut headers = HeaderMap::new();
        // Only the prefixed one is of the binding, but most SDKs look for this.
        headers.insert("content-type", cloud_event::DATA);
        for (name, value) in CloudEvent::new(event, &self.source).attributes() {
            let value: HeaderValue = value.parse().map_err(rejected)?;
            if name == "traceparent" {
                headers.insert(name, value.clone()); // where OpenTelemetry looks for it
            }
            headers.insert(format!("ce-{name}"), value);
        }
        Ok(PublishMessage::build()
            .headers(headers)
            .message_id(event.id.to_string()) // after the headers, which replace it
            .payload(event.payload.clone().into()))
    }

    /// An acknowledgement that fails to come says nothing about the event, and all the more about
    /// the broker: it is overloaded, has no leader, or does not let us publish (which it never
    /// answers).
    fn silence(&self) -> Undelivered {
        let link = self.link.borrow();
        let trouble = link
            .trouble
            .clone()
            .unwrap_or_else(|| "no reason known".to_owned());
        unavailable(if link.up {
            Silence::Late(trouble)
        } else {
            Silence::Away(trouble)
        })
    }
}

impl Publisher for Nats {
    fn publish<'a>(&'a self, event: &'a Event) -> BoxFuture<'a, Result<(), Undelivered>> {
        Box::pin(async move {
            let delivered = timeout(self.timeout, self.deliver(event)).await;
            delivered.unwrap_or_else(|_| Err(self.silence()))
        })
    }
}

// === impl Link ===

impl Link {
    fn note(&mut self, event: async_nats::Event) {
        match event {
            async_nats::Event::Connected => {
                self.up = true;
                self.trouble = None;
            }
            async_nats::Event::Disconnected => {
                self.up = false;
                self.losses += 1;
            }
            async_nats::Event::ClientError(ClientError::Other(trouble))
            | async_nats::Event::ServerError(ServerError::Other(trouble)) => {
                self.trouble = Some(trouble);
            }
            async_nats::Event::ServerError(trouble) => self.trouble = Some(trouble.to_string()),
            _ => {}
        }
    }
}

// === errors ===

/// JetStream has the status classes of HTTP: 4xx is about this event, 5xx about the server.
fn undelivered(error: PublishError) -> Undelivered {
    let answer = error
        .source()
        .and_then(|source| source.downcast_ref::<jetstream::Error>());
    match (error.kind(), answer.map(jetstream::Error::code)) {
        (_, Some(429)) => unavailable(error),
        (PublishErrorKind::MaxPayloadExceeded, _) | (_, Some(400..=499)) => Undelivered::Refused {
            retry_after: None,
            cause: error.into(),
        },
        _ => unavailable(error),
    }
}

fn unavailable(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Undelivered {
    Undelivered::Unavailable {
        retry_after: None,
        cause: cause.into(),
    }
}

fn rejected(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Undelivered {
    Undelivered::Rejected {
        cause: cause.into(),
    }
}
