//! Turns the configuration into the settings of the modules, which know no configuration.

use std::{net::SocketAddr, slice};

use ::http::HeaderValue;
use url::Url;

use crate::{
    admin,
    auth::{self, JwtSettings},
    batch,
    config::{
        AdminConfig, AdminListen, AuthConfig, BatchConfig, DatabaseConfig, JwtAlgorithm, LogFormat,
        MaintenanceConfig, PublisherConfig, RelayConfig, ServeConfig, TlsConfig, TracesConfig,
    },
    db::{self, ConnectError, Location, SessionScope},
    http::{self, ConnectionLimits, ListenerSettings, ResponseLog, TlsFiles},
    maintenance,
    outbox::{self, publisher},
    telemetry, traces,
};

impl From<LogFormat> for telemetry::Format {
    fn from(format: LogFormat) -> Self {
        match format {
            LogFormat::Text => Self::Text,
            LogFormat::Json => Self::Json,
        }
    }
}

impl TryFrom<&DatabaseConfig> for db::Settings {
    type Error = ConnectError;

    fn try_from(config: &DatabaseConfig) -> Result<Self, ConnectError> {
        Ok(Self {
            location: Location::new(config.database_url.clone(), config.data_dir.clone())?,
            session_scope: if config.transaction_pooler {
                SessionScope::Transaction
            } else {
                SessionScope::Connection
            },
            pool_size: config.pool_size,
            pool_timeout: config.pool_timeout,
            statement_timeout: config.statement_timeout,
            lock_timeout: config.lock_timeout,
            startup_timeout: config.startup_timeout,
        })
    }
}

/// The files of a certificate, if one is configured. clap requires both or none.
pub fn tls_files(config: &TlsConfig) -> Option<TlsFiles> {
    let (certificate, key) = (config.tls_cert.clone()?, config.tls_key.clone()?);
    Some(TlsFiles { certificate, key })
}

/// The scheme of the listening socket.
pub fn scheme(config: &TlsConfig) -> &'static str {
    if config.tls_cert.is_some() {
        "https"
    } else {
        "http"
    }
}

impl From<&TracesConfig> for traces::Settings {
    fn from(config: &TracesConfig) -> Self {
        Self {
            endpoint: config.otlp_endpoint.clone(),
            traces_endpoint: config.otlp_traces_endpoint.clone(),
            headers: config.otlp_headers.clone(),
            ca_file: config.otlp_ca.clone(),
        }
    }
}

impl From<&ServeConfig> for ListenerSettings {
    fn from(config: &ServeConfig) -> Self {
        Self {
            address: config.listen,
            header_timeout: config.header_timeout,
            shutdown_timeout: config.shutdown_timeout,
            max_head: config.max_head,
            max_streams: config.max_streams,
            limits: ConnectionLimits {
                connections: config.max_connections,
                buffered: config.max_buffered,
            },
        }
    }
}

/// The limits of requests, and what pages may do. The admin listener has the address `admin`.
pub fn http_settings(config: &ServeConfig, admin: Option<SocketAddr>) -> http::Settings {
    http::Settings {
        request_timeout: config.request_timeout,
        body_limit: config.body_limit,
        max_in_flight: config.max_in_flight,
        cors_origins: config.cors_origins.clone(),
        console_admin: console_admin(&config.admin, admin),
        response_log: if config.log_requests {
            ResponseLog::Info
        } else {
            ResponseLog::Debug
        },
        scheme: scheme(&config.tls),
    }
}

impl From<&BatchConfig> for batch::Limits {
    fn from(config: &BatchConfig) -> Self {
        Self {
            batch_concurrency: config.batch_concurrency,
            single_concurrency: config.single_concurrency,
            batch_size: config.batch_size,
            queue_size: config.batch_queue,
        }
    }
}

impl From<&RelayConfig> for outbox::relay::Settings {
    fn from(config: &RelayConfig) -> Self {
        Self {
            max_in_flight: config.relay_in_flight as usize,
            batch_size: config.relay_batch as usize,
            poll: config.relay_poll,
            poll_max: config.relay_poll_max,
            publish_timeout: config.publisher.publish_timeout,
            attempts: config.relay_attempts,
            park_after: config.relay_park_after,
            backoff: outbox::relay::Backoff {
                first: config.relay_backoff,
                max: config.relay_backoff_max,
            },
        }
    }
}

impl From<&AdminConfig> for admin::Address {
    fn from(config: &AdminConfig) -> Self {
        match config.admin_listen {
            None => Self::IfFree(AdminConfig::DEFAULT),
            Some(AdminListen::Off) => Self::Off,
            Some(AdminListen::On(address)) => Self::Required(address),
        }
    }
}

/// The origins whose pages may use the outbox, with those of `--listen` in place of `self`.
pub fn admin_origins(config: &AdminConfig, own_origins: &[HeaderValue]) -> Vec<HeaderValue> {
    let allowed = config.admin_allow_origin.iter();
    allowed
        .flat_map(|origin| match *origin == AdminConfig::OWN_ORIGIN {
            true => own_origins,
            false => slice::from_ref(origin),
        })
        .cloned()
        .collect()
}

/// The origins under which a browser on this machine shows the pages of a listener.
pub fn own_origins(scheme: &str, address: SocketAddr) -> Vec<HeaderValue> {
    let ip = address.ip();
    let by_address = (!ip.is_unspecified()).then(|| address.to_string());
    let is_local = ip.is_loopback() || ip.is_unspecified();
    let by_name = is_local.then(|| format!("localhost:{}", address.port()));
    let hosts = by_address.into_iter().chain(by_name);
    let urls = hosts.filter_map(|host| Url::parse(&format!("{scheme}://{host}")).ok());
    urls.filter_map(|url| HeaderValue::try_from(url.origin().ascii_serialization()).ok())
        .collect()
}

/// The origin of the admin listener for the console of `--listen`, if the console may use it.
fn console_admin(config: &AdminConfig, admin: Option<SocketAddr>) -> Option<String> {
    let allowed = &config.admin_allow_origin;
    let admin = admin.filter(|_| allowed.contains(&AdminConfig::OWN_ORIGIN))?;
    let origins = own_origins("http", admin);
    Some(origins.first()?.to_str().ok()?.to_owned())
}

impl TryFrom<&AuthConfig> for JwtSettings {
    type Error = auth::SettingsError;

    fn try_from(config: &AuthConfig) -> Result<Self, auth::SettingsError> {
        let missing = auth::SettingsError::Missing;
        if config.jwt_audience.is_empty() {
            return Err(missing("--jwt-audience"));
        }
        let algorithms = config.jwt_algorithms.iter();
        Ok(Self {
            keys: config.jwks.clone().ok_or(missing("--jwks"))?,
            ca_file: config.jwks_ca.clone(),
            issuer: config.jwt_issuer.clone().ok_or(missing("--jwt-issuer"))?,
            audiences: config.jwt_audience.clone(),
            algorithms: algorithms.map(|algorithm| (*algorithm).into()).collect(),
            leeway: config.jwt_leeway,
            tenant_claim: config.jwt_tenant_claim.clone(),
        })
    }
}

impl From<JwtAlgorithm> for auth::Algorithm {
    fn from(algorithm: JwtAlgorithm) -> Self {
        match algorithm {
            JwtAlgorithm::Rs256 => Self::Rs256,
            JwtAlgorithm::Es256 => Self::Es256,
            JwtAlgorithm::EdDsa => Self::EdDsa,
        }
    }
}

impl From<&MaintenanceConfig> for maintenance::Settings {
    fn from(config: &MaintenanceConfig) -> Self {
        Self {
            outbox_retention: config.outbox_retention,
            purge_interval: config.purge_interval,
        }
    }
}

impl From<&PublisherConfig> for publisher::Settings {
    fn from(config: &PublisherConfig) -> Self {
        Self {
            endpoint: config.publisher.clone(),
            timeout: config.publish_timeout,
            ca_file: config.publisher_ca.clone(),
            event_source: config.event_source.clone(),
            nats_stream: config.nats_stream.clone(),
            nats_subject_prefix: config.nats_subject_prefix.clone(),
            nats_credentials: config.nats_credentials.clone(),
            webhook_secrets: config.webhook_secrets.clone(),
        }
    }
}
