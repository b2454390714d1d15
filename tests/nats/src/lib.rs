//! A NATS server with JetStream for one test or benchmark: on a free port of 127.0.0.1, with its
//! store in a temporary directory. It ends with its owner, even if the owner is killed.
//!
//! `nats-server` must be installed; `.ci/prepare nats` does that.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use serde_json::Value;
use supervised_process::{SupervisedCommand, SupervisedProcess, Supervision};
use tempfile::TempDir;

const START_TIMEOUT: Duration = Duration::from_secs(30);
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// Debian installs the binary in a directory that is on the `PATH` of root only.
const SBIN: [&str; 2] = ["/usr/sbin", "/usr/local/sbin"];

/// A server, running or killed. Dropping it kills the server and removes its store.
///
/// All methods block.
#[derive(Debug)]
pub struct PrivateNats {
    process: Option<SupervisedProcess>,
    ports: Ports,
    flags: Vec<String>,
    home: TempDir, // dropped, and so removed, after the process
}

/// Ports that the server listens on; 0 if it does not.
#[derive(Clone, Copy, Debug, Default)]
struct Ports {
    client: u16,
    monitor: u16,
}

/// Why no server runs.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The binary is neither on the `PATH` nor in `/usr/sbin` or `/usr/local/sbin`.
    #[error("nats-server is missing: `.ci/prepare nats` installs it")]
    NotInstalled,
    /// The server ended at its start, or did not listen within 30 s.
    #[error("nats-server does not start")]
    NotStarted,
    /// The server did not end within 10 s after SIGKILL.
    #[error("nats-server does not end")]
    NotEnded,
    /// A temporary directory or a process could not be created.
    #[error("cannot run nats-server")]
    Io(#[from] io::Error),
}

// === impl PrivateNats ===

impl PrivateNats {
    /// Starts a server and waits until it listens. `flags` are further flags of `nats-server`, such
    /// as `["--user", "…", "--pass", "…"]`.
    ///
    /// # Errors
    /// [`Error::NotInstalled`], [`Error::NotStarted`], [`Error::Io`].
    pub fn start(flags: &[&str]) -> Result<Self, Error> {
        let mut nats = Self {
            process: None,
            ports: Ports::default(),
            flags: flags.iter().map(|&flag| flag.to_owned()).collect(),
            home: tempfile::tempdir()?,
        };
        nats.restart()?;
        Ok(nats)
    }

    /// Address for clients: `127.0.0.1:<port>`. The same after a [`restart`](Self::restart).
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.ports.client)
    }

    /// URL for clients: `nats://127.0.0.1:<port>`.
    pub fn url(&self) -> String {
        format!("nats://{}", self.address())
    }

    /// Port of the HTTP monitoring endpoints, if the flags `["--http_port", "-1"]` were given.
    pub fn monitor_port(&self) -> Option<u16> {
        Some(self.ports.monitor).filter(|&port| port != 0)
    }

    /// Ends the server with SIGKILL, as a power cut would. No effect on a killed server.
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

    /// Kills the server if it runs, and starts it with the same flags, client port and store.
    ///
    /// # Errors
    /// As [`start`](Self::start), and [`Error::NotEnded`].
    pub fn restart(&mut self) -> Result<(), Error> {
        self.kill()?;
        let ports = tempfile::tempdir_in(&self.home)?;
        let client_port = match self.ports.client {
            0 => "-1".to_owned(), // a free one
            port => port.to_string(),
        };
        let supervision = Supervision {
            temp_dirs: &[self.home.path()],
            ..Supervision::stopped_by("KILL")
        };
        let mut command = SupervisedCommand::new(Command::new("sh"), &supervision);
        command
            .arg(find_binary().ok_or(Error::NotInstalled)?)
            .args(["--jetstream", "--addr", "127.0.0.1"])
            .args(["--port", &client_port])
            .arg("--store_dir")
            .arg(self.home.path().join("store"))
            .arg("--ports_file_dir")
            .arg(ports.path())
            .args(&self.flags)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut process = command.start()?;
        process.wait_until(START_TIMEOUT, || read_ports(ports.path()).is_some());
        self.ports = read_ports(ports.path()).ok_or(Error::NotStarted)?;
        self.process = Some(process);
        Ok(())
    }
}

/// The ports in the file that the server writes once it listens.
fn read_ports(directory: &Path) -> Option<Ports> {
    let file = fs::read_dir(directory).ok()?.next()?.ok()?;
    let ports: Value = serde_json::from_slice(&fs::read(file.path()).ok()?).ok()?;
    let port = |kind: &str| -> Option<u16> {
        let url = ports.get(kind)?.get(0)?.as_str()?;
        url.rsplit_once(':')?.1.parse().ok()
    };
    Some(Ports {
        client: port("nats")?,
        monitor: port("monitoring").unwrap_or(0),
    })
}

fn find_binary() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain(SBIN.map(PathBuf::from))
        .map(|directory| directory.join("nats-server"))
        .find(|file| file.is_file())
}
