//! The settings of all publishers, and what can be wrong with them.

use std::{io, path::PathBuf, time::Duration};

use secrecy::SecretString;
use thiserror::Error;

use crate::tls::TlsError;

/// The settings of all publishers. `Debug` shows no secret.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `log`, the addresses of NATS servers, or the address of a webhook. Secret, because an
    /// address may contain a password or a token.
    pub endpoint: SecretString,
    /// The time that the broker has to acknowledge an event.
    pub timeout: Duration,
    /// A PEM file of certificate authorities. `None`: those of the system.
    pub ca_file: Option<PathBuf>,
    /// The CloudEvents attribute `source`.
    pub event_source: String,
    /// The name of the JetStream stream that is created if no stream accepts the events.
    pub nats_stream: String,
    /// What precedes the event type in a subject, without the dot between them.
    pub nats_subject_prefix: Option<String>,
    /// A NATS credentials file.
    pub nats_credentials: Option<PathBuf>,
    /// The secrets that sign webhooks, separated by a comma.
    pub webhook_secrets: Option<SecretString>,
}

/// Why no publisher can be made from the settings. No variant repeats an address or a secret.
#[derive(Debug, Error)]
pub enum SettingsError {
    /// The endpoint is neither `log` nor an address with a known scheme.
    #[error(
        "ORDERS_PUBLISHER must be `log`, a nats:// or tls:// address, or the https:// address of a webhook"
    )]
    Endpoint,
    /// A webhook on another machine without TLS: the network could read the events.
    #[error("ORDERS_PUBLISHER is an http:// address of another machine: a webhook needs https://")]
    Plaintext,
    /// A webhook's address has a user, a password or a fragment.
    #[error("ORDERS_PUBLISHER is the address of a webhook with a user or a fragment: remove it")]
    WebhookAddress,
    /// A webhook without secrets: its receiver could not tell genuine events from forged ones.
    #[error("a webhook needs ORDERS_WEBHOOK_SECRETS: one `whsec_…` secret, or two with a comma")]
    NoSecrets,
    /// A secret that Standard Webhooks does not allow.
    #[error(
        "ORDERS_WEBHOOK_SECRETS must be one or two secrets: `whsec_` and 24 to 64 bytes in Base64"
    )]
    Secrets,
    /// Not a `source` of CloudEvents.
    #[error(
        "ORDERS_EVENT_SOURCE must be a URI reference, such as `/orders` or `https://shop.example/orders`"
    )]
    Source,
    /// Not the name of a NATS stream.
    #[error("ORDERS_NATS_STREAM must be a name without white space, dots, slashes and wildcards")]
    Stream,
    /// Not the beginning of a NATS subject.
    #[error(
        "ORDERS_NATS_SUBJECT_PREFIX must be words of letters, digits, _ and -, separated by dots"
    )]
    SubjectPrefix,
    /// TLS cannot be set up.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The credentials file cannot be read.
    #[error("cannot use the NATS credentials in {0}")]
    Credentials(PathBuf, #[source] io::Error),
    /// The NATS library refuses the addresses.
    #[error("cannot use the NATS addresses")]
    Nats(#[from] async_nats::ConnectError),
}
