//! `orders doctor`: checks what `orders serve` needs with the same settings, and says in one
//! sentence for each what to mend. It changes nothing.

use std::{
    io::{self, Write},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use thiserror::Error;
use tokio_postgres::Client;

use crate::{
    authentication,
    config::ServeConfig,
    db::{self, Connector},
    error_chain::Chain,
    outbox::publisher,
    traces::Traces,
};

/// The oldest version of PostgreSQL that the service was tried on.
const TRIED_VERSION: i32 = 15;

/// Of the machine's clock from the database's. Tokens and TLS depend on the machine's.
const MAX_CLOCK_DIFFERENCE: Duration = Duration::from_secs(5);

/// Why the doctor does not say that all is well.
#[derive(Debug, Error)]
pub enum DoctorError {
    /// `orders serve` would fail.
    #[error("{0} of the checks failed")]
    Failed(usize),
    /// The report cannot be printed.
    #[error("cannot print the report")]
    Output(#[from] io::Error),
}

/// The result of one check.
enum Finding {
    Ok(String),
    /// It works, and something should be mended.
    Warning(String),
    /// `orders serve` would fail.
    Failure(String),
}

use Finding::{Failure, Ok as Fine, Warning};

/// The findings so far, each with what was checked.
#[derive(Default)]
struct Report(Vec<(&'static str, Finding)>);

/// Checks everything, and prints a line for each check.
///
/// # Errors
/// [`DoctorError::Failed`] if a check failed; a warning is no failure.
pub async fn run(mut config: ServeConfig) -> Result<(), DoctorError> {
    // Says at once what a start would wait for.
    config.database.startup_timeout = Duration::ZERO;
    let mut report = Report::default();
    report.add("authentication", authentication_of(&config).await);
    database(&config, &mut report).await;
    report.add("publisher", publisher_of(&config).await);
    report.add("traces", traces_of(&config));
    report.print()
}

async fn authentication_of(config: &ServeConfig) -> Finding {
    use crate::auth::Authentication;
    match authentication(config).await {
        Ok(Authentication::Header) if config.auth.trust_tenant_header => {
            Warning("X-Tenant-Id is believed: let only the gateway reach this service".to_owned())
        }
        Ok(Authentication::Header) => {
            Fine("X-Tenant-Id is believed, from this machine alone".to_owned())
        }
        Ok(Authentication::Jwt(_)) => Fine("the keys of the token issuer are loaded".to_owned()),
        Err(error) => Failure(Chain(&error).to_string()),
    }
}

async fn publisher_of(config: &ServeConfig) -> Finding {
    if config.no_relay {
        return Fine("not used: --no-relay".to_owned());
    }
    let publisher =
        match publisher::connect(&(&config.relay.publisher).into(), &Traces::default()).await {
            Ok(publisher) => publisher,
            Err(error) => return Failure(Chain(&error).to_string()),
        };
    match publisher.check().await {
        Ok(sentence) => Fine(sentence),
        // The service starts all the same, and keeps the events.
        Err(error) => Warning(format!("events wait in the outbox: {}", Chain(&error))),
    }
}

fn traces_of(config: &ServeConfig) -> Finding {
    match Traces::start(&(&config.traces).into()) {
        Ok(traces) if traces.is_on() => Fine("spans go to the collector".to_owned()),
        Ok(_) => Fine("not used: no collector is set".to_owned()),
        Err(error) => Failure(Chain(&error).to_string()),
    }
}

async fn database(config: &ServeConfig, report: &mut Report) {
    let connector = match (&config.database).try_into() {
        Ok(settings) => Connector::new(settings).await,
        Err(error) => Err(error),
    };
    let connector = match connector {
        Ok(connector) => connector,
        Err(error) => return report.add("database", Failure(Chain(&error).to_string())),
    };
    match connector.connect().await {
        Ok(mut client) => {
            report.add("database", Fine("accepts the connection".to_owned()));
            let is_pooled = config.database.transaction_pooler;
            report.add_result("pooler", pooler(&connector, &client, is_pooled).await);
            report.add_result("TLS", tls(&client, is_pooled).await);
            report.add_result("version", version(&client).await);
            report.add_result("role", role(&client, config.require_rls).await);
            report.add_result("privileges", privileges(&client).await);
            report.add_result("clock", clock(&client).await);
            report.add(
                "migrations",
                migrations(&mut client, config.no_migrate).await,
            );
            report.add_result("row-level security", row_level_security(&client).await);
        }
        Err(error) => report.add("database", Failure(Chain(&error).to_string())),
    }
    connector.stop().await;
}

type Checked = Result<Finding, tokio_postgres::Error>;

/// Of the session: behind a pooler, of the pooler's own connection.
async fn tls(client: &Client, is_pooled: bool) -> Checked {
    let statement = "SELECT ssl, coalesce(version, ''), inet_client_addr() IS NULL
                       FROM pg_catalog.pg_stat_ssl WHERE pid = pg_catalog.pg_backend_pid()";
    let row = client.query_typed_one(statement, &[]).await?;
    Ok(match (row.get(0), row.get::<_, &str>(1), row.get(2)) {
        (true, version, _) => Fine(format!("encrypted with {version}")),
        (false, _, true) => Fine("a socket of this machine".to_owned()),
        (false, ..) if is_pooled => Warning(
            "not encrypted between the pooler and PostgreSQL: set server_tls_sslmode, unless the \
             network is safe"
                .to_owned(),
        ),
        (false, ..) => Warning(
            "not encrypted: add sslmode=verify-full to DATABASE_URL, unless the network is safe"
                .to_owned(),
        ),
    })
}

/// Two connections that are open at the same time have the same session only behind a pooler. A
/// busy pooler may give each another one.
async fn pooler(connector: &Connector, client: &Client, is_configured: bool) -> Checked {
    let Ok(other) = connector.connect().await else {
        return Ok(Warning("a second connection is refused".to_owned()));
    };
    let session = "SELECT pg_backend_pid()";
    let first: i32 = client.query_typed_one(session, &[]).await?.get(0);
    let second: i32 = other.query_typed_one(session, &[]).await?.get(0);
    Ok(match (first == second, is_configured) {
        (true, true) => Fine("in transaction mode, as --transaction-pooler says".to_owned()),
        (true, false) => Failure(
            "DATABASE_URL leads to a pooler in transaction mode: set --transaction-pooler"
                .to_owned(),
        ),
        (false, true) => Fine(
            "none seen, or a busy one; without one, --transaction-pooler costs time".to_owned(),
        ),
        (false, false) => Fine("none seen".to_owned()),
    })
}

async fn version(client: &Client) -> Checked {
    let statement = "SELECT current_setting('server_version_num')::int / 10000";
    let version: i32 = client.query_typed_one(statement, &[]).await?.get(0);
    Ok(if version < TRIED_VERSION {
        Warning(format!(
            "PostgreSQL {version}; the service is tested on {TRIED_VERSION}"
        ))
    } else {
        Fine(format!("PostgreSQL {version}"))
    })
}

async fn role(client: &Client, require_rls: bool) -> Checked {
    let exempt = client.query_typed_opt(db::EXEMPT_ROLE, &[]).await?;
    let Some(exempt) = exempt else {
        return Ok(Fine("row-level security holds for the role".to_owned()));
    };
    let sentence = format!(
        "{:?} bypasses row-level security: use a role that is neither SUPERUSER nor BYPASSRLS",
        exempt.get::<_, &str>(0)
    );
    Ok(if require_rls {
        Failure(sentence)
    } else {
        Warning(sentence)
    })
}

async fn privileges(client: &Client) -> Checked {
    let statement =
        "SELECT count(*) = 0 FROM unnest(ARRAY['orders', 'idempotency_keys', 'outbox']) AS name
                      WHERE to_regclass(name) IS NOT NULL
                        AND NOT (has_table_privilege(name, 'SELECT')
                             AND has_table_privilege(name, 'INSERT')
                             AND has_table_privilege(name, 'UPDATE')
                             AND has_table_privilege(name, 'DELETE'))";
    let is_complete: bool = client.query_typed_one(statement, &[]).await?.get(0);
    let may_create = "SELECT has_schema_privilege(current_schema(), 'CREATE')";
    let may_create: Option<bool> = client.query_typed_one(may_create, &[]).await?.get(0);
    Ok(match (is_complete, may_create) {
        (false, _) => Failure(
            "the role needs SELECT, INSERT, UPDATE and DELETE on orders, idempotency_keys and outbox"
                .to_owned(),
        ),
        (true, Some(true)) => Fine("the role can read, write and migrate".to_owned()),
        (true, _) => Warning(
            "the role cannot migrate: run `orders migrate` as the owner, and serve with --no-migrate"
                .to_owned(),
        ),
    })
}

async fn clock(client: &Client) -> Checked {
    let statement = "SELECT extract(epoch FROM clock_timestamp())::float8";
    let database: f64 = client.query_typed_one(statement, &[]).await?.get(0);
    let machine = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let difference = (machine.as_secs_f64() - database).abs();
    Ok(if difference > MAX_CLOCK_DIFFERENCE.as_secs_f64() {
        Warning(format!(
            "the clocks of the database and of this machine differ by {difference:.0} s: check NTP"
        ))
    } else {
        Fine("the database and this machine agree".to_owned())
    })
}

async fn migrations(client: &mut Client, no_migrate: bool) -> Finding {
    match db::missing_migrations(client).await {
        Ok(missing) if missing.is_empty() => Fine("the schema is up to date".to_owned()),
        Ok(missing) if no_migrate => Failure(format!(
            "the schema lacks {}: run `orders migrate`",
            missing.join(", ")
        )),
        Ok(missing) => Fine(format!("`serve` will apply {}", missing.join(", "))),
        Err(error) => Warning(Chain(&error).to_string()),
    }
}

async fn row_level_security(client: &Client) -> Checked {
    let statement = "SELECT coalesce(string_agg(relname, ', '), '') FROM pg_catalog.pg_class
                      WHERE oid IN (to_regclass('orders'), to_regclass('idempotency_keys'), to_regclass('outbox'))
                        AND NOT (relrowsecurity AND relforcerowsecurity)";
    let row = client.query_typed_one(statement, &[]).await?;
    Ok(match row.get::<_, &str>(0) {
        "" => Fine("forced on every table".to_owned()),
        tables => Failure(format!(
            "switched off for {tables}: ALTER TABLE … ENABLE, and FORCE, ROW LEVEL SECURITY"
        )),
    })
}

// === impl Report ===

impl Report {
    fn add(&mut self, what: &'static str, finding: Finding) {
        self.0.push((what, finding));
    }

    fn add_result(&mut self, what: &'static str, checked: Checked) {
        let finding = checked.unwrap_or_else(|error| Failure(Chain(&error).to_string()));
        self.add(what, finding);
    }

    fn print(self) -> Result<(), DoctorError> {
        let (mut output, mut failures) = (io::stdout().lock(), 0);
        for (what, finding) in self.0 {
            let (word, sentence) = match finding {
                Fine(sentence) => ("ok", sentence),
                Warning(sentence) => ("warning", sentence),
                Failure(sentence) => ("FAILED", sentence),
            };
            failures += usize::from(word == "FAILED");
            writeln!(output, "{word:8} {what}: {sentence}")?;
        }
        if failures > 0 {
            return Err(DoctorError::Failed(failures));
        }
        Ok(())
    }
}
