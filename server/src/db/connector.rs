//! Connecting to the database: the one that a URL names, or a private one.

use std::{
    path::PathBuf,
    str::FromStr,
    time::{Duration, Instant},
};

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use private_postgres::{Options, PrivatePostgres};
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;
use tokio::{
    task::spawn_blocking,
    time::{sleep, timeout},
};
use tokio_postgres::{Client, Config};
use tracing::{info, warn};

use super::{
    error,
    hosts::Hosts,
    session::{SessionScope, Sessions},
    tls::{CertificateFault, DbTlsError, TlsParameters, certificate_fault, clear_text_host},
    transaction::Db,
};
use crate::error_chain::Chain;

/// Pause between attempts to reach a database that is starting.
const RECONNECT_PAUSE: Duration = Duration::from_millis(250);

/// Defaults for TCP: a peer that vanished is noticed within this time while data is unacknowledged,
/// and after `KEEPALIVE_IDLE + KEEPALIVE_RETRIES * KEEPALIVE_INTERVAL` on an idle connection.
const TCP_USER_TIMEOUT: Duration = Duration::from_secs(10);
const KEEPALIVE_IDLE: Duration = Duration::from_secs(10);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(5);
const KEEPALIVE_RETRIES: u32 = 3;

/// tokio-postgres' own default, which tells that the URL names no other.
const UNSET_KEEPALIVE_IDLE: Duration = Duration::from_secs(2 * 60 * 60);

/// Which database to use.
#[derive(Clone, Debug)]
pub enum Location {
    /// The one of a URL, `postgresql://…`.
    Url(SecretString),
    /// A private PostgreSQL with this data directory.
    Private(PathBuf),
}

/// How to reach the database, and its timeouts.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The database.
    pub location: Location,
    /// How long a connection has the same session.
    pub session_scope: SessionScope,
    /// Connections in the pool.
    pub pool_size: usize,
    /// Bounds the wait for a pooled connection, and the time to open one.
    pub pool_timeout: Duration,
    /// PostgreSQL's `statement_timeout`.
    pub statement_timeout: Duration,
    /// PostgreSQL's `lock_timeout`.
    pub lock_timeout: Duration,
    /// Bounds the wait for a database that is starting.
    pub startup_timeout: Duration,
}

/// Opens connections. Holds the private PostgreSQL, if there is one.
#[derive(Debug)]
pub struct Connector {
    config: Config,
    tls: TlsParameters,
    settings: Settings,
    private: Option<PrivatePostgres>,
}

/// Why there is no connection. No message contains the URL, which may hold a password.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// Neither a URL nor a data directory is given. A private PostgreSQL is never the fallback: if
    /// the name of the variable were misspelt, a new and empty database would take the orders.
    #[error(
        "no database: set DATABASE_URL, or ask for a private one with --data-dir or `orders dev`"
    )]
    NoDatabase,
    /// A URL and a data directory are given.
    #[error("two databases: DATABASE_URL, and a private one (--data-dir or `orders dev`); set one")]
    TwoDatabases,
    /// `DATABASE_URL` is malformed.
    #[error("DATABASE_URL is not a PostgreSQL URL")]
    Url(#[source] tokio_postgres::Error),
    /// The URL has `options`, and leads to a pooler.
    #[error(
        "--transaction-pooler: a pooler does not pass the `options` of DATABASE_URL on; set them \
         with ALTER ROLE … SET"
    )]
    PoolerOptions,
    /// TLS to the database cannot be set up.
    #[error(transparent)]
    Tls(#[from] DbTlsError),
    /// The certificate of the database is refused.
    #[error("{0}")]
    Certificate(CertificateFault, #[source] tokio_postgres::Error),
    /// The private PostgreSQL does not start.
    #[error(transparent)]
    Private(#[from] private_postgres::Error),
    /// The database is unreachable, or refuses the connection.
    #[error("cannot connect to the database")]
    Connect(#[source] tokio_postgres::Error),
    /// The database accepts the connection and does not respond.
    #[error("the database does not respond within {0:?}")]
    Silent(Duration),
    /// The pool refuses its settings.
    #[error(transparent)]
    Pool(#[from] deadpool_postgres::BuildError),
}

// === impl Location ===

impl Location {
    /// The database that is given by a URL or by a data directory. An empty URL counts as none.
    ///
    /// # Errors
    /// [`ConnectError::NoDatabase`] and [`ConnectError::TwoDatabases`].
    pub fn new(url: Option<SecretString>, data_dir: Option<PathBuf>) -> Result<Self, ConnectError> {
        let url = url.filter(|url| !url.expose_secret().is_empty());
        match (url, data_dir) {
            (Some(url), None) => Ok(Self::Url(url)),
            (None, Some(data_dir)) => Ok(Self::Private(data_dir)),
            (None, None) => Err(ConnectError::NoDatabase),
            (Some(_), Some(_)) => Err(ConnectError::TwoDatabases),
        }
    }
}

// === impl Connector ===

impl Connector {
    /// Parses the URL, or starts a private PostgreSQL. Opens no connection.
    ///
    /// # Errors
    /// [`ConnectError::Url`], [`ConnectError::PoolerOptions`] and [`ConnectError::Private`].
    pub async fn new(settings: Settings) -> Result<Self, ConnectError> {
        let (private, (tls, mut config)) = match &settings.location {
            Location::Url(url) => (None, parse_url(url.expose_secret())?),
            Location::Private(data_dir) => {
                let postgres = start_private(data_dir.clone()).await?;
                let config = parse_url(&postgres.url())?;
                (Some(postgres), config)
            }
        };
        if settings.session_scope == SessionScope::Transaction && config.get_options().is_some() {
            return Err(ConnectError::PoolerOptions);
        }
        if let Some(host) = clear_text_host(&config) {
            warn!(
                "the connection to {host} may be in clear text, with the password and all rows: \
                 add sslmode=verify-full to DATABASE_URL"
            );
        }
        if config.get_application_name().is_none() {
            config.application_name("orders");
        }
        set_tcp_defaults(&mut config);
        Ok(Self {
            config,
            tls,
            settings,
            private,
        })
    }

    /// A connector to the same database, which does not stop a private PostgreSQL.
    pub(super) fn without_private(&self) -> Self {
        Self {
            config: self.config.clone(),
            tls: self.tls.clone(),
            settings: self.settings.clone(),
            private: None,
        }
    }

    /// How long a connection has the same session.
    pub(super) fn session_scope(&self) -> SessionScope {
        self.settings.session_scope
    }

    /// Opens one connection without statement timeouts, for migrations. Waits up to
    /// `startup_timeout` for a database that is starting.
    ///
    /// # Errors
    /// [`ConnectError::Connect`] at once if the database refuses the connection, and
    /// [`ConnectError::Certificate`] if its certificate is refused; after
    /// `startup_timeout` if it is unreachable, or [`ConnectError::Silent`] if it does not respond.
    pub async fn connect(&self) -> Result<Client, ConnectError> {
        let pool_timeout = self.settings.pool_timeout;
        let hosts = Hosts::new(&self.config, pool_timeout, self.tls.connector()?);
        let deadline = Instant::now() + self.settings.startup_timeout;
        loop {
            let error = match timeout(pool_timeout, hosts.connect()).await {
                Ok(Ok((client, _))) => return Ok(client),
                Ok(Err(error)) if let Some(fault) = certificate_fault(&error) => {
                    return Err(ConnectError::Certificate(fault, error));
                }
                Ok(Err(error)) if !may_be_starting(&error) => {
                    return Err(ConnectError::Connect(error));
                }
                Ok(Err(error)) => ConnectError::Connect(error),
                Err(_) => ConnectError::Silent(pool_timeout),
            };
            if Instant::now() >= deadline {
                return Err(error);
            }
            warn!("waiting for the database: {}", Chain(&error));
            sleep(RECONNECT_PAUSE).await;
        }
    }

    /// A pool whose connections are opened on first use.
    ///
    /// # Errors
    /// [`ConnectError::Pool`].
    pub fn pool(&self) -> Result<Db, ConnectError> {
        let Settings {
            session_scope,
            pool_size,
            pool_timeout,
            statement_timeout,
            lock_timeout,
            ..
        } = self.settings;
        // `Fast` tests only whether the connection is closed. That suffices, because a
        // `TransactionGuard` closes a connection whose transaction did not end.
        let recycling_method = RecyclingMethod::Fast;
        let manager_config = ManagerConfig { recycling_method };
        let sessions = Sessions::new(session_scope, statement_timeout, lock_timeout);
        let mut config = self.config.clone();
        if let Some(options) = sessions.startup_options(config.get_options()) {
            config.options(options);
        }
        let hosts = Hosts::new(&config, pool_timeout, self.tls.connector()?);
        let manager = Manager::from_connect(config, hosts, manager_config);
        let pool = Pool::builder(manager)
            .max_size(pool_size)
            .wait_timeout(Some(pool_timeout))
            .create_timeout(Some(pool_timeout))
            .recycle_timeout(Some(pool_timeout))
            .runtime(Runtime::Tokio1)
            .build()?;
        Ok(Db::new(pool, sessions, lock_timeout, statement_timeout))
    }

    /// Stops the private PostgreSQL, if there is one.
    pub async fn stop(self) {
        if let Some(postgres) = self.private
            && let Ok(Err(error)) = spawn_blocking(|| postgres.stop()).await
        {
            warn!("the private PostgreSQL did not stop cleanly: {error}");
        }
    }
}

/// Short TCP timeouts, unless the URL sets others.
fn set_tcp_defaults(config: &mut Config) {
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(TCP_USER_TIMEOUT);
    }
    if config.get_keepalives_idle() == UNSET_KEEPALIVE_IDLE {
        config.keepalives_idle(KEEPALIVE_IDLE);
    }
    if config.get_keepalives_interval().is_none() {
        config.keepalives_interval(KEEPALIVE_INTERVAL);
    }
    if config.get_keepalives_retries().is_none() {
        config.keepalives_retries(KEEPALIVE_RETRIES);
    }
}

fn parse_url(url: &str) -> Result<(TlsParameters, Config), ConnectError> {
    let (tls, url) = TlsParameters::take(url)?;
    let config = Config::from_str(&url).map_err(ConnectError::Url)?;
    Ok((tls, config))
}

async fn start_private(data_dir: PathBuf) -> Result<PrivatePostgres, ConnectError> {
    info!("using a private PostgreSQL in {}", data_dir.display());
    let started = spawn_blocking(move || PrivatePostgres::start(Options::kept(data_dir))).await;
    Ok(started.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))?)
}

fn may_be_starting(error: &tokio_postgres::Error) -> bool {
    error
        .code()
        .map_or_else(|| error::is_connection_loss(error), error::is_transient)
}
