//! A NATS server with JetStream of our own, thrown away afterwards.

use std::{
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::{
    Result,
    http::{free_address, get},
};

const PATIENCE: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(10);

/// A running server. Dropping it ends it.
pub struct Nats {
    process: Child,
    address: SocketAddr,
    monitor: SocketAddr,
    _store: TempDir,
}

// === impl Nats ===

impl Nats {
    pub fn start() -> Result<Self> {
        let (address, monitor) = (free_address()?, free_address()?);
        let store = tempfile::tempdir()?;
        let process = Command::new(binary())
            .args(["--jetstream", "--addr", "127.0.0.1", "--store_dir"])
            .arg(store.path())
            .args(["--port", &address.port().to_string()])
            .args(["--http_port", &monitor.port().to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("nats-server: {error}"))?;
        let nats = Self {
            process,
            address,
            monitor,
            _store: store,
        };
        let begun = Instant::now();
        while get(monitor, "/healthz", "").map_or(true, |answer| answer.status != 200) {
            if begun.elapsed() > PATIENCE {
                return Err("nats-server does not start".into());
            }
            sleep(POLL);
        }
        Ok(nats)
    }

    /// As in ORDERS_PUBLISHER.
    pub fn url(&self) -> String {
        format!("nats://{}", self.address)
    }

    /// How many messages its streams hold.
    pub fn stored(&self) -> Result<u64> {
        let answer = get(self.monitor, "/jsz", "")?.text;
        let count = answer
            .lines()
            .find_map(|line| line.trim().strip_prefix("\"messages\": "))
            .ok_or_else(|| format!("nats-server says something new: {answer}"))?;
        Ok(count.trim_end_matches(',').parse()?)
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        // Nobody is left to be told.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Debian installs it where only root looks.
fn binary() -> &'static Path {
    let sbin = ["/usr/sbin/nats-server", "/usr/local/sbin/nats-server"];
    let found = sbin.map(Path::new).into_iter().find(|path| path.exists());
    found.unwrap_or(Path::new("nats-server"))
}
