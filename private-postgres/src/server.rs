//! Starts, joins and stops a server. Whoever makes, starts or *is* the server holds the lock: it
//! passes to the server's own processes and ends with the last of them, so a free lock proves that
//! nothing of an earlier server lives, and a held one that waiting is worth while.

use std::{
    fs::{self, TryLockError},
    io::Write,
    os::unix::{net::UnixStream, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use crate::{
    PORT, SOCKET, Setting,
    cluster::Cluster,
    discover::Installation,
    error::{Error, tail},
};

/// Bounds every wait. Recovery after a crash can take its time.
const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(2);

/// No port, only the socket; and packagers' log settings must not divert the log.
const OVERRIDABLE: [&str; 3] = [
    "max_connections=200",
    "listen_addresses=",
    "logging_collector=off",
];

/// Our tie to a running server.
#[derive(Debug)]
pub(crate) enum Server {
    /// We started it and shall stop it.
    Owned(Supervisor),
    /// Another process did and shall.
    Joined { socket_dir: PathBuf },
}

/// The shell that keeps the server (`supervise.sh`), and the pipe it listens to.
#[derive(Debug)]
pub(crate) struct Supervisor {
    process: Child,
    socket_dir: PathBuf,
    /// Throw-away data need no orderly shutdown.
    farewell: Signal,
}

/// PostgreSQL's ways to end.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Signal {
    /// Fast: sessions are cut, everything is written.
    Int,
    /// Immediate: as in a crash, recovery follows at the next start.
    Quit,
}

// === impl Signal ===

impl Signal {
    fn name(self) -> &'static str {
        match self {
            Self::Int => "INT",
            Self::Quit => "QUIT",
        }
    }
}

// === impl Server ===

impl Server {
    /// Joins the directory's server if one is running; otherwise makes and starts it.
    pub(crate) fn start_or_join(
        cluster: &Cluster,
        installation: &Installation,
        settings: &[Setting],
    ) -> Result<Self, Error> {
        let lock = cluster.open_lock()?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(socket_dir) = ready(&cluster.data()) {
                return Ok(Self::Joined { socket_dir });
            }
            match lock.try_lock() {
                Ok(()) => {
                    cluster.make(installation, &lock)?;
                    let lock = Stdio::from(lock);
                    return Supervisor::start(cluster, installation, settings, lock)
                        .map(Server::Owned);
                }
                // Being made, started or stopped: each ends in something we can act on.
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => sleep(POLL),
                Err(TryLockError::WouldBlock) => {
                    return Err(Error::Busy(cluster.home().to_owned()));
                }
                Err(TryLockError::Error(error)) => {
                    return Err(Error::io("lock", cluster.home())(error));
                }
            }
        }
    }

    pub(crate) fn socket_dir(&self) -> &Path {
        match self {
            Self::Owned(supervisor) => &supervisor.socket_dir,
            Self::Joined { socket_dir } => socket_dir,
        }
    }
}

// === impl Supervisor ===

impl Supervisor {
    fn start(
        cluster: &Cluster,
        installation: &Installation,
        settings: &[Setting],
        lock: Stdio,
    ) -> Result<Self, Error> {
        let farewell = if cluster.is_throw_away() {
            Signal::Quit
        } else {
            Signal::Int
        };
        let [litter, more_litter] = cluster.litter();
        let (data, socket_dir) = (cluster.data(), cluster.socket_dir());

        let mut shell = cluster.account.command("sh");
        shell.args(["-c", include_str!("supervise.sh"), "private-postgres"]);
        shell.arg(cluster.log()).arg(farewell.name());
        shell.arg(litter).arg(more_litter);
        shell.arg(installation.bin.join("postgres"));
        shell.arg("-D").arg(&data);
        // Later settings win: ours that may be overridden, the caller's, ours that may not.
        for setting in OVERRIDABLE {
            shell.args(["-c", setting]);
        }
        for (name, value) in settings {
            shell.arg("-c").arg(format!("{name}={value}"));
        }
        shell.arg("-p").arg(PORT).arg("-k").arg(&socket_dir);

        // The lock is ours, so whatever process has the number in a stale postmaster.pid, it is no
        // server. PostgreSQL takes the number given here for a process that started it and goes
        // on to its real proof, the shared memory, instead of giving up.
        if let Some(stale) = pid_file(&data).first() {
            shell.env("PG_GRANDPARENT_PID", stale);
        }

        let shell = shell
            .stdin(Stdio::piped())
            .stdout(lock)
            .stderr(Stdio::null())
            // Out of reach of the terminal's Ctrl-C: the owner drains first and then stops us.
            .process_group(0);
        let process = shell.spawn().map_err(Error::io("run", Path::new("sh")))?;

        let mut supervisor = Self {
            process,
            socket_dir,
            farewell,
        };
        let started = supervisor.wait_until(|| ready(&data).is_some());
        if started && supervisor.is_running() {
            return Ok(supervisor);
        }
        let log = cluster.log();
        let tail = tail(&fs::read(&log).unwrap_or_default());
        Err(Error::NotReady { log, tail })
    }

    /// Ends the server and waits for its last process.
    pub(crate) fn stop(&mut self, signal: Signal) -> Result<(), Error> {
        for signal in [signal, Signal::Quit] {
            if let Some(pipe) = &mut self.process.stdin {
                // A broken pipe means that it has ended already.
                let _ = writeln!(pipe, "{}", signal.name());
            }
            if self.wait_until(|| false) {
                return Ok(());
            }
        }
        Err(Error::Busy(self.socket_dir.clone()))
    }

    pub(crate) fn say_farewell(&mut self) -> Result<(), Error> {
        self.stop(self.farewell)
    }

    fn is_running(&mut self) -> bool {
        matches!(self.process.try_wait(), Ok(None))
    }

    /// Waits until `fact` or the end of the server; false when neither came in time. Polls,
    /// because `Child::wait` would close the pipe and so announce our death.
    fn wait_until(&mut self, fact: impl Fn() -> bool) -> bool {
        let deadline = Instant::now() + PATIENCE;
        while self.is_running() && !fact() {
            if Instant::now() >= deadline {
                return false;
            }
            sleep(POLL);
        }
        true
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        // Nobody is left to be told; the closing pipe repeats the request.
        let _ = self.say_farewell();
    }
}

/// The socket directory of the server that runs on `data`, once it takes connections.
fn ready(data: &Path) -> Option<PathBuf> {
    let claim = || {
        let lines = pid_file(data);
        let is_ready = lines.get(7)?.trim() == "ready";
        is_ready.then(|| PathBuf::from(&lines[4]))
    };
    UnixStream::connect(claim()?.join(SOCKET)).ok()?;
    // A file that survived a crash may claim anything. Once somebody listens it is rewritten, so
    // only the word given after connecting counts.
    claim()
}

/// The lines of postmaster.pid: number, data directory, start, port, socket directory, …, status.
fn pid_file(data: &Path) -> Vec<String> {
    let text = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}
