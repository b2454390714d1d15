//! The command line and the environment, in one place: every setting is a flag and a variable.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{
    Args, Parser, Subcommand, ValueEnum,
    builder::{BoolishValueParser, RangedU64ValueParser},
};
use http::HeaderValue;
use secrecy::SecretString;
use uuid::Uuid;

/// Orders: created once, changed by one writer at a time, announced where they happened.
#[derive(Debug, Parser)]
#[command(name = "orders", version, about)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// How to log.
    #[command(flatten)]
    pub log: LogConfig,
}

/// What the binary can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Answer requests until told to stop (SIGTERM, SIGINT).
    Serve(ServeConfig),
    /// Publish events without answering requests, until told to stop (SIGTERM, SIGINT).
    Relay(RelayCommand),
    /// Look after the events of the outbox.
    #[command(subcommand)]
    Outbox(OutboxCommand),
    /// Bring the database's schema up to date, and end.
    Migrate(DatabaseConfig),
}

/// How to log. Lines go to standard error.
#[derive(Clone, Debug, Args)]
pub struct LogConfig {
    /// What is logged: a level, or directives such as `info,orders_server=debug` (a line per
    /// request).
    #[arg(long, env = "ORDERS_LOG", default_value = "info", global = true)]
    pub log: String,
    /// How a line looks.
    #[arg(long, env = "ORDERS_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text, global = true)]
    pub log_format: LogFormat,
}

/// How a log line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// The service.
#[derive(Clone, Debug, Args)]
pub struct ServeConfig {
    /// Where to listen. Port 0 takes a free one.
    #[arg(long, env = "ORDERS_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// The database.
    #[command(flatten)]
    pub database: DatabaseConfig,
    /// How requests are batched.
    #[command(flatten)]
    pub batch: BatchConfig,
    /// The relay.
    #[command(flatten)]
    pub relay: RelayConfig,
    /// Publish no events here; run `orders relay` somewhere.
    #[arg(long, env = "ORDERS_NO_RELAY", value_parser = BoolishValueParser::new())]
    pub no_relay: bool,
    /// Leave the schema as it is; run `orders migrate` yourself.
    #[arg(long, env = "ORDERS_NO_MIGRATE", value_parser = BoolishValueParser::new())]
    pub no_migrate: bool,
    /// A request that takes longer is answered with 503. What it has begun in the database is
    /// still finished.
    #[arg(long, env = "ORDERS_REQUEST_TIMEOUT", default_value = "10s", value_parser = humantime::parse_duration)]
    pub request_timeout: Duration,
    /// How long a client may take to send the head of a request, and how long an idle connection
    /// is kept.
    #[arg(long, env = "ORDERS_HEADER_TIMEOUT", default_value = "30s", value_parser = humantime::parse_duration)]
    pub header_timeout: Duration,
    /// How long requests in flight may take to finish once the service was told to stop, and then
    /// their events.
    #[arg(long, env = "ORDERS_SHUTDOWN_TIMEOUT", default_value = "20s", value_parser = humantime::parse_duration)]
    pub shutdown_timeout: Duration,
    /// The largest body, in bytes.
    #[arg(long, env = "ORDERS_BODY_LIMIT", default_value_t = 64 * 1024)]
    pub body_limit: usize,
    /// How many requests may be worked on at a time; more are answered with 503 at once.
    #[arg(long, env = "ORDERS_MAX_IN_FLIGHT", default_value_t = 2048)]
    pub max_in_flight: usize,
    /// Which origins a browser may call from: `*`, or a comma-separated list such as `https://shop.example`.
    #[arg(
        long,
        env = "ORDERS_CORS_ORIGINS",
        default_value = "*",
        value_delimiter = ','
    )]
    pub cors_origins: Vec<HeaderValue>,
}

/// The database.
#[derive(Clone, Debug, Args)]
pub struct DatabaseConfig {
    /// `postgresql://user:password@host/database`. Without one, a private PostgreSQL is started.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<SecretString>,
    /// Where the private PostgreSQL keeps its data [default: /var/lib/orders/postgres as root,
    /// else ~/.local/share/orders/postgres].
    #[arg(long, env = "ORDERS_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
    /// How many connections to hold at most.
    #[arg(long, env = "ORDERS_POOL_SIZE", default_value_t = 16)]
    pub pool_size: usize,
    /// How long to wait for a connection, a free one or a new one.
    #[arg(long, env = "ORDERS_POOL_TIMEOUT", default_value = "3s", value_parser = humantime::parse_duration)]
    pub pool_timeout: Duration,
    /// How long a statement may run.
    #[arg(long, env = "ORDERS_STATEMENT_TIMEOUT", default_value = "5s", value_parser = humantime::parse_duration)]
    pub statement_timeout: Duration,
    /// How long a statement may wait for another's lock: the bound for a create that waits for its
    /// duplicate.
    #[arg(long, env = "ORDERS_LOCK_TIMEOUT", default_value = "2s", value_parser = humantime::parse_duration)]
    pub lock_timeout: Duration,
    /// How long to wait at start for a database that does not answer yet.
    #[arg(long, env = "ORDERS_STARTUP_TIMEOUT", default_value = "30s", value_parser = humantime::parse_duration)]
    pub startup_timeout: Duration,
}

/// How concurrent requests share transactions. Each kind of request has workers and a queue of its
/// own.
#[derive(Clone, Debug, Args)]
pub struct BatchConfig {
    /// Workers per kind of request: batches that run at a time.
    #[arg(long, env = "ORDERS_BATCH_CONCURRENCY", default_value_t = 2)]
    pub batch_concurrency: usize,
    /// Requests in a batch, at most.
    #[arg(long, env = "ORDERS_BATCH_SIZE", default_value_t = 64)]
    pub batch_size: usize,
    /// Requests of a kind that wait for a worker, at most. Beyond that, requests of the tenant
    /// with the most waiting requests get 503.
    #[arg(long, env = "ORDERS_BATCH_QUEUE", default_value_t = 1024)]
    pub batch_queue: usize,
    /// Requests of a kind that are retried by themselves at a time, after their batch has failed.
    #[arg(long, env = "ORDERS_SINGLE_CONCURRENCY", default_value_t = 4)]
    pub single_concurrency: usize,
}

/// How events leave.
#[derive(Clone, Debug, Args)]
pub struct RelayConfig {
    /// Where to.
    #[command(flatten)]
    pub publisher: PublisherConfig,
    /// How many events are on their way to the broker at a time.
    #[arg(long, env = "ORDERS_RELAY_IN_FLIGHT", default_value_t = 1024, value_parser = at_least_one())]
    pub relay_in_flight: u32,
    /// How many events are claimed or marked at a time.
    #[arg(long, env = "ORDERS_RELAY_BATCH", default_value_t = 256, value_parser = at_least_one())]
    pub relay_batch: u32,
    /// How often an event is tried that the broker refuses, before it is parked.
    #[arg(long, env = "ORDERS_RELAY_ATTEMPTS", default_value_t = 12, value_parser = at_least_one())]
    pub relay_attempts: u32,
    /// How long an event waits after its first refusal; twice as long after each further one.
    #[arg(long, env = "ORDERS_RELAY_BACKOFF", default_value = "1s", value_parser = humantime::parse_duration)]
    pub relay_backoff: Duration,
    /// How long it waits at most.
    #[arg(long, env = "ORDERS_RELAY_BACKOFF_MAX", default_value = "10m", value_parser = humantime::parse_duration)]
    pub relay_backoff_max: Duration,
    /// How soon to look again for events of other processes, after there were some.
    #[arg(long, env = "ORDERS_RELAY_POLL", default_value = "10ms", value_parser = humantime::parse_duration)]
    pub relay_poll: Duration,
    /// How soon at the latest: each look that finds nothing doubles the pause.
    #[arg(long, env = "ORDERS_RELAY_POLL_MAX", default_value = "1s", value_parser = humantime::parse_duration)]
    pub relay_poll_max: Duration,
    /// How long published events are kept.
    #[arg(long, env = "ORDERS_OUTBOX_RETENTION", default_value = "7days", value_parser = humantime::parse_duration)]
    pub outbox_retention: Duration,
    /// How often what is out of date is deleted: published events, and idempotency keys an hour
    /// after they expired.
    #[arg(long, env = "ORDERS_PURGE_INTERVAL", default_value = "1m", value_parser = humantime::parse_duration)]
    pub purge_interval: Duration,
}

/// A relay by itself.
#[derive(Clone, Debug, Args)]
pub struct RelayCommand {
    /// The database.
    #[command(flatten)]
    pub database: DatabaseConfig,
    /// The relay.
    #[command(flatten)]
    pub relay: RelayConfig,
    /// How long events on their way to the broker may take to arrive once the relay was told to
    /// stop.
    #[arg(long, env = "ORDERS_SHUTDOWN_TIMEOUT", default_value = "20s", value_parser = humantime::parse_duration)]
    pub shutdown_timeout: Duration,
}

/// What can be done about events.
#[derive(Clone, Debug, Subcommand)]
pub enum OutboxCommand {
    /// Print the events that wait, one JSON object a line.
    List {
        /// The database.
        #[command(flatten)]
        database: DatabaseConfig,
        /// Those that are parked instead.
        #[arg(long)]
        parked: bool,
        /// How many at most.
        #[arg(long, default_value_t = 100)]
        limit: u32,
    },
    /// Let parked events be published after all.
    Retry {
        /// The database.
        #[command(flatten)]
        database: DatabaseConfig,
        /// Which.
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        ids: Vec<Uuid>,
        /// All of them.
        #[arg(long)]
        all: bool,
    },
}

fn at_least_one() -> RangedU64ValueParser<u32> {
    RangedU64ValueParser::new().range(1..)
}

/// Where events go.
#[derive(Clone, Debug, Args)]
pub struct PublisherConfig {
    /// `log`; `nats://host` or `tls://host` for NATS JetStream, several servers of a cluster with
    /// commas; or the `https://` address of a webhook (`http://` on this machine only).
    #[arg(
        long,
        env = "ORDERS_PUBLISHER",
        default_value = "log",
        hide_env_values = true
    )]
    pub publisher: SecretString,
    /// How long a broker may take to acknowledge an event. Its lease is four and a half times as
    /// long: that is how long events wait for another relay when this one is killed.
    #[arg(long, env = "ORDERS_PUBLISH_TIMEOUT", default_value = "10s", value_parser = humantime::parse_duration)]
    pub publish_timeout: Duration,
    /// A PEM file with the authorities to trust for `tls://` and `https://` [default: the system's].
    #[arg(long, env = "ORDERS_PUBLISHER_CA")]
    pub publisher_ca: Option<PathBuf>,
    /// The CloudEvents `source`: a URI reference that tells this service from others.
    #[arg(long, env = "ORDERS_EVENT_SOURCE", default_value = "/orders")]
    pub event_source: String,
    /// The JetStream stream that is made where nothing listens to the events yet. One that exists
    /// is left as it is.
    #[arg(long, env = "ORDERS_NATS_STREAM", default_value = "orders")]
    pub nats_stream: String,
    /// A prefix of the subjects: `shop` makes `shop.orders.closed` of `orders.closed`.
    #[arg(long, env = "ORDERS_NATS_SUBJECT_PREFIX")]
    pub nats_subject_prefix: Option<String>,
    /// A NATS credentials file, instead of a user in the address.
    #[arg(long, env = "ORDERS_NATS_CREDENTIALS")]
    pub nats_credentials: Option<PathBuf>,
    /// The secrets that sign a webhook: one `whsec_…`, or the new and the old one with a comma
    /// while they change.
    #[arg(long, env = "ORDERS_WEBHOOK_SECRETS", hide_env_values = true)]
    pub webhook_secrets: Option<SecretString>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_password_is_not_shown() {
        let cli = Cli::parse_from([
            "orders",
            "serve",
            "--database-url",
            "postgresql://a:hunter2@b/c",
        ]);
        assert!(!format!("{cli:?}").contains("hunter2"));
    }
}
