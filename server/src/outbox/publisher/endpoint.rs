//! The endpoint of a publisher: which kind of broker, and its addresses.

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::settings::SettingsError;
use crate::http_client::is_loopback;

/// A kind of broker with its addresses. Not `Debug`, because addresses may contain passwords and
/// tokens.
pub enum Endpoint {
    /// The log of this process.
    Log,
    /// The servers of a NATS cluster, at least one.
    Nats(Vec<Url>),
    /// A webhook.
    Webhook(Url),
}

// === impl Endpoint ===

impl Endpoint {
    /// Reads `log`, one `http://` or `https://` address, or `nats://` and `tls://` addresses
    /// separated by commas.
    ///
    /// # Errors
    /// [`SettingsError::Endpoint`], and [`SettingsError::Plaintext`] and
    /// [`SettingsError::WebhookAddress`] for a webhook.
    pub fn parse(text: &SecretString) -> Result<Self, SettingsError> {
        let text = text.expose_secret();
        if text == "log" {
            return Ok(Self::Log);
        }
        if let Ok(address) = text.parse::<Url>()
            && matches!(address.scheme(), "http" | "https")
        {
            return Self::webhook(address);
        }
        let servers: Result<Vec<Url>, _> =
            text.split(',').map(|text| text.trim().parse()).collect();
        let is_server =
            |address: &Url| matches!(address.scheme(), "nats" | "tls") && address.has_host();
        match servers {
            Ok(servers) if servers.iter().all(is_server) => Ok(Self::Nats(servers)),
            _ => Err(SettingsError::Endpoint),
        }
    }

    fn webhook(address: Url) -> Result<Self, SettingsError> {
        if address.scheme() == "http" && !is_loopback(&address) {
            return Err(SettingsError::Plaintext);
        }
        // A user in an http address is deprecated (RFC 9110 §4.2.4), and the signature
        // authenticates the sender already.
        let has_user = !address.username().is_empty() || address.password().is_some();
        if has_user || address.fragment().is_some() {
            return Err(SettingsError::WebhookAddress);
        }
        Ok(Self::Webhook(address))
    }
}
