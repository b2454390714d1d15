//! Where an operator said events go. Addresses carry passwords and tokens, so none is ever shown.

use secrecy::ExposeSecret;
use url::{Host, Url};

use super::Misconfigured;
use crate::config::PublisherConfig;

/// A kind of publisher, and where its broker is.
pub enum Target {
    /// The log.
    Log,
    /// The servers of a NATS cluster, at least one.
    Nats(Vec<Url>),
    /// A webhook.
    Webhook(Url),
}

// === impl Target ===

impl Target {
    /// # Errors
    /// [`Misconfigured`] says what is wrong with the address.
    pub fn of(config: &PublisherConfig) -> Result<Self, Misconfigured> {
        let text = config.publisher.expose_secret();
        if text == "log" {
            return Ok(Self::Log);
        }
        if let Ok(address) = text.parse::<Url>()
            && matches!(address.scheme(), "http" | "https")
        {
            return webhook(address);
        }
        let servers: Result<Vec<Url>, _> =
            text.split(',').map(|text| text.trim().parse()).collect();
        let is_server =
            |address: &Url| matches!(address.scheme(), "nats" | "tls") && address.has_host();
        match servers {
            Ok(servers) if servers.iter().all(is_server) => Ok(Self::Nats(servers)),
            _ => Err(Misconfigured::Publisher),
        }
    }
}

fn webhook(address: Url) -> Result<Target, Misconfigured> {
    if address.scheme() == "http" && !is_loopback(&address) {
        return Err(Misconfigured::Plaintext);
    }
    // A user in an http address is deprecated (RFC 9110 §4.2.4), and the signature says better who
    // we are.
    let has_user = !address.username().is_empty() || address.password().is_some();
    if has_user || address.fragment().is_some() {
        return Err(Misconfigured::WebhookAddress);
    }
    Ok(Target::Webhook(address))
}

/// What needs no encryption, because it never leaves this machine.
fn is_loopback(address: &Url) -> bool {
    match address.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}
