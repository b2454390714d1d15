//! The PostgreSQL both sides are measured on: private, thrown away afterwards, as durable as any.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use private_postgres::{Options, PrivatePostgres};

use crate::{Result, workloads::Stock};

const SETTLE: &str = "VACUUM (ANALYZE) orders, idempotency_keys, outbox; CHECKPOINT;";

/// A running server and who may do what on it.
pub struct Database {
    postgres: PrivatePostgres,
    /// The postmaster, parent of all its processes.
    pub pid: u32,
    /// Such as `15.18`.
    pub version: String,
    filled: Option<Stock>,
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
            filled: None,
        };
        let data = PathBuf::from(database.query("SHOW data_directory")?);
        let pid_file = fs::read_to_string(data.join("postmaster.pid"))?;
        database.pid = pid_file.lines().next().unwrap_or_default().parse()?;
        database.version =
            database.query("SELECT split_part(current_setting('server_version'), ' ', 1)")?;
        for setting in ["fsync", "synchronous_commit"] {
            if database.query(&format!("SHOW {setting}"))? != "on" {
                return Err(format!("{setting} is off: the figures would mean nothing").into());
            }
        }
        Ok(database)
    }

    /// As the service connects: bound by row-level security.
    pub fn url(&self) -> String {
        self.postgres.url()
    }

    /// As the floor connects: a superuser, whom row-level security costs nothing.
    pub fn admin_url(&self) -> String {
        self.postgres.admin_url("orders")
    }

    /// A program that comes with PostgreSQL, from beside it or from the path.
    pub fn tool(&self, name: &str) -> Command {
        let beside = self.postgres.bin_dir().join(name);
        let program = if beside.exists() {
            &beside
        } else {
            Path::new(name)
        };
        Command::new(program)
    }

    /// Fills the tables anew. What reads left as it was is not filled again.
    pub fn fill(&mut self, stock: Stock) -> Result<()> {
        if self.filled != Some(stock) {
            self.psql(&stock.sql())?;
            self.settle()?;
            self.filled = Some(stock);
        }
        Ok(())
    }

    /// Leaves PostgreSQL nothing to tidy up during the next run.
    pub fn settle(&self) -> Result<()> {
        self.psql(SETTLE).map(drop)
    }

    /// The tables are not what they were filled with any more.
    pub fn spoil(&mut self) {
        self.filled = None;
    }

    pub fn count(&self, sql: &str) -> Result<u64> {
        Ok(self.query(sql)?.parse()?)
    }

    /// Runs statements whose answers are of no interest.
    pub fn run(&self, sql: &str) -> Result<()> {
        self.psql(sql).map(drop)
    }

    /// One value, as text.
    pub fn query(&self, sql: &str) -> Result<String> {
        Ok(self.psql(sql)?.trim().to_owned())
    }

    /// Statement by statement: VACUUM insists on being alone.
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
