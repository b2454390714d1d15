//! The Orders service: the composition root.
//!
//! This file alone starts the other modules; `settings.rs` turns the configuration into theirs.
//! Requests go `http → orders → batch → db`, events `orders → outbox → db` and from there to a
//! broker. Use cases see no header and no status code, and `http` sees no SQL. The tables of
//! errors, one for each contract, map failures to status codes: `http/failure.rs`,
//! `http/admin/failure.rs`.

pub mod admin;
pub mod auth;
pub mod batch;
pub mod config;
pub mod db;
pub mod detached;
pub mod doctor;
pub mod error_chain;
pub mod health;
pub mod health_command;
pub mod http;
pub mod http_client;
pub mod log_limit;
pub mod maintenance;
pub mod metrics;
pub mod orders;
pub mod outbox;
mod settings;
pub mod telemetry;
pub mod time;
pub mod tls;
pub mod trace_context;
pub mod traces;

use std::{io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use thiserror::Error;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::oneshot,
    task::{JoinHandle, JoinSet},
    time::sleep,
};
use tracing::info;

use crate::{
    admin::AdminListener,
    auth::{Authentication, Verifier},
    config::{AdminConfig, AuthMode, DatabaseConfig, RelayCommand, ServeConfig},
    db::{ConnectError, Connector, Db, MigrateError, RoleError},
    health::Readiness,
    http::{Listener, OrdersApi, ServerTls, ServerTlsError},
    maintenance::Maintenance,
    metrics::MetricsRegistry,
    orders::{Orders, Resources},
    outbox::{
        Relay, WakeUp,
        events::Events,
        publisher::{self, Publisher, SettingsError},
    },
    settings::{admin_origins, http_settings, own_origins, scheme, tls_files},
    traces::{Traces, TracesError},
};

/// A running service. Dropping it stops it without waiting.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    admin_address: Option<SocketAddr>,
    relay_metrics: Option<Arc<outbox::Metrics>>,
    maintenance_metrics: Arc<maintenance::Metrics>,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

/// What runs beside the handling of requests, on one database.
struct Background {
    connector: Connector,
    db: Db,
    relay: Option<Relay>,
    maintenance: Maintenance,
    role_check: Option<JoinSet<()>>,
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
    /// TLS for clients cannot be set up.
    #[error(transparent)]
    Tls(#[from] ServerTlsError),
    /// Requests cannot be authenticated.
    #[error(transparent)]
    Auth(#[from] auth::SettingsError),
    /// A setting of the publisher is wrong.
    #[error(transparent)]
    Publisher(#[from] SettingsError),
    /// Spans cannot be exported.
    #[error(transparent)]
    Traces(#[from] TracesError),
    /// The address cannot be listened on.
    #[error("cannot listen on {0}")]
    Listen(SocketAddr, #[source] io::Error),
    /// The address of the admin listener cannot be listened on.
    #[error(transparent)]
    Admin(#[from] admin::ListenError),
}

// === impl Server ===

impl Server {
    /// As [`start`](Self::start), on a private PostgreSQL in the default directory unless the
    /// configuration names another one. The console may use the admin listener.
    ///
    /// # Errors
    /// [`StartError`], by the step that failed.
    pub async fn start_dev(mut config: ServeConfig) -> Result<Self, StartError> {
        if config.database.data_dir.is_none() {
            let default = private_postgres::default_data_dir().map_err(ConnectError::from)?;
            config.database.data_dir = Some(default);
        }
        config
            .admin
            .admin_allow_origin
            .push(AdminConfig::OWN_ORIGIN);
        Self::start(config).await
    }

    /// Connects to the database, migrates its schema, and starts to serve and to publish.
    ///
    /// # Errors
    /// [`StartError`], by the step that failed.
    pub async fn start(config: ServeConfig) -> Result<Self, StartError> {
        let traces = Traces::start(&(&config.traces).into())?;
        let publisher = publisher::connect(&(&config.relay.publisher).into(), &traces).await?;
        Self::start_with(config, publisher, traces).await
    }

    /// As [`start`](Self::start), with a given publisher.
    ///
    /// # Errors
    /// [`StartError`], by the step that failed.
    pub async fn start_with_publisher(
        config: ServeConfig,
        publisher: Arc<dyn Publisher>,
    ) -> Result<Self, StartError> {
        let traces = Traces::start(&(&config.traces).into())?;
        Self::start_with(config, publisher, traces).await
    }

    async fn start_with(
        config: ServeConfig,
        publisher: Arc<dyn Publisher>,
        traces: Traces,
    ) -> Result<Self, StartError> {
        let authentication = authentication(&config).await?;
        let tls = tls_files(&config.tls).map(ServerTls::load).transpose()?;
        let listen_error = |error| StartError::Listen(config.listen, error);
        let listener = Listener::bind((&config).into())
            .await
            .map_err(listen_error)?;
        let address = listener.address().map_err(listen_error)?;
        let scheme = scheme(&config.tls);
        let admin = AdminListener::bind((&config.admin).into()).await?;
        let admin_address = admin.address();
        let connector = Connector::new((&config.database).try_into()?).await?;
        if !config.no_migrate {
            db::migrate(&connector).await?;
        }
        let role_check = check_role(&connector, config.require_rls).await?;
        let wake_up = WakeUp::default();
        let relay = (!config.no_relay).then(|| (publisher, (&config.relay).into()));
        let settings = (&config.maintenance).into();
        let background = Background::start(connector, role_check, &wake_up, relay, settings)?;
        let relay_metrics = background.relay.as_ref().map(|it| Arc::clone(it.metrics()));
        let maintenance_metrics = Arc::clone(background.maintenance.metrics());
        let readiness = background.readiness();
        let resources = Resources {
            db: background.db.clone(),
            limits: (&config.batch).into(),
            wake_up,
            metrics: orders::Metrics::default(),
        };
        let api = OrdersApi::new(Orders::new(&resources), readiness.clone());
        let http_metrics = http::Metrics::default();
        let settings = http_settings(&config, admin_address);
        let service = http::service(api, &settings, &authentication, &http_metrics, &traces);

        let mut metrics = background.registry();
        metrics.add(&http_metrics);
        metrics.add(listener.connections());
        metrics.add(&resources.metrics);
        let origins = admin_origins(&config.admin, &own_origins(scheme, address));
        let events = Events::new(background.db.clone());
        let operators = http::admin::service(events, metrics, readiness.clone(), origins);
        let admin = admin.serve(operators);

        let drain_delay = config.drain_delay;
        let (stop, stopped) = oneshot::channel();
        let reload = tls.clone().map(reload_at_hangup);
        let serving = tokio::spawn(async move {
            let shutdown = async {
                let _ = stopped.await; // also completes when the `Server` is dropped
                readiness.stop();
                info!("shutting down: not ready; accepting connections for {drain_delay:?} more");
                sleep(drain_delay).await;
            };
            listener.serve(service, tls, shutdown).await;
            drop(reload);
            // After the last request, whose event the relay may still publish.
            background.stop(config.shutdown_timeout).await;
            traces.stop().await;
            drop(admin);
        });
        info!(
            "orders {} listens on {scheme}://{address}",
            env!("CARGO_PKG_VERSION")
        );
        Ok(Self {
            address,
            admin_address,
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

    /// The address of its admin listener, if it has one.
    pub fn admin_address(&self) -> Option<SocketAddr> {
        self.admin_address
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
    let traces = Traces::start(&(&config.traces).into())?;
    let publisher = publisher::connect(&(&config.relay.publisher).into(), &traces).await?;
    let admin = AdminListener::bind((&config.admin).into()).await?;
    let connector = Connector::new((&config.database).try_into()?).await?;
    // The pool connects on first use. This connection reports a wrong address at the start.
    tokio::select! {
        connected = connector.connect() => drop(connected?),
        () = &mut stop => return Ok(()),
    }
    let role_check = check_role(&connector, config.require_rls).await?;
    let relay = Some((publisher, (&config.relay).into()));
    let settings = (&config.maintenance).into();
    let background = Background::start(connector, role_check, &WakeUp::default(), relay, settings)?;
    let origins = admin_origins(&config.admin, &[]);
    let (events, readiness) = (Events::new(background.db.clone()), background.readiness());
    let operators = http::admin::service(events, background.registry(), readiness, origins);
    let admin = admin.serve(operators);
    info!("orders {} publishes", env!("CARGO_PKG_VERSION"));
    stop.await;
    background.stop(config.shutdown_timeout).await;
    traces.stop().await;
    drop(admin);
    Ok(())
}

// === impl Background ===

impl Background {
    /// Starts the relay, if there are a publisher and settings for it, and the purges.
    fn start(
        connector: Connector,
        role_check: Option<JoinSet<()>>,
        wake_up: &WakeUp,
        relay: Option<(Arc<dyn Publisher>, outbox::relay::Settings)>,
        maintenance: maintenance::Settings,
    ) -> Result<Self, ConnectError> {
        let db = connector.pool()?;
        Ok(Self {
            relay: relay.map(|(publisher, settings)| {
                Relay::start(db.clone(), publisher, wake_up.clone(), settings)
            }),
            maintenance: Maintenance::start(db.clone(), maintenance),
            db,
            connector,
            role_check,
        })
    }

    fn readiness(&self) -> Readiness {
        Readiness::new(self.db.clone(), self.relay.as_ref().map(Relay::task))
    }

    /// A registry with its metrics.
    fn registry(&self) -> MetricsRegistry {
        let mut metrics = MetricsRegistry::new();
        metrics.add(self.db.metrics());
        metrics.add(&**self.maintenance.metrics());
        if let Some(relay) = &self.relay {
            metrics.add(&**relay.metrics());
        }
        metrics
    }

    /// Ends everything. Events on their way to the broker have this time.
    async fn stop(self, shutdown_timeout: Duration) {
        drop((self.maintenance, self.role_check));
        if let Some(relay) = self.relay {
            relay.stop(shutdown_timeout).await;
        }
        self.db.close();
        self.connector.stop().await;
    }
}

/// Loads the certificate again at each SIGHUP. Dropping the tasks ends it.
fn reload_at_hangup(tls: ServerTls) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        // Fails only where the runtime has no signals; then the first certificate stays.
        let Ok(mut hangup) = signal(SignalKind::hangup()) else {
            return;
        };
        while hangup.recv().await.is_some() {
            tls.reload();
        }
    });
    tasks
}

/// Starts what authenticates requests.
async fn authentication(config: &ServeConfig) -> Result<Authentication, auth::SettingsError> {
    let believed = config.auth.trust_tenant_header || config.listen.ip().is_loopback();
    match config.auth.auth {
        AuthMode::Header if believed => Ok(Authentication::Header),
        AuthMode::Header => Err(auth::SettingsError::TenantHeader),
        AuthMode::Jwt => {
            let settings = (&config.auth).try_into()?;
            let verifier = Verifier::start(settings, config.database.startup_timeout).await?;
            Ok(Authentication::Jwt(Arc::new(verifier)))
        }
    }
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
