//! The PostgreSQL that the service and pgbench use: a temporary server with `fsync` and
//! `synchronous_commit` on.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use private_pgbouncer::Upstream;
use private_postgres::{Options, PrivatePostgres};

use crate::{Result, workloads::Dataset};

const VACUUM: &str = "VACUUM (ANALYZE) orders, idempotency_keys, outbox; CHECKPOINT;";

/// A running server.
pub struct Database {
    postgres: PrivatePostgres,
    /// Process id of the postmaster, the parent of all other processes of the server.
    pub pid: u32,
    /// Such as `15.18`.
    pub version: String,
    /// What the tables contain; None if a run modified them.
    contents: Option<Dataset>,
}

// === impl Database ===

impl Database {
    pub fn start() -> Result<Self> {
        let options = Options::temporary()
            .setting("fsync", "on")
            .setting("synchronous_commit", "on");
        let mut database = Self {
            postgres: PrivatePostgres::start(options)?,
            pid: 0,
            version: String::new(),
            contents: None,
        };
        let data = PathBuf::from(database.query("SHOW data_directory")?);
        let pid_file = fs::read_to_string(data.join("postmaster.pid"))?;
        database.pid = pid_file.lines().next().unwrap_or_default().parse()?;
        database.version =
            database.query("SELECT split_part(current_setting('server_version'), ' ', 1)")?;
        for setting in ["fsync", "synchronous_commit"] {
            if database.query(&format!("SHOW {setting}"))? != "on" {
                return Err(
                    format!("{setting} is off, so the results would not be comparable").into(),
                );
            }
        }
        Ok(database)
    }

    /// URL for the service, whose role is subject to row-level security.
    pub fn url(&self) -> String {
        self.postgres.url()
    }

    /// The server, for a PgBouncer of the service.
    pub fn upstream(&self) -> Upstream {
        Upstream {
            host: self.postgres.socket_dir().display().to_string(),
            port: 5432, // names the socket
            role: "orders".to_owned(),
            password: String::new(),
        }
    }

    /// URL for pgbench: a superuser, to whom row-level security does not apply.
    pub fn admin_url(&self) -> String {
        self.postgres.admin_url("orders")
    }

    /// A client program of PostgreSQL: from the directory of the server, else from `PATH`.
    pub fn tool(&self, name: &str) -> Command {
        let beside = self.postgres.bin_dir().join(name);
        let program = if beside.exists() {
            &beside
        } else {
            Path::new(name)
        };
        Command::new(program)
    }

    /// Fills the tables with `dataset`, unless they contain it unmodified.
    pub fn fill(&mut self, dataset: Dataset) -> Result<()> {
        if self.contents != Some(dataset) {
            self.psql(&dataset.sql())?;
            self.vacuum()?;
            self.contents = Some(dataset);
        }
        Ok(())
    }

    /// Vacuums the tables and writes a checkpoint, so that neither happens during the next run.
    pub fn vacuum(&self) -> Result<()> {
        self.psql(VACUUM).map(drop)
    }

    /// Records that a run modifies the tables, so that the next [`fill`](Self::fill) fills them.
    pub fn mark_modified(&mut self) {
        self.contents = None;
    }

    /// The result of a query for one integer.
    pub fn count(&self, sql: &str) -> Result<u64> {
        Ok(self.query(sql)?.parse()?)
    }

    /// Runs statements and ignores their results.
    pub fn run(&self, sql: &str) -> Result<()> {
        self.psql(sql).map(drop)
    }

    /// The result of a query for one value, as text.
    pub fn query(&self, sql: &str) -> Result<String> {
        Ok(self.psql(sql)?.trim().to_owned())
    }

    /// Statements run one by one, because VACUUM cannot run in a transaction.
    fn psql(&self, sql: &str) -> Result<String> {
        let mut psql = self.tool("psql");
        psql.args(["-XqAt", "-v", "ON_ERROR_STOP=1", "-d"])
            .arg(self.admin_url());
        let mut child = psql
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("psql: {error}"))?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(sql.as_bytes())?;
            stdin.write_all(b";\n")?;
        }
        let output = child.wait_with_output()?;
        if output.status.success() {
            Ok(String::from_utf8(output.stdout)?)
        } else {
            Err(format!("psql: {}", String::from_utf8_lossy(&output.stderr)).into())
        }
    }
}
