//! The command line and the environment, in one place: every setting is a flag and a variable.

mod admin;
mod auth;
mod outbox;
#[cfg(test)]
mod tests;
mod tls;
mod tools;
mod traces;
mod values;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{
    Args, Parser, Subcommand, ValueEnum,
    builder::{BoolishValueParser, RangedU64ValueParser},
};
use http::HeaderValue;
use secrecy::SecretString;

pub use self::{
    admin::{AdminConfig, AdminListen},
    auth::{AuthConfig, AuthMode, JwtAlgorithm},
    outbox::{EventFilterArgs, OutboxCommand},
    tls::TlsConfig,
    tools::{HealthCommand, PackageCommand},
    traces::TracesConfig,
};

/// An HTTP service for orders of many tenants, on PostgreSQL.
#[derive(Debug, Parser)]
#[command(name = "orders", version)]
pub struct Cli {
    /// The command to run.
    #[command(subcommand)]
    pub command: Command,
    /// Logging.
    #[command(flatten)]
    pub log: LogConfig,
}

/// Commands of the binary.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Handle requests, and publish events, until SIGTERM or SIGINT.
    Serve(ServeConfig),
    /// As `serve`, with a private PostgreSQL for development.
    Dev(ServeConfig),
    /// Publish events, without handling requests, until SIGTERM or SIGINT.
    Relay(RelayCommand),
    /// List events, and retry parked ones, on the database itself: the service may be down.
    #[command(subcommand)]
    Outbox(OutboxCommand),
    /// Apply the migrations that the database lacks, and exit.
    Migrate(DatabaseConfig),
    /// Ask a running service whether it is ready. Exits with status 1 if not.
    Health(HealthCommand),
    /// Check the configuration and everything that `serve` needs with it. Exits with status 1 if
    /// `serve` would fail.
    Doctor(ServeConfig),
    /// Print files for packages.
    #[command(subcommand, hide = true)]
    Package(PackageCommand),
}

/// Logging. Log lines go to standard error.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Logging")]
pub struct LogConfig {
    /// Log level (`error`, `warn`, `info`, `debug`, `trace`), or directives such as
    /// `info,orders_server=debug`. `debug` adds a line for each request.
    #[arg(long, env = "ORDERS_LOG", default_value = "info", global = true)]
    pub log: String,
    /// Format of a log line.
    #[arg(long, env = "ORDERS_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text, global = true)]
    pub log_format: LogFormat,
}

/// Format of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Text for people.
    Text,
    /// One JSON object per line.
    Json,
}

/// Settings of the service.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Service")]
pub struct ServeConfig {
    /// Address and port that the service listens on. Port 0 takes a free port, which the log names.
    #[arg(long, env = "ORDERS_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Publish no events in this process. Run `orders relay` in another process instead; until
    /// then events stay in the outbox.
    #[arg(long, env = "ORDERS_NO_RELAY", value_parser = BoolishValueParser::new())]
    pub no_relay: bool,
    /// Leave the schema as it is. Run `orders migrate` before this process starts.
    #[arg(long, env = "ORDERS_NO_MIGRATE", value_parser = BoolishValueParser::new())]
    pub no_migrate: bool,
    /// Refuse a database role that bypasses row-level security (SUPERUSER or BYPASSRLS). Without
    /// this flag such a role is named in a warning.
    #[arg(long, env = "ORDERS_REQUIRE_RLS", value_parser = BoolishValueParser::new())]
    pub require_rls: bool,
    /// Time that a request may take, its body included. Then the client gets 503; what the request
    /// has begun in the database is still finished.
    #[arg(long, env = "ORDERS_REQUEST_TIMEOUT", default_value = "10s", value_parser = values::duration)]
    pub request_timeout: Duration,
    /// Time that a client has to send the head of a request, and time that an idle connection
    /// stays open. Then the service closes the connection.
    #[arg(long, env = "ORDERS_HEADER_TIMEOUT", default_value = "30s", value_parser = values::duration)]
    pub header_timeout: Duration,
    /// After SIGTERM or SIGINT: time that `/readyz` fails while the process still accepts
    /// connections, so that load balancers stop sending requests. 0 stops accepting at once.
    #[arg(long, env = "ORDERS_DRAIN_DELAY", default_value = "1s", value_parser = values::duration_or_zero)]
    pub drain_delay: Duration,
    /// After `--drain-delay`: time that requests in flight have to finish, and after that the
    /// time that events on their way to the broker have. Then connections are closed and leases
    /// are released. 0 waits for nothing.
    #[arg(long, env = "ORDERS_SHUTDOWN_TIMEOUT", default_value = "20s", value_parser = values::duration_or_zero)]
    pub shutdown_timeout: Duration,
    /// Largest request body, in bytes. A larger one gets 413.
    #[arg(long, env = "ORDERS_BODY_LIMIT", default_value_t = 64 * 1024, value_parser = values::count())]
    pub body_limit: usize,
    /// Requests that the service handles at the same time, once their bodies have arrived. Any
    /// request beyond gets 503 at once, except `/healthz`, `/readyz`, `/console` and `/docs`.
    #[arg(long, env = "ORDERS_MAX_IN_FLIGHT", default_value_t = 2048, value_parser = values::count())]
    pub max_in_flight: usize,
    /// Connections that are open at the same time. For a new connection beyond, the service closes
    /// the one that has waited for its client for the longest time. Three quarters of the file
    /// descriptors that the system allows are the maximum.
    #[arg(long, env = "ORDERS_MAX_CONNECTIONS", default_value_t = 10_000, value_parser = values::count())]
    pub max_connections: usize,
    /// Memory for requests that arrive and for responses that clients do not read, in bytes.
    /// Beyond that, the service closes the connection with the oldest of them. A request counts
    /// its size and 4 KiB.
    #[arg(long, env = "ORDERS_MAX_BUFFERED", default_value_t = 32 * 1024 * 1024, value_parser = values::count())]
    pub max_buffered: usize,
    /// Largest head of a request (request line and header fields), in bytes. A larger one gets 400
    /// over HTTP/1.1, and 431 without a body over HTTP/2.
    #[arg(long, env = "ORDERS_MAX_HEAD", default_value_t = 16 * 1024, value_parser = RangedU64ValueParser::<u32>::new().range(8 * 1024..))]
    pub max_head: u32,
    /// Requests that an HTTP/2 connection may have at the same time.
    #[arg(long, env = "ORDERS_MAX_STREAMS", default_value_t = 100, value_parser = values::at_least_one())]
    pub max_streams: u32,
    /// Other origins that a browser may call from: a comma-separated list such as
    /// `https://shop.example`, or `*` for all [default: none; the console needs none].
    #[arg(long, env = "ORDERS_CORS_ORIGINS", value_delimiter = ',')]
    pub cors_origins: Vec<HeaderValue>,
    /// Log a line for each request at the level `info` instead of `debug`: its id, operation,
    /// status and time. Bodies and headers are never logged.
    #[arg(long, env = "ORDERS_LOG_REQUESTS", value_parser = BoolishValueParser::new())]
    pub log_requests: bool,
    /// TLS for clients.
    #[command(flatten)]
    pub tls: TlsConfig,
    /// Authentication.
    #[command(flatten)]
    pub auth: AuthConfig,
    /// The admin listener.
    #[command(flatten)]
    pub admin: AdminConfig,
    /// Traces.
    #[command(flatten)]
    pub traces: TracesConfig,
    /// The database.
    #[command(flatten)]
    pub database: DatabaseConfig,
    /// Batching.
    #[command(flatten)]
    pub batch: BatchConfig,
    /// The relay.
    #[command(flatten)]
    pub relay: RelayConfig,
    /// The purges.
    #[command(flatten)]
    pub maintenance: MaintenanceConfig,
}

/// Settings of the database.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Database")]
pub struct DatabaseConfig {
    /// PostgreSQL to use: `postgresql://user:password@host/database?sslmode=verify-full`. TLS by
    /// `sslmode`, `sslrootcert`, `sslcert`, `sslkey` and `channel_binding`, as in libpq.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<SecretString>,
    /// Start a private PostgreSQL, with its data in this directory, instead of `--database-url`
    /// [default: none; for `orders dev` /var/lib/orders/postgres as root, otherwise
    /// ~/.local/share/orders/postgres].
    #[arg(long, env = "ORDERS_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
    /// `--database-url` leads to a pooler in transaction mode, such as PgBouncer: prepare no
    /// statements, and set what a transaction needs in the transaction itself.
    #[arg(long, env = "ORDERS_TRANSACTION_POOLER", value_parser = BoolishValueParser::new())]
    pub transaction_pooler: bool,
    /// Connections to PostgreSQL, at most.
    #[arg(long, env = "ORDERS_POOL_SIZE", default_value_t = 16, value_parser = values::count())]
    pub pool_size: usize,
    /// Time that a transaction waits for a connection, free or new. Then its requests get 503.
    #[arg(long, env = "ORDERS_POOL_TIMEOUT", default_value = "3s", value_parser = values::duration)]
    pub pool_timeout: Duration,
    /// Time that a statement may run. Then PostgreSQL cancels it, and its request gets 503. If
    /// PostgreSQL does not respond within one more second, the process closes its connections.
    #[arg(long, env = "ORDERS_STATEMENT_TIMEOUT", default_value = "5s", value_parser = values::duration)]
    pub statement_timeout: Duration,
    /// Time that a request which is retried by itself waits for a row lock (inside a batch: 50
    /// ms). Then a create gets 409 `request_in_progress`, and another write gets 503.
    #[arg(long, env = "ORDERS_LOCK_TIMEOUT", default_value = "2s", value_parser = values::duration)]
    pub lock_timeout: Duration,
    /// Time that the process retries its first connection to PostgreSQL. Then it exits with status
    /// 1. 0 tries once.
    #[arg(long, env = "ORDERS_STARTUP_TIMEOUT", default_value = "30s", value_parser = values::duration_or_zero)]
    pub startup_timeout: Duration,
}

/// Settings of batching: concurrent requests of one operation share transactions. Each operation
/// has workers and a queue of its own.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Batching")]
pub struct BatchConfig {
    /// Workers for each operation: batches that run at the same time.
    #[arg(long, env = "ORDERS_BATCH_CONCURRENCY", default_value_t = 2, value_parser = values::count())]
    pub batch_concurrency: usize,
    /// Requests in a batch, at most. A batch forms only while all workers are busy; no timer
    /// delays a request. Of the requests that wait to be retried by themselves, one tenant has at
    /// most as many.
    #[arg(long, env = "ORDERS_BATCH_SIZE", default_value_t = 64, value_parser = values::count())]
    pub batch_size: usize,
    /// Requests of an operation that wait for a worker, at most. Beyond that, the newest request
    /// of the tenant with the most waiting requests gets 503. The same bound holds for requests
    /// that wait to be retried by themselves.
    #[arg(long, env = "ORDERS_BATCH_QUEUE", default_value_t = 1024, value_parser = values::count())]
    pub batch_queue: usize,
    /// Requests of an operation that are retried by themselves at the same time, each of another
    /// tenant, after their batch has failed.
    #[arg(long, env = "ORDERS_SINGLE_CONCURRENCY", default_value_t = 4, value_parser = values::count())]
    pub single_concurrency: usize,
}

/// Settings of the relay.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Relay")]
pub struct RelayConfig {
    /// Events that are claimed and not yet completed, at most.
    #[arg(long, env = "ORDERS_RELAY_IN_FLIGHT", default_value_t = 1024, value_parser = values::at_least_one())]
    pub relay_in_flight: u32,
    /// Events in a transaction that claims or completes, at most.
    #[arg(long, env = "ORDERS_RELAY_BATCH", default_value_t = 256, value_parser = values::at_least_one())]
    pub relay_batch: u32,
    /// Failed attempts after which an event may be parked, if it is older than `--relay-park-after`
    /// as well. An attempt during an outage of the broker does not count.
    #[arg(long, env = "ORDERS_RELAY_ATTEMPTS", default_value_t = 12, value_parser = values::at_least_one())]
    pub relay_attempts: u32,
    /// Age at which an event that fails is parked. 0 parks it by the number of attempts alone.
    #[arg(long, env = "ORDERS_RELAY_PARK_AFTER", default_value = "3days", value_parser = values::duration_or_zero)]
    pub relay_park_after: Duration,
    /// Pause of an event after its first failed attempt. Each further failure doubles the pause;
    /// jitter takes off up to half.
    #[arg(long, env = "ORDERS_RELAY_BACKOFF", default_value = "1s", value_parser = values::duration)]
    pub relay_backoff: Duration,
    /// Longest pause of an event after a failed attempt.
    #[arg(long, env = "ORDERS_RELAY_BACKOFF_MAX", default_value = "10m", value_parser = values::duration)]
    pub relay_backoff_max: Duration,
    /// Pause before the next poll for events of other processes, after a poll that led to a claim.
    /// Jitter adds or takes off up to 20 %.
    #[arg(long, env = "ORDERS_RELAY_POLL", default_value = "10ms", value_parser = values::duration)]
    pub relay_poll: Duration,
    /// Longest pause between polls. Each poll without a claim doubles the pause up to this.
    #[arg(long, env = "ORDERS_RELAY_POLL_MAX", default_value = "1s", value_parser = values::duration)]
    pub relay_poll_max: Duration,
    /// The publisher.
    #[command(flatten)]
    pub publisher: PublisherConfig,
}

/// Settings of the purges.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Maintenance")]
pub struct MaintenanceConfig {
    /// Time that published events are kept. Then a purge deletes them. 0
    /// deletes them at the next purge.
    #[arg(long, env = "ORDERS_OUTBOX_RETENTION", default_value = "7days", value_parser = values::duration_or_zero)]
    pub outbox_retention: Duration,
    /// Pause between purges. A purge deletes published events after their retention, and
    /// idempotency keys one hour after they expired.
    #[arg(long, env = "ORDERS_PURGE_INTERVAL", default_value = "1m", value_parser = values::duration)]
    pub purge_interval: Duration,
}

/// Settings of a relay that runs by itself.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Service")]
pub struct RelayCommand {
    /// Refuse a database role that bypasses row-level security (SUPERUSER or BYPASSRLS). Without
    /// this flag such a role is named in a warning.
    #[arg(long, env = "ORDERS_REQUIRE_RLS", value_parser = BoolishValueParser::new())]
    pub require_rls: bool,
    /// After SIGTERM or SIGINT: time that events on their way to the broker have. Then their
    /// leases are released. 0 waits for nothing.
    #[arg(long, env = "ORDERS_SHUTDOWN_TIMEOUT", default_value = "20s", value_parser = values::duration_or_zero)]
    pub shutdown_timeout: Duration,
    /// The admin listener.
    #[command(flatten)]
    pub admin: AdminConfig,
    /// Traces.
    #[command(flatten)]
    pub traces: TracesConfig,
    /// The database.
    #[command(flatten)]
    pub database: DatabaseConfig,
    /// The relay.
    #[command(flatten)]
    pub relay: RelayConfig,
    /// The purges.
    #[command(flatten)]
    pub maintenance: MaintenanceConfig,
}

/// Settings of the publisher.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Publisher")]
pub struct PublisherConfig {
    /// Broker that events go to: `log`; `nats://host` or `tls://host` for NATS JetStream, several
    /// servers of a cluster with commas; or the `https://` address of a webhook (`http://` for this
    /// machine only).
    #[arg(
        long,
        env = "ORDERS_PUBLISHER",
        default_value = "log",
        hide_env_values = true
    )]
    pub publisher: SecretString,
    /// Time that the broker has to acknowledge an event. The lease of an event is 4.5 times as
    /// long; after that, another relay may publish the event.
    #[arg(long, env = "ORDERS_PUBLISH_TIMEOUT", default_value = "10s", value_parser = values::duration)]
    pub publish_timeout: Duration,
    /// PEM file with the certificate authorities to trust for `tls://` and `https://` [default:
    /// those of the system].
    #[arg(long, env = "ORDERS_PUBLISHER_CA")]
    pub publisher_ca: Option<PathBuf>,
    /// CloudEvents `source` of every event: a URI reference that tells this service from others.
    #[arg(long, env = "ORDERS_EVENT_SOURCE", default_value = "/orders")]
    pub event_source: String,
    /// JetStream stream that the relay creates if no stream takes the events. An existing stream
    /// is never changed.
    #[arg(long, env = "ORDERS_NATS_STREAM", default_value = "orders")]
    pub nats_stream: String,
    /// Prefix of the subjects: with `shop`, events go to `shop.orders.closed` instead of
    /// `orders.closed`.
    #[arg(long, env = "ORDERS_NATS_SUBJECT_PREFIX")]
    pub nats_subject_prefix: Option<String>,
    /// NATS credentials file, instead of a user in the address.
    #[arg(long, env = "ORDERS_NATS_CREDENTIALS")]
    pub nats_credentials: Option<PathBuf>,
    /// Secrets that sign a webhook: one `whsec_…` secret, or `new,old` while the secret changes.
    #[arg(long, env = "ORDERS_WEBHOOK_SECRETS", hide_env_values = true)]
    pub webhook_secrets: Option<SecretString>,
}
