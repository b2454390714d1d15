//! NATS JetStream: an event is published when a stream has acknowledged it.
//!
//! CloudEvents in the binary content mode: attributes are `ce-…` headers, the message is the payload to the byte.
//! `Nats-Msg-Id` is the event's id, so that a stream drops what arrives twice within its duplicate window.
//!
//! Nothing is kept for a broker that is away: [`publish`](Publisher::publish) waits for the connection at most as long
//! as for an acknowledgement, and the relay still has the event.

use std::{error::Error, time::Duration};

use async_nats::{
    ClientError, ConnectOptions, HeaderMap, HeaderValue, ServerAddr, ServerError,
    jetstream::{
        self, Context,
        context::{ContextBuilder, PublishError, PublishErrorKind},
        message::PublishMessage,
        stream,
    },
};
use futures_util::future::BoxFuture;
use percent_encoding::percent_decode_str;
use thiserror::Error;
use tokio::{
    sync::{Mutex, watch},
    time::timeout,
};
use url::Url;

use super::{
    Misconfigured,
    cloud_event::{self, CloudEvent},
    trust,
};
use crate::{
    config::PublisherConfig,
    outbox::{Event, Publisher, Undelivered},
};

/// What every type of event starts with, and so every subject after its prefix.
const SUBJECTS: &str = "orders.>";

/// How long a stream of our making remembers ids. Covers a restart of relay and broker; the server keeps the ids in
/// memory, about 1 GB for ten minutes at 10,000 events a second.
const DUPLICATE_WINDOW: Duration = Duration::from_secs(10 * 60);

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
    ) -> Result<Nats, Misconfigured> {
        let stream = stream(config)?;
        let subject_prefix = subject_prefix(config)?;
        let (report, link) = watch::channel(Link::default());
        let mut options = ConnectOptions::new()
            .name("orders")
            .retry_on_initial_connect()
            .event_callback(move |event| {
                report.send_modify(|link| link.note(event));
                std::future::ready(())
            });
        if let Some(path) = &config.nats_credentials {
            let unusable = |error| Misconfigured::Credentials(path.clone(), error);
            options = options.credentials_file(path).await.map_err(unusable)?;
        }
        let is_encrypted = servers.iter().any(|server| server.scheme() == "tls");
        if is_encrypted || config.publisher_ca.is_some() {
            options = options.tls_client_config(trust::tls(config.publisher_ca.as_deref())?);
        }
        let options = authenticate(options, &servers);
        let addresses: Result<Vec<_>, _> = servers.into_iter().map(without_user).collect();
        let addresses = addresses.map_err(|_| Misconfigured::Publisher)?;
        let client = options.connect(addresses).await?;
        Ok(Nats {
            jetstream: ContextBuilder::new()
                .timeout(config.publish_timeout * 2) // ours comes first, and knows more to say
                .build(client),
            link,
            stream: stream::Config {
                subjects: vec![format!("{subject_prefix}{SUBJECTS}")],
                ..stream
            },
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

    /// Publishes first and makes a stream only if nobody listens: where operators made one, under whatever name, we
    /// need no right but that to publish.
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

    /// An acknowledgement that fails to come says nothing about the event, and all the more about the broker: it is
    /// overloaded, has no leader, or does not let us publish (which it never answers).
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

// === configuration ===

/// A stream for those who have none: everything is kept, on one server. Operators who want more make their own.
fn stream(config: &PublisherConfig) -> Result<stream::Config, Misconfigured> {
    let name = &config.nats_stream;
    let in_names = |byte: u8| byte.is_ascii_graphic() && !b".*>/\\".contains(&byte);
    if name.is_empty() || !name.bytes().all(in_names) {
        return Err(Misconfigured::Stream);
    }
    Ok(stream::Config {
        name: name.clone(),
        storage: stream::StorageType::File,
        duplicate_window: DUPLICATE_WINDOW,
        ..stream::Config::default()
    })
}

/// With the dot that ends it, or empty.
fn subject_prefix(config: &PublisherConfig) -> Result<String, Misconfigured> {
    let Some(prefix) = &config.nats_subject_prefix else {
        return Ok(String::new());
    };
    let in_words = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(in_words);
    if prefix.split('.').all(is_word) {
        Ok(format!("{prefix}."))
    } else {
        Err(Misconfigured::SubjectPrefix)
    }
}

/// `nats://user:password@host`, or `nats://token@host`, as every NATS client reads it.
fn authenticate(options: ConnectOptions, servers: &[Url]) -> ConnectOptions {
    let decoded = |text| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let named = servers.iter().find(|server| !server.username().is_empty());
    match named.map(|server| (decoded(server.username()), server.password().map(decoded))) {
        Some((user, Some(password))) => options.user_and_password(user, password),
        Some((token, None)) => options.token(token),
        None => options,
    }
}

/// The client writes addresses to the log.
fn without_user(mut server: Url) -> Result<ServerAddr, Box<dyn Error>> {
    let refused = |()| "an address without a host";
    server.set_password(None).map_err(refused)?;
    server.set_username("").map_err(refused)?;
    Ok(ServerAddr::from_url(server)?)
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
