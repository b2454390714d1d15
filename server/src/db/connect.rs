//! Finding the database: the one that is named, or a private one.

use std::{
    str::FromStr,
    time::{Duration, Instant},
};

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use private_postgres::{Options, PrivatePostgres, default_data_dir};
use secrecy::ExposeSecret;
use thiserror::Error;
use tokio::{task::spawn_blocking, time::sleep};
use tokio_postgres::{Client, Config, NoTls};
use tracing::{info, warn};

use super::{Db, error};
use crate::config::DatabaseConfig;

/// How long to pause between attempts to reach a database that does not answer yet.
const PAUSE: Duration = Duration::from_millis(250);

/// How PostgreSQL plans: a statement is planned once a connection, and finds its rows by index, row
/// by row, however small or unknown a table was then and however long the arrays are this time.
/// Such a plan is over before a compiler (`jit`) would have begun.
pub const PLANNER: [(&str, &str); 6] = [
    ("plan_cache_mode", "force_generic_plan"),
    ("enable_seqscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
    // a whole table of yesterday's three rows, once more for every call
    ("enable_material", "off"),
    ("jit", "off"),
];

/// A database to connect to, and the process behind it when it is a private one.
#[derive(Debug)]
pub struct Database {
    config: Config,
    settings: DatabaseConfig,
    private: Option<PrivatePostgres>,
}

/// Why there is no database. Never shows a URL: it may hold a password.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// `DATABASE_URL` does not parse.
    #[error("DATABASE_URL is not a PostgreSQL URL: {}", detail(.0))]
    Url(tokio_postgres::Error),
    /// The private PostgreSQL does not start.
    #[error(transparent)]
    Private(#[from] private_postgres::Error),
    /// The database does not answer, or not to us.
    #[error("cannot connect to the database: {}", detail(.0))]
    Connect(tokio_postgres::Error),
    /// The pool does not accept its settings.
    #[error(transparent)]
    Pool(#[from] deadpool_postgres::BuildError),
}

// === impl Database ===

impl Database {
    /// The database that is named, or a private one, started now.
    ///
    /// # Errors
    /// [`ConnectError`], but not because the database does not answer.
    pub async fn find(settings: &DatabaseConfig) -> Result<Self, ConnectError> {
        let (private, mut config) = match &settings.database_url {
            Some(url) => (
                None,
                Config::from_str(url.expose_secret()).map_err(ConnectError::Url)?,
            ),
            None => {
                let postgres = start_private(settings).await?;
                let config = Config::from_str(&postgres.url()).map_err(ConnectError::Url)?;
                (Some(postgres), config)
            }
        };
        config.connect_timeout(settings.pool_timeout);
        if config.get_application_name().is_none() {
            config.application_name("orders");
        }
        Ok(Self {
            config,
            settings: settings.clone(),
            private,
        })
    }

    /// One connection without time limits, for migrations. Waits for a database that is just
    /// starting.
    ///
    /// # Errors
    /// [`ConnectError::Connect`] at once when the database refuses us, or when it has not answered
    /// in time.
    pub async fn connect(&self) -> Result<Client, ConnectError> {
        let deadline = Instant::now() + self.settings.startup_timeout;
        loop {
            match self.config.connect(NoTls).await {
                Ok((client, connection)) => {
                    tokio::spawn(connection); // ends with the client
                    return Ok(client);
                }
                Err(error) if Instant::now() < deadline && may_answer_later(&error) => {
                    warn!("waiting for the database: {}", detail(&error));
                    sleep(PAUSE).await;
                }
                Err(error) => return Err(ConnectError::Connect(error)),
            }
        }
    }

    /// A pool of connections, made as they are needed.
    ///
    /// # Errors
    /// [`ConnectError::Pool`].
    pub fn pool(&self) -> Result<Db, ConnectError> {
        let DatabaseConfig {
            pool_size,
            pool_timeout,
            statement_timeout,
            lock_timeout,
            ..
        } = &self.settings;
        let mut config = self.config.clone();
        let planner = PLANNER.map(|(name, value)| format!("-c {name}={value}"));
        // The request a statement belongs to may be gone, so the database ends what takes too long.
        // A transaction never idles: only a process that hangs would let it.
        config.options(format!(
            "{} -c statement_timeout={} -c lock_timeout={} -c idle_in_transaction_session_timeout={} {}",
            config.get_options().unwrap_or_default(),
            statement_timeout.as_millis(),
            lock_timeout.as_millis(),
            2 * statement_timeout.as_millis(),
            planner.join(" "),
        ));
        // `Fast` only asks whether the connection is closed; a transaction is never left open on it
        // (see `abandon`).
        let manager = Manager::from_config(
            config,
            NoTls,
            ManagerConfig {
                recycling_method: RecyclingMethod::Fast,
            },
        );
        let pool = Pool::builder(manager)
            .max_size(*pool_size)
            .wait_timeout(Some(*pool_timeout))
            .create_timeout(Some(*pool_timeout))
            .recycle_timeout(Some(*pool_timeout))
            .runtime(Runtime::Tokio1)
            .build()?;
        Ok(Db {
            pool,
            lock_timeout: *lock_timeout,
        })
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

async fn start_private(settings: &DatabaseConfig) -> Result<PrivatePostgres, ConnectError> {
    let data = match &settings.data_dir {
        Some(dir) => dir.clone(),
        None => default_data_dir()?,
    };
    info!(
        "no DATABASE_URL: using a private PostgreSQL in {}",
        data.display()
    );
    let started = spawn_blocking(move || PrivatePostgres::start(Options::kept(data))).await;
    Ok(started.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))?)
}

fn may_answer_later(error: &tokio_postgres::Error) -> bool {
    error
        .code()
        .map_or_else(|| error::is_connection_loss(error), error::may_pass)
}

/// tokio-postgres keeps the reason to itself.
fn detail(error: &tokio_postgres::Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
