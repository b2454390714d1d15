//! The brokers there are, and the choice between them.

mod cloud_event;
mod log;
mod nats;
mod target;
mod trust;
mod webhook;

use std::{io, path::PathBuf, sync::Arc};

use rustls::pki_types::pem;
use thiserror::Error;

use self::{log::Log, nats::Nats, target::Target, webhook::Webhook};
use super::Publisher;
use crate::config::PublisherConfig;

/// Why there can be no publisher. Nothing here repeats a value, because addresses and secrets are
/// not to be shown.
#[derive(Debug, Error)]
pub enum Misconfigured {
    /// Neither `log` nor an address of a kind we know.
    #[error(
        "ORDERS_PUBLISHER is `log`, a nats:// or tls:// address, or the https:// address of a webhook"
    )]
    Publisher,
    /// Whoever is on the way could read the events.
    #[error("ORDERS_PUBLISHER is an http:// address of another machine: a webhook takes https://")]
    Plaintext,
    /// An address with a password that would have to be sent, and with what else no address of a
    /// webhook has.
    #[error(
        "ORDERS_PUBLISHER is the address of a webhook with a user or a fragment: it takes neither"
    )]
    WebhookAddress,
    /// A webhook whose receiver could not tell our events from forged ones.
    #[error("a webhook needs ORDERS_WEBHOOK_SECRETS: one `whsec_…` secret, or two with a comma")]
    NoSecrets,
    /// Something that is no secret by Standard Webhooks.
    #[error("ORDERS_WEBHOOK_SECRETS are one or two times `whsec_` and 24 to 64 bytes in Base64")]
    Secrets,
    /// Not what CloudEvents calls a source.
    #[error(
        "ORDERS_EVENT_SOURCE is a URI reference, such as `/orders` or `https://shop.example/orders`"
    )]
    Source,
    /// Not what NATS calls a stream.
    #[error("ORDERS_NATS_STREAM is a name without white space, dots, slashes and wildcards")]
    Stream,
    /// Not what NATS calls a subject.
    #[error("ORDERS_NATS_SUBJECT_PREFIX is words of letters, digits, _ and -, separated by dots")]
    SubjectPrefix,
    /// No authority to trust.
    #[error("no certificate authorities in {0}")]
    Authorities(PathBuf, #[source] pem::Error),
    /// No authority to trust either.
    #[error("the system trusts no certificate authorities; name some with ORDERS_PUBLISHER_CA")]
    NoAuthorities,
    /// A set-up of TLS that the library refuses.
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
    /// Nobody to be for NATS.
    #[error("cannot use the NATS credentials in {0}")]
    Credentials(PathBuf, #[source] io::Error),
    /// Addresses that the library refuses.
    #[error("cannot use the NATS addresses")]
    Nats(#[from] async_nats::ConnectError),
}

/// The publisher that the configuration asks for. A broker that is away does not matter yet: events
/// then come back as [`Unavailable`](super::Undelivered::Unavailable) until it is there.
///
/// # Errors
/// [`Misconfigured`], when waiting would not help.
pub async fn connect(config: &PublisherConfig) -> Result<Arc<dyn Publisher>, Misconfigured> {
    if !cloud_event::is_source(&config.event_source) {
        return Err(Misconfigured::Source);
    }
    Ok(match Target::of(config)? {
        Target::Log => Arc::new(Log),
        Target::Nats(servers) => Arc::new(Nats::connect(servers, config).await?),
        Target::Webhook(address) => Arc::new(Webhook::new(&address, config)?),
    })
}
