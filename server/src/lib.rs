//! The Orders service: the composition root.
//!
//! This file alone turns the configuration into the settings of the other modules, and starts them.
//! Requests go `http → orders → batch → db`, events `orders → outbox → db` and from there to a
//! broker. Use cases see no header and no status code, `http` sees no SQL, and `http/failure.rs`
//! alone maps failures to status codes.

pub mod batch;
pub mod config;
pub mod db;
pub mod error_chain;
pub mod health;
pub mod http;
pub mod log_limit;
pub mod maintenance;
pub mod orders;
pub mod outbox;
pub mod telemetry;
pub mod time;
pub mod trace_context;

use std::{io, net::SocketAddr, pin::pin, sync::Arc};

use thiserror::Error;
use tokio::{
    sync::oneshot,
    task::{JoinHandle, JoinSet},
    time::sleep,
};
use tracing::info;

use crate::{
    config::{
        BatchConfig, DatabaseConfig, LogFormat, MaintenanceConfig, PublisherConfig, RelayCommand,
        RelayConfig, ServeConfig,
    },
    db::{ConnectError, Connector, Location, MigrateError, RoleError},
    health::Readiness,
    http::{ConnectionLimits, Listener, ListenerSettings, OrdersApi},
    maintenance::Maintenance,
    orders::Orders,
    outbox::{
        Relay, WakeUp,
        publisher::{self, Publisher, SettingsError},
    },
};

/// A running service. Dropping it stops it without waiting.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    relay_metrics: Option<Arc<outbox::Metrics>>,
    maintenance_metrics: Arc<maintenance::Metrics>,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

/// Why the service does not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// The database cannot be reached.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The schema cannot be migrated.
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    /// The database role is refused.
    #[error(transparent)]
    Role(#[from] RoleError),
    /// A setting of the publisher is wrong.
    #[error(transparent)]
    Publisher(#[from] SettingsError),
    /// The address cannot be listened on.
    #[error("cannot listen on {0}")]
    Listen(SocketAddr, #[source] io::Error),
}

// === impl Server ===

impl Server {
    /// As [`start`](Self::start), on a private PostgreSQL in the default directory unless the
    /// configuration names another one.
    ///
    /// # Errors
    /// [`StartError`], by the step that failed.
    pub async fn start_dev(mut config: ServeConfig) -> Result<Self, StartError> {
        if config.database.data_dir.is_none() {
            let default = private_postgres::default_data_dir().map_err(ConnectError::from)?;
            config.database.data_dir = Some(default);
        }
        Self::start(config).await
    }

    /// Connects to the database, migrates its schema, and starts to serve and to publish.
    ///
    /// # Errors
    /// [`StartError`], by the step that failed.
    pub async fn start(config: ServeConfig) -> Result<Self, StartError> {
        let publisher = publisher::connect(&(&config.relay.publisher).into()).await?;
        Self::start_with_publisher(config, publisher).await
    }

    /// As [`start`](Self::start), with a given publisher.
    ///
    /// # Errors
    /// [`StartError`], by the step that failed.
    pub async fn start_with_publisher(
        config: ServeConfig,
        publisher: Arc<dyn Publisher>,
    ) -> Result<Self, StartError> {
        let listen_error = |error| StartError::Listen(config.listen, error);
        let listener = Listener::bind((&config).into())
            .await
            .map_err(listen_error)?;
        let address = listener.address().map_err(listen_error)?;
        let connector = Connector::new((&config.database).try_into()?).await?;
        if !config.no_migrate {
            db::migrate(&connector).await?;
        }
        let role_check = check_role(&connector, config.require_rls).await?;
        let db = connector.pool()?;
        let wake_up = WakeUp::default();
        let relay = (!config.no_relay).then(|| {
            let settings = (&config.relay).into();
            Relay::start(db.clone(), publisher, wake_up.clone(), settings)
        });
        let relay_metrics = relay.as_ref().map(|relay| Arc::clone(relay.metrics()));
        let maintenance = Maintenance::start(db.clone(), (&config.maintenance).into());
        let maintenance_metrics = Arc::clone(maintenance.metrics());
        let relay_task = relay.as_ref().map(Relay::task);
        let readiness = Readiness::new(db.clone(), relay_task);
        let orders = Orders::new(&db, (&config.batch).into(), wake_up);
        let api = OrdersApi::new(orders, readiness.clone());
        let service = http::service(api, &(&config).into());

        let drain_delay = config.drain_delay;
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(async move {
            let shutdown = async {
                let _ = stopped.await; // also completes when the `Server` is dropped
                readiness.stop();
                info!("shutting down: not ready; accepting connections for {drain_delay:?} more");
                sleep(drain_delay).await;
            };
            listener.serve(service, shutdown).await;
            drop(role_check);
            drop(maintenance);
            // After the last request, whose event it may still publish.
            if let Some(relay) = relay {
                relay.stop(config.shutdown_timeout).await;
            }
            db.close();
            connector.stop().await;
        });
        info!(
            "orders {} listens on http://{address}",
            env!("CARGO_PKG_VERSION")
        );
        Ok(Self {
            address,
            relay_metrics,
            maintenance_metrics,
            stop,
            serving,
        })
    }

    /// The address it listens on, with the port that the system chose for port 0.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The metrics of its relay, if it has one.
    pub fn relay_metrics(&self) -> Option<&Arc<outbox::Metrics>> {
        self.relay_metrics.as_ref()
    }

    /// The metrics of its purges.
    pub fn maintenance_metrics(&self) -> &Arc<maintenance::Metrics> {
        &self.maintenance_metrics
    }

    /// Finishes the requests in flight, publishes their events, and ends.
    pub async fn stop(self) {
        let _ = self.stop.send(()); // it may have ended by a panic
        let _ = self.serving.await;
    }
}

/// Publishes events and purges, without serving requests, until `stop` completes. Does not migrate
/// the schema.
///
/// # Errors
/// [`StartError`], by the step that failed.
pub async fn relay(config: RelayCommand, stop: impl Future<Output = ()>) -> Result<(), StartError> {
    let mut stop = pin!(stop);
    let publisher = publisher::connect(&(&config.relay.publisher).into()).await?;
    let connector = Connector::new((&config.database).try_into()?).await?;
    // The pool connects on first use. This connection reports a wrong address at the start.
    tokio::select! {
        connected = connector.connect() => drop(connected?),
        () = &mut stop => return Ok(()),
    }
    let role_check = check_role(&connector, config.require_rls).await?;
    let db = connector.pool()?;
    let maintenance = Maintenance::start(db.clone(), (&config.maintenance).into());
    let settings = (&config.relay).into();
    let relay = Relay::start(db.clone(), publisher, WakeUp::default(), settings);
    info!("orders {} publishes", env!("CARGO_PKG_VERSION"));
    stop.await;
    drop((maintenance, role_check));
    relay.stop(config.shutdown_timeout).await;
    db.close();
    connector.stop().await;
    Ok(())
}

/// Refuses a role that bypasses row-level security, or starts to check it for a warning. Dropping
/// the tasks ends the check.
async fn check_role(
    connector: &Connector,
    require_rls: bool,
) -> Result<Option<JoinSet<()>>, RoleError> {
    if require_rls {
        db::require_rls(connector).await?;
        return Ok(None);
    }
    Ok(Some(db::warn_without_rls(connector)))
}

/// Applies the missing migrations.
///
/// # Errors
/// [`MigrateError`], by the step that failed.
pub async fn migrate(config: &DatabaseConfig) -> Result<(), MigrateError> {
    let connector = Connector::new(config.try_into()?).await?;
    let result = db::migrate(&connector).await;
    connector.stop().await;
    result
}

// === configuration ===

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
            pool_size: config.pool_size,
            pool_timeout: config.pool_timeout,
            statement_timeout: config.statement_timeout,
            lock_timeout: config.lock_timeout,
            startup_timeout: config.startup_timeout,
        })
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

impl From<&ServeConfig> for http::Settings {
    fn from(config: &ServeConfig) -> Self {
        Self {
            request_timeout: config.request_timeout,
            body_limit: config.body_limit,
            max_in_flight: config.max_in_flight,
            cors_origins: config.cors_origins.clone(),
        }
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
