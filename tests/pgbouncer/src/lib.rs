//! A PgBouncer in transaction mode for one test or benchmark: on a free port of 127.0.0.1, in front
//! of all databases of one PostgreSQL. It ends with its owner, even if the owner is killed.
//!
//! `pgbouncer` must be installed; `.ci/prepare pooler` does that.

use std::{
    env, fs, io,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    process::{Command, Stdio},
    time::Duration,
};

use supervised_process::{SupervisedCommand, SupervisedProcess, Supervision};
use tempfile::TempDir;

const START_TIMEOUT: Duration = Duration::from_secs(30);
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// Debian installs the binary in a directory that is on the `PATH` of root only.
const SBIN: [&str; 2] = ["/usr/sbin", "/usr/local/sbin"];

/// The account that root uses: PgBouncer refuses to run as root.
const ACCOUNT: &str = "postgres";

/// The PostgreSQL behind a PgBouncer.
#[derive(Clone, Debug)]
pub struct Upstream {
    /// A host name, an address, or the directory of a socket.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The one role that clients may have. They need no password.
    pub role: String,
    /// The password with which PgBouncer logs in; empty if it needs none.
    pub password: String,
}

/// A PgBouncer, running or killed. Dropping it kills it.
///
/// All methods block.
#[derive(Debug)]
pub struct PrivatePgbouncer {
    process: Option<SupervisedProcess>,
    address: SocketAddr,
    role: String,
    home: TempDir, // dropped, and so removed, after the process
}

/// Why no PgBouncer runs.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The binary is neither on the `PATH` nor in `/usr/sbin` or `/usr/local/sbin`.
    #[error("pgbouncer is missing: `.ci/prepare pooler` installs it")]
    NotInstalled,
    /// The process ended at its start, or did not listen within 30 s.
    #[error("pgbouncer does not start:\n{0}")]
    NotStarted(String),
    /// The process did not end within 10 s after SIGKILL.
    #[error("pgbouncer does not end")]
    NotEnded,
    /// A temporary directory or a process could not be created.
    #[error("cannot run pgbouncer")]
    Io(#[from] io::Error),
}

// === impl PrivatePgbouncer ===

impl PrivatePgbouncer {
    /// Starts PgBouncer with so many server connections for each database, and waits until it
    /// listens.
    ///
    /// # Errors
    /// [`Error::NotInstalled`], [`Error::NotStarted`], [`Error::Io`].
    pub fn start(upstream: &Upstream, pool_size: u32) -> Result<Self, Error> {
        let Upstream { host, port, .. } = upstream;
        let configuration = format!(
            "[databases]\n\
             * = host={host} port={port}\n\
             [pgbouncer]\n\
             pool_mode = transaction\n\
             default_pool_size = {pool_size}\n\
             max_client_conn = 10000\n\
             server_idle_timeout = 10\n\
             log_connections = 0\n\
             log_disconnections = 0\n"
        );
        Self::with_configuration(upstream, &configuration)
    }

    /// Starts PgBouncer with a configuration, whose last section must be `[pgbouncer]`. Address and
    /// authentication are added.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn with_configuration(upstream: &Upstream, configuration: &str) -> Result<Self, Error> {
        let Upstream { role, password, .. } = upstream;
        let home = tempfile::tempdir()?;
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let users = home.path().join("users.txt");
        fs::write(&users, format!("\"{role}\" \"{password}\"\n"))?;
        let account = if rustix::process::geteuid().is_root() {
            format!("user = {ACCOUNT}\n")
        } else {
            String::new()
        };
        let text = format!(
            "{configuration}\n\
             listen_addr = {}\n\
             listen_port = {}\n\
             unix_socket_dir =\n\
             auth_type = trust\n\
             auth_file = {}\n\
             {account}",
            address.ip(),
            address.port(),
            users.display(),
        );
        fs::write(home.path().join("pgbouncer.ini"), text)?;
        // The account reads the files.
        fs::set_permissions(home.path(), fs::Permissions::from_mode(0o755))?;
        let mut pgbouncer = Self {
            process: None,
            address,
            role: role.clone(),
            home,
        };
        pgbouncer.restart()?;
        Ok(pgbouncer)
    }

    /// URL for clients: of a database, by the one role.
    pub fn url(&self, database: &str) -> String {
        format!("postgresql://{}@{}/{database}", self.role, self.address)
    }

    /// The address for clients. The same after a [`restart`](Self::restart).
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Process id of the shell that supervises PgBouncer: its parent.
    pub fn parent_pid(&self) -> Option<u32> {
        self.process.as_ref().map(SupervisedProcess::id)
    }

    /// Ends it with SIGKILL: all connections break. No effect if it is killed already.
    ///
    /// # Errors
    /// [`Error::NotEnded`].
    pub fn kill(&mut self) -> Result<(), Error> {
        let ended = self
            .process
            .take()
            .is_none_or(|mut process| process.stop("KILL", STOP_TIMEOUT));
        if ended { Ok(()) } else { Err(Error::NotEnded) }
    }

    /// Kills it if it runs, and starts it with the same configuration.
    ///
    /// # Errors
    /// As [`start`](Self::start), and [`Error::NotEnded`].
    pub fn restart(&mut self) -> Result<(), Error> {
        self.kill()?;
        let log = self.home.path().join("log");
        let supervision = Supervision {
            log: Some(&log),
            temp_dirs: &[self.home.path()],
            ..Supervision::stopped_by("KILL")
        };
        let mut command = SupervisedCommand::new(Command::new("sh"), &supervision);
        command
            .arg(find_binary().ok_or(Error::NotInstalled)?)
            .arg(self.home.path().join("pgbouncer.ini"))
            .stdout(Stdio::null());
        let mut process = command.start()?;
        let listens = || TcpStream::connect(self.address).is_ok();
        process.wait_until(START_TIMEOUT, listens);
        if !matches!(process.try_wait(), Ok(None)) || !listens() {
            let said = fs::read_to_string(log).unwrap_or_default();
            return Err(Error::NotStarted(said));
        }
        self.process = Some(process);
        Ok(())
    }
}

fn find_binary() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain(SBIN.map(PathBuf::from))
        .map(|directory| directory.join("pgbouncer"))
        .find(|file| file.is_file())
}
