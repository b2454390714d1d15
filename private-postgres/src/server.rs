//! Starts, joins and stops a server.
//!
//! The lock of the directory is held by the process that creates or starts the server, and then by
//! the server: its processes inherit the locked file, so the lock is released when the last of them
//! ends. A free lock proves that no process of an earlier server is left. A held lock means that
//! waiting is useful: a server is being created, started or stopped, or runs.

use std::{
    fs::{self, TryLockError},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::Stdio,
    thread::sleep,
    time::{Duration, Instant},
};

use supervised_process::{SupervisedCommand, SupervisedProcess, Supervision};

use crate::{
    cluster::Cluster,
    error::{Error, tail},
    installation::Installation,
    options::{PORT, SOCKET, Setting},
};

/// Bounds each wait: for the lock, for the start (crash recovery included), and for the end.
const TIMEOUT: Duration = Duration::from_secs(60);
const POLL_INTERVAL: Duration = Duration::from_millis(2);

/// Defaults that the caller's settings override. The server has a socket only, no TCP port;
/// packages that turn on the logging collector must not redirect the log.
const DEFAULT_SETTINGS: [&str; 3] = [
    "max_connections=200",
    "listen_addresses=",
    "logging_collector=off",
];

/// A running server.
#[derive(Debug)]
pub(crate) enum Server {
    /// Started, and later stopped, by this process.
    Owned(OwnedServer),
    /// Started, and later stopped, by another process.
    Joined { socket_dir: PathBuf },
}

/// A server that this process started.
#[derive(Debug)]
pub(crate) struct OwnedServer {
    process: SupervisedProcess,
    socket_dir: PathBuf,
    stop_signal: ShutdownMode,
}

/// How PostgreSQL shuts down (PostgreSQL documentation, "Shutting Down the Server").
#[derive(Clone, Copy, Debug)]
pub(crate) enum ShutdownMode {
    /// SIGINT: ends the sessions and writes a checkpoint.
    Fast,
    /// SIGQUIT: ends at once; the next start recovers as after a crash.
    Immediate,
}

// === impl ShutdownMode ===

impl ShutdownMode {
    fn signal(self) -> &'static str {
        match self {
            Self::Fast => "INT",
            Self::Immediate => "QUIT",
        }
    }
}

// === impl Server ===

impl Server {
    /// Joins the server that runs on the directory; creates and starts it if none runs.
    pub(crate) fn start_or_join(
        cluster: &Cluster,
        installation: &Installation,
        settings: &[Setting],
    ) -> Result<Self, Error> {
        let lock = cluster.open_lock()?;
        let deadline = Instant::now() + TIMEOUT;
        loop {
            if let Some(socket_dir) = ready_socket_dir(&cluster.data()) {
                return Ok(Self::Joined { socket_dir });
            }
            match lock.try_lock() {
                Ok(()) => {
                    cluster.create(installation, &lock)?;
                    let lock = Stdio::from(lock);
                    return OwnedServer::start(cluster, installation, settings, lock)
                        .map(Server::Owned);
                }
                // The server is being created, started or stopped: poll until that has ended.
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => sleep(POLL_INTERVAL),
                Err(TryLockError::WouldBlock) => {
                    return Err(Error::Busy(cluster.home().to_owned()));
                }
                Err(TryLockError::Error(error)) => {
                    return Err(Error::io("lock", cluster.home())(error));
                }
            }
        }
    }

    /// Starts the server if no process creates, starts or runs it.
    pub(crate) fn start_if_free(
        cluster: &Cluster,
        installation: &Installation,
        settings: &[Setting],
    ) -> Result<Option<OwnedServer>, Error> {
        let lock = cluster.open_lock()?;
        match lock.try_lock() {
            Ok(()) => OwnedServer::start(cluster, installation, settings, lock.into()).map(Some),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(Error::io("lock", cluster.home())(error)),
        }
    }

    pub(crate) fn socket_dir(&self) -> &Path {
        match self {
            Self::Owned(server) => &server.socket_dir,
            Self::Joined { socket_dir } => socket_dir,
        }
    }
}

// === impl OwnedServer ===

impl OwnedServer {
    fn start(
        cluster: &Cluster,
        installation: &Installation,
        settings: &[Setting],
        lock: Stdio,
    ) -> Result<Self, Error> {
        // Temporary data need no checkpoint.
        let stop_signal = if cluster.is_temporary() {
            ShutdownMode::Immediate
        } else {
            ShutdownMode::Fast
        };
        let (data, socket_dir) = (cluster.data(), cluster.socket_dir());
        let supervision = Supervision {
            stop_signal: stop_signal.signal(),
            log: Some(&cluster.log()),
            temp_dirs: &cluster.temp_dirs(),
        };
        let mut command = SupervisedCommand::new(cluster.account.command("sh"), &supervision);
        command.arg(installation.bin.join("postgres"));
        command.arg("-D").arg(&data);
        // The last of several values wins: defaults, then the caller's, then fixed ones.
        for setting in DEFAULT_SETTINGS {
            command.args(["-c", setting]);
        }
        for (name, value) in settings {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        command.arg("-p").arg(PORT).arg("-k").arg(&socket_dir);

        // This process holds the lock, so the process whose id a stale postmaster.pid names is not
        // a server of this directory. PostgreSQL takes the id in this variable for one of its
        // ancestors: it continues with the check of the shared memory instead of refusing to start.
        if let Some(stale) = pid_file(&data).first() {
            command.env("PG_GRANDPARENT_PID", stale);
        }
        command.stdout(lock).stderr(Stdio::null());
        let mut server = Self {
            process: command.start().map_err(Error::io("run", Path::new("sh")))?,
            socket_dir,
            stop_signal,
        };
        let is_ready = || ready_socket_dir(&data).is_some();
        if server.process.wait_until(TIMEOUT, is_ready) && server.is_running() {
            return Ok(server);
        }
        let log = cluster.log();
        let tail = tail(&fs::read(&log).unwrap_or_default());
        Err(Error::NotReady { log, tail })
    }

    /// Stops the server as its data need it, and waits for the end of its last process.
    pub(crate) fn stop(&mut self) -> Result<(), Error> {
        self.shut_down(self.stop_signal)
    }

    /// Stops the server as a crash would, and waits for the end of its last process.
    pub(crate) fn crash(&mut self) -> Result<(), Error> {
        self.shut_down(ShutdownMode::Immediate)
    }

    fn shut_down(&mut self, mode: ShutdownMode) -> Result<(), Error> {
        for mode in [mode, ShutdownMode::Immediate] {
            if self.process.stop(mode.signal(), TIMEOUT) {
                return Ok(());
            }
        }
        Err(Error::Busy(self.socket_dir.clone()))
    }

    fn is_running(&mut self) -> bool {
        matches!(self.process.try_wait(), Ok(None))
    }
}

impl Drop for OwnedServer {
    fn drop(&mut self) {
        // If this fails, the pipe of the dropped process repeats the stop signal.
        let _ = self.stop();
    }
}

/// The socket directory of the server that runs on `data`. None until the server accepts
/// connections.
fn ready_socket_dir(data: &Path) -> Option<PathBuf> {
    let read = || {
        let lines = pid_file(data);
        // A standby accepts connections that read.
        let is_ready = ["ready", "standby"].contains(&lines.get(7)?.trim());
        is_ready.then(|| PathBuf::from(&lines[4]))
    };
    UnixStream::connect(read()?.join(SOCKET)).ok()?;
    // A postmaster.pid that survived a crash may say "ready". A server replaces it before it
    // listens, so only the content read after connecting is valid.
    read()
}

/// The lines of postmaster.pid: process id, data directory, start time, port, socket directory, …,
/// status (line 8).
fn pid_file(data: &Path) -> Vec<String> {
    let text = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}
