//! From our settings to those of NATS.

use std::time::Duration;

use async_nats::{ConnectOptions, ServerAddr, jetstream::stream};
use percent_encoding::percent_decode_str;
use url::Url;

use super::super::{Misconfigured, trust};
use crate::config::PublisherConfig;

/// What every type of event starts with, and so every subject after its prefix.
const SUBJECTS: &str = "orders.>";

/// How long a stream of our making remembers ids, in the server's memory. Covers a restart of relay
/// and broker.
const DUPLICATE_WINDOW: Duration = Duration::from_secs(10 * 60);

/// Who we are and whom we trust.
pub async fn options(
    servers: &[Url],
    config: &PublisherConfig,
) -> Result<ConnectOptions, Misconfigured> {
    let mut options = authenticate(ConnectOptions::new().name("orders"), servers);
    if let Some(path) = &config.nats_credentials {
        let unusable = |error| Misconfigured::Credentials(path.clone(), error);
        options = options.credentials_file(path).await.map_err(unusable)?;
    }
    let is_encrypted = servers.iter().any(|server| server.scheme() == "tls");
    if is_encrypted || config.publisher_ca.is_some() {
        options = options.tls_client_config(trust::tls(config.publisher_ca.as_deref())?);
    }
    Ok(options)
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

/// The servers without users and passwords, because the client writes addresses to the log.
pub fn addresses(servers: Vec<Url>) -> Result<Vec<ServerAddr>, Misconfigured> {
    let address = |mut server: Url| {
        server.set_password(None).ok()?;
        server.set_username("").ok()?;
        ServerAddr::from_url(server).ok()
    };
    let addresses: Option<Vec<_>> = servers.into_iter().map(address).collect();
    addresses.ok_or(Misconfigured::Publisher)
}

/// A stream for those who have none: everything is kept, on one server. Operators who want more
/// make their own.
pub fn stream(config: &PublisherConfig) -> Result<stream::Config, Misconfigured> {
    let name = &config.nats_stream;
    let in_names = |byte: u8| byte.is_ascii_graphic() && !b".*>/\\".contains(&byte);
    if name.is_empty() || !name.bytes().all(in_names) {
        return Err(Misconfigured::Stream);
    }
    Ok(stream::Config {
        name: name.clone(),
        subjects: vec![format!("{}{SUBJECTS}", subject_prefix(config)?)],
        storage: stream::StorageType::File,
        duplicate_window: DUPLICATE_WINDOW,
        ..stream::Config::default()
    })
}

/// What comes before the type of an event: with the dot that ends it, or empty.
pub fn subject_prefix(config: &PublisherConfig) -> Result<String, Misconfigured> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_the_client_may_log_have_no_password() {
        let servers = ["nats://relay:hunter2@a:1", "tls://hunter2@b"];
        let servers = servers.map(|server| server.parse().unwrap());
        let addresses = addresses(servers.to_vec()).unwrap();
        let spelt: Vec<_> = addresses.iter().map(ServerAddr::as_url_str).collect();
        assert_eq!(spelt, ["nats://a:1", "tls://b"]);
    }
}
