//! The Orders service.
//!
//! `main → lib → http → orders → db`, `outbox → db`: the use cases never see a header or a status,
//! `http` never sees SQL, and `http/failure.rs` alone joins failures to status codes.

pub mod batch;
pub mod config;
pub mod db;
pub mod error_chain;
pub mod health;
pub mod http;
pub mod orders;
pub mod outbox;
pub mod telemetry;
pub mod time;
pub mod trace_context;

use std::{io, net::SocketAddr, pin::pin, sync::Arc};

use thiserror::Error;
use tokio::{sync::oneshot, task::JoinHandle};
use tracing::info;

use crate::{
    config::{BatchConfig, DatabaseConfig, PublisherConfig, RelayCommand, ServeConfig},
    db::{ConnectError, Connector, MigrateError},
    health::Readiness,
    http::{Listener, ListenerSettings, OrdersApi},
    orders::Orders,
    outbox::{
        Figures, Relay, WakeUp,
        publisher::{self, Publisher, SettingsError},
    },
};

/// A running service.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    figures: Option<Arc<Figures>>,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

/// Why the service does not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// No database.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// No schema.
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    /// A wrong setting of the publisher.
    #[error(transparent)]
    Publisher(#[from] SettingsError),
    /// No socket.
    #[error("cannot listen on {0}")]
    Listen(SocketAddr, #[source] io::Error),
}

// === impl Server ===

impl Server {
    /// Finds the database, brings its schema up to date, and starts to answer and to publish.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(config: ServeConfig) -> Result<Self, StartError> {
        let publisher = publisher::connect(&(&config.relay.publisher).into()).await?;
        Self::start_publishing(config, publisher).await
    }

    /// The same with a publisher of the caller's.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start_publishing(
        config: ServeConfig,
        publisher: Arc<dyn Publisher>,
    ) -> Result<Self, StartError> {
        let listener = Listener::bind((&config).into())
            .await
            .map_err(|error| StartError::Listen(config.listen, error))?;
        let address = listener
            .address()
            .map_err(|error| StartError::Listen(config.listen, error))?;
        let connector = Connector::new((&config.database).into()).await?;
        if !config.no_migrate {
            db::migrate(&connector).await?;
        }
        let db = connector.pool()?;
        let wake_up = WakeUp::default();
        let relay = (!config.no_relay)
            .then(|| Relay::start(db.clone(), publisher, wake_up.clone(), &config.relay));
        let figures = relay.as_ref().map(|relay| Arc::clone(relay.figures()));
        let readiness = Readiness::new(db.clone());
        let orders = Orders::new(&db, (&config.batch).into(), wake_up);
        let api = OrdersApi::new(orders, readiness.clone());
        let service = http::service(api, &(&config).into());

        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(async move {
            let stop = async {
                let _ = stopped.await; // a dropped `Server` stops as well
                readiness.stop();
            };
            listener.serve(service, stop).await;
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
            figures,
            stop,
            serving,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What its relay has done, if it has one.
    pub fn figures(&self) -> Option<&Arc<Figures>> {
        self.figures.as_ref()
    }

    /// Lets the requests in flight finish and their events leave, and ends.
    pub async fn stop(self) {
        let _ = self.stop.send(()); // it may have ended by itself
        let _ = self.serving.await;
    }
}

/// Publishes events until `stop`, and answers nobody. Leaves the schema as it is.
///
/// # Errors
/// [`StartError`].
pub async fn relay(config: RelayCommand, stop: impl Future<Output = ()>) -> Result<(), StartError> {
    let mut stop = pin!(stop);
    let publisher = publisher::connect(&(&config.relay.publisher).into()).await?;
    let connector = Connector::new((&config.database).into()).await?;
    // The pool connects when it is used. What is wrong from the start is better said at once.
    tokio::select! {
        connected = connector.connect() => drop(connected?),
        () = &mut stop => return Ok(()),
    }
    let db = connector.pool()?;
    let relay = Relay::start(db.clone(), publisher, WakeUp::default(), &config.relay);
    info!("orders {} publishes", env!("CARGO_PKG_VERSION"));
    stop.await;
    relay.stop(config.shutdown_timeout).await;
    db.close();
    connector.stop().await;
    Ok(())
}

/// Brings the database's schema up to date.
///
/// # Errors
/// [`MigrateError`].
pub async fn migrate(config: &DatabaseConfig) -> Result<(), MigrateError> {
    let connector = Connector::new(config.into()).await?;
    let result = db::migrate(&connector).await;
    connector.stop().await;
    result
}

// === configuration ===

impl From<&DatabaseConfig> for db::Settings {
    fn from(config: &DatabaseConfig) -> Self {
        Self {
            url: config.database_url.clone(),
            data_dir: config.data_dir.clone(),
            pool_size: config.pool_size,
            pool_timeout: config.pool_timeout,
            statement_timeout: config.statement_timeout,
            lock_timeout: config.lock_timeout,
            startup_timeout: config.startup_timeout,
        }
    }
}

impl From<&ServeConfig> for ListenerSettings {
    fn from(config: &ServeConfig) -> Self {
        Self {
            address: config.listen,
            header_timeout: config.header_timeout,
            shutdown_timeout: config.shutdown_timeout,
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
