//! Webhooks by Standard Webhooks 1.0: an event is published when the receiver has answered 2xx.
//!
//! CloudEvents in the structured content mode: one JSON object with the payload in it to the byte.
//! The bytes that are signed are the bytes that are sent.

use std::{
    error::Error,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use hmac::{Hmac, KeyInit, Mac};
use http::{
    HeaderMap, HeaderName, HeaderValue, Request, StatusCode, Uri,
    header::{CONTENT_TYPE, RETRY_AFTER, USER_AGENT},
};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo, TokioTimer},
};
use secrecy::ExposeSecret;
use sha2::Sha256;
use thiserror::Error;
use tokio::{net::TcpStream, time::timeout};
use tower::{BoxError, ServiceExt, timeout::Timeout, util::BoxCloneSyncService};
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

const ID: HeaderName = HeaderName::from_static("webhook-id");
const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");
const TRACE_PARENT: HeaderName = HeaderName::from_static("traceparent");

/// A receiver that asks for more is asked again sooner: one wrong header must not stop events for
/// days.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(10 * 60);

/// Read so that the connection can be used again; what is longer costs a new connection.
const LONGEST_ANSWER: usize = 64 * 1024;

/// Nor is a slow one worth waiting for: its status is known.
const SLOWEST_ANSWER: Duration = Duration::from_secs(1);

type Connector = BoxCloneSyncService<Uri, MaybeHttpsStream<TokioIo<TcpStream>>, BoxError>;

/// Publishes to a webhook.
pub struct Webhook {
    client: Client<Connector, Full<Bytes>>,
    address: Uri,
    /// One a secret, the newest first.
    signers: Vec<Hmac<Sha256>>,
    source: String,
    timeout: Duration,
}

/// Why a receiver has not taken an event.
#[derive(Debug, Error)]
enum Refusal {
    #[error("the receiver answered {0}")]
    Status(StatusCode),
    #[error("the receiver has not answered within {0:?}")]
    Late(Duration),
}

// === impl Webhook ===

impl Webhook {
    /// Connects when there is something to send.
    ///
    /// # Errors
    /// [`Misconfigured`].
    pub fn new(address: &Url, config: &PublisherConfig) -> Result<Self, Misconfigured> {
        let secrets = config
            .webhook_secrets
            .as_ref()
            .ok_or(Misconfigured::NoSecrets)?;
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(30)) // less than servers commonly keep one
            .build(connector(address, config)?);
        Ok(Self {
            client,
            address: address
                .as_str()
                .parse()
                .map_err(|_| Misconfigured::Publisher)?,
            signers: signers(secrets.expose_secret()).ok_or(Misconfigured::Secrets)?,
            source: config.event_source.clone(),
            timeout: config.publish_timeout,
        })
    }

    async fn deliver(&self, event: &Event) -> Result<(), Undelivered> {
        let request = self.request(event, SystemTime::now()).map_err(rejected)?;
        let response = match timeout(self.timeout, self.client.request(request)).await {
            Ok(Ok(response)) => response,
            // Nobody there: no fault of this event. Once it was sent, it may be what breaks the
            // receiver.
            Ok(Err(error)) if error.is_connect() => return Err(unavailable(None, error)),
            Ok(Err(error)) => return Err(refused(None, error)),
            Err(_) => return Err(refused(None, Refusal::Late(self.timeout))),
        };
        let (head, body) = response.into_parts();
        drain(body).await;
        verdict(head.status, retry_after(&head.headers, SystemTime::now()))
    }

    fn request(&self, event: &Event, now: SystemTime) -> Result<Request<Full<Bytes>>, BoxError> {
        let body = CloudEvent::new(event, &self.source).structured()?;
        let id = event.id.to_string();
        let timestamp = now.duration_since(UNIX_EPOCH)?.as_secs();
        let signature = self.signature(&id, timestamp, &body);
        let mut request = Request::post(&self.address)
            .header(CONTENT_TYPE, cloud_event::STRUCTURED)
            .header(USER_AGENT, concat!("orders/", env!("CARGO_PKG_VERSION")))
            .header(ID, id)
            .header(TIMESTAMP, timestamp)
            .header(SIGNATURE, signature);
        if let Some(parent) = &event.trace_parent {
            request = request.header(TRACE_PARENT, parent);
        }
        Ok(request.body(body.into())?)
    }

    /// `v1,` and the HMAC in Base64, for each secret (Standard Webhooks, "Signature scheme"): a
    /// receiver that knows either the new secret or the old one finds its own.
    fn signature(&self, id: &str, timestamp: u64, body: &[u8]) -> String {
        let sign = |signer: &Hmac<Sha256>| {
            let mac = signer
                .clone()
                .chain_update(format!("{id}.{timestamp}."))
                .chain_update(body);
            format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
        };
        self.signers.iter().map(sign).collect::<Vec<_>>().join(" ")
    }
}

impl Publisher for Webhook {
    fn publish<'a>(&'a self, event: &'a Event) -> BoxFuture<'a, Result<(), Undelivered>> {
        Box::pin(self.deliver(event))
    }
}

// === configuration ===

/// TCP and TLS together take at most half of the time there is for an event: a machine that
/// swallows packets then counts as away, not as one that dislikes the event.
fn connector(address: &Url, config: &PublisherConfig) -> Result<Connector, Misconfigured> {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    let patience = config.publish_timeout / 2;
    if address.scheme() == "http" {
        let plain = tcp.map_response(MaybeHttpsStream::Http);
        return Ok(Connector::new(Timeout::new(plain, patience)));
    }
    let tls = HttpsConnectorBuilder::new()
        .with_tls_config(trust::tls(config.publisher_ca.as_deref())?)
        .https_only()
        .enable_all_versions()
        .wrap_connector(tcp);
    Ok(Connector::new(Timeout::new(tls, patience)))
}

/// `whsec_` and 24 to 64 bytes in Base64, once or twice.
fn signers(secrets: &str) -> Option<Vec<Hmac<Sha256>>> {
    let signer = |secret: &str| {
        let key = STANDARD
            .decode(secret.trim().strip_prefix("whsec_")?)
            .ok()?;
        let is_long_enough = (24..=64).contains(&key.len());
        is_long_enough
            .then(|| Hmac::new_from_slice(&key).ok())
            .flatten()
    };
    let signers = secrets.split(',').map(signer).collect::<Option<Vec<_>>>()?;
    (signers.len() <= 2).then_some(signers)
}

// === answers ===

/// What an answer means. 502 and 504 are refusals too: if it is this event that brings down what is
/// behind a proxy, it has to be parked one day.
fn verdict(status: StatusCode, retry_after: Option<Duration>) -> Result<(), Undelivered> {
    let refusal = Refusal::Status(status);
    match status {
        status if status.is_success() => Ok(()),
        StatusCode::GONE => Err(rejected(refusal)),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            Err(unavailable(retry_after, refusal))
        }
        _ => Err(refused(retry_after, refusal)), // redirects too: they are not followed
    }
}

/// Seconds or a date (RFC 9110 §10.2.3).
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER).map(HeaderValue::to_str)?.ok()?;
    let wait = match text.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => httpdate::parse_http_date(text)
            .ok()?
            .duration_since(now)
            .unwrap_or_default(),
    };
    Some(wait.min(LONGEST_RETRY_AFTER))
}

/// Reads the rest of an answer, whatever it is.
async fn drain(body: Incoming) {
    let rest = Limited::new(body, LONGEST_ANSWER).collect();
    let _ = timeout(SLOWEST_ANSWER, rest).await;
}

fn unavailable(
    retry_after: Option<Duration>,
    cause: impl Into<Box<dyn Error + Send + Sync>>,
) -> Undelivered {
    Undelivered::Unavailable {
        retry_after,
        cause: cause.into(),
    }
}

fn refused(
    retry_after: Option<Duration>,
    cause: impl Into<Box<dyn Error + Send + Sync>>,
) -> Undelivered {
    Undelivered::Refused {
        retry_after,
        cause: cause.into(),
    }
}

fn rejected(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Undelivered {
    Undelivered::Rejected {
        cause: cause.into(),
    }
}
