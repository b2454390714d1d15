//! The settings of the NATS client.

use std::time::Duration;

use async_nats::{ConnectOptions, ServerAddr, jetstream::stream};
use percent_encoding::percent_decode_str;
use tracing::warn;
use url::Url;

use crate::{
    http_client::is_loopback,
    outbox::publisher::{Settings, SettingsError},
    tls,
};

/// The subjects of all event types, without the prefix.
const SUBJECTS: &str = "orders.>";

/// How long a stream that this service creates remembers message ids, in the memory of the server.
/// Longer than a restart of relay and broker takes.
const DUPLICATE_WINDOW: Duration = Duration::from_secs(10 * 60);

/// Authentication and TLS.
///
/// # Errors
/// [`SettingsError::Credentials`], and those of [`tls::client_config`].
pub async fn connect_options(
    servers: &[Url],
    settings: &Settings,
) -> Result<ConnectOptions, SettingsError> {
    let mut options = authenticate(ConnectOptions::new().name("orders"), servers);
    if let Some(path) = &settings.nats_credentials {
        let unusable = |error| SettingsError::Credentials(path.clone(), error);
        options = options.credentials_file(path).await.map_err(unusable)?;
    }
    let is_clear = |server: &&Url| server.scheme() == "nats" && !is_loopback(server);
    if let Some(server) = servers.iter().find(is_clear) {
        warn!(
            "the connection to {} may be in clear text, with the password and all events: use \
             tls:// in ORDERS_PUBLISHER",
            server.host_str().unwrap_or_default()
        );
    }
    let is_encrypted = servers.iter().any(|server| server.scheme() == "tls");
    if is_encrypted || settings.ca_file.is_some() {
        options = options.tls_client_config(tls::client_config(settings.ca_file.as_deref())?);
    }
    Ok(options)
}

/// Takes user and password from `nats://user:password@host`, and a token from `nats://token@host`,
/// as other NATS clients do.
fn authenticate(options: ConnectOptions, servers: &[Url]) -> ConnectOptions {
    let decoded = |text| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let named = servers.iter().find(|server| !server.username().is_empty());
    match named.map(|server| (decoded(server.username()), server.password().map(decoded))) {
        Some((user, Some(password))) => options.user_and_password(user, password),
        Some((token, None)) => options.token(token),
        None => options,
    }
}

/// The addresses without users and passwords, because the client logs addresses.
///
/// # Errors
/// [`SettingsError::Endpoint`] if the client refuses an address.
pub fn addresses(servers: Vec<Url>) -> Result<Vec<ServerAddr>, SettingsError> {
    let address = |mut server: Url| {
        server.set_password(None).ok()?;
        server.set_username("").ok()?;
        ServerAddr::from_url(server).ok()
    };
    let addresses: Option<Vec<_>> = servers.into_iter().map(address).collect();
    addresses.ok_or(SettingsError::Endpoint)
}

/// The stream that is created if none accepts the subjects: in files, without limits, on one
/// server. Operators who need more create their own.
///
/// # Errors
/// [`SettingsError::Stream`] and [`SettingsError::SubjectPrefix`].
pub fn stream(settings: &Settings) -> Result<stream::Config, SettingsError> {
    let name = &settings.nats_stream;
    let in_names = |byte: u8| byte.is_ascii_graphic() && !b".*>/\\".contains(&byte);
    if name.is_empty() || !name.bytes().all(in_names) {
        return Err(SettingsError::Stream);
    }
    Ok(stream::Config {
        name: name.clone(),
        subjects: vec![format!("{}{SUBJECTS}", subject_prefix(settings)?)],
        storage: stream::StorageType::File,
        duplicate_window: DUPLICATE_WINDOW,
        ..stream::Config::default()
    })
}

/// What precedes the event type in a subject: a prefix that ends with a dot, or nothing.
///
/// # Errors
/// [`SettingsError::SubjectPrefix`].
pub fn subject_prefix(settings: &Settings) -> Result<String, SettingsError> {
    let Some(prefix) = &settings.nats_subject_prefix else {
        return Ok(String::new());
    };
    let in_words = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(in_words);
    if prefix.split('.').all(is_word) {
        Ok(format!("{prefix}."))
    } else {
        Err(SettingsError::SubjectPrefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_the_client_logs_have_no_password() {
        let servers = ["nats://relay:hunter2@a:1", "tls://hunter2@b"];
        let servers = servers.map(|server| server.parse().unwrap());
        let addresses = addresses(servers.to_vec()).unwrap();
        let spelt: Vec<_> = addresses.iter().map(ServerAddr::as_url_str).collect();
        assert_eq!(spelt, ["nats://a:1", "tls://b"]);
    }
}
