//! The service as its users meet it: the release binary, asked over HTTP by wrk.

use std::{
    fs::{self, File},
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command},
    thread::sleep,
    time::{Duration, Instant},
};

use crate::{Result, database::Database, workloads::Workload};

const PATIENCE: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_micros(250);

/// A thousand connections need more descriptors than shells usually allow.
const UNLIMITED: &str =
    r#"ulimit -n 65536 2>/dev/null || ulimit -n "$(ulimit -Hn)"; exec "$0" "$@""#;

/// A running `orders serve`. Dropping it ends it.
pub struct Service {
    process: Child,
    pub address: SocketAddr,
    /// From the start of the process to its first 200 on /readyz.
    pub ready_after: Duration,
}

/// What wrk reports. All requests were answered as they should be.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Load {
    pub rate: f64,
    pub done: u64,
    /// 50 %, 90 %, 99 %, 99.9 %.
    pub latency: [Duration; 4],
    /// The prepared orders were used up before the time was: void.
    pub exhausted: bool,
}

/// What to ask of the service.
pub struct Task<'a> {
    pub workload: Workload,
    pub connections: u32,
    pub seconds: u32,
    /// How many orders are prepared.
    pub rows: u32,
    /// Differs from run to run, so that no key repeats.
    pub nonce: &'a str,
}

// === impl Service ===

impl Service {
    /// Without a relay: what is measured is the service.
    pub fn start(database: &Database, log: &Path) -> Result<Self> {
        Self::launch(database, log, &["--no-relay"])
    }

    /// With a relay and its publisher, as in ORDERS_PUBLISHER.
    pub fn publishing(database: &Database, log: &Path, publisher: &str) -> Result<Self> {
        Self::launch(database, log, &["--publisher", publisher])
    }

    fn launch(database: &Database, log: &Path, flags: &[&str]) -> Result<Self> {
        let address = free_address()?;
        let log_file = File::options().create(true).append(true).open(log)?;
        let begun = Instant::now();
        let process = Command::new("sh")
            .args(["-c", UNLIMITED])
            .arg(binary()?)
            .args(["serve", "--listen", &address.to_string()])
            .args(flags)
            .env("DATABASE_URL", database.url())
            .stderr(log_file)
            .spawn()?;
        let mut service = Self {
            process,
            address,
            ready_after: Duration::ZERO,
        };
        while get(address, "/readyz", "").map_or(true, |answer| answer.status != 200) {
            if service.process.try_wait()?.is_some() || begun.elapsed() > PATIENCE {
                return Err(
                    format!("the service does not start:\n{}", fs::read_to_string(log)?).into(),
                );
            }
            sleep(POLL);
        }
        service.ready_after = begun.elapsed();
        Ok(service)
    }

    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Runs wrk.
    pub fn load(&self, scratch: &Path, task: &Task<'_>) -> Result<Load> {
        let threads = task.connections.min(crate::machine::cores());
        let script = scratch.join("load.lua");
        fs::write(
            &script,
            task.workload.load_script(task.nonce, threads, task.rows),
        )?;
        let output = Command::new("sh")
            .args(["-c", UNLIMITED, "wrk"])
            .args([
                "-t",
                &threads.to_string(),
                "-c",
                &task.connections.to_string(),
            ])
            .args([
                "-d",
                &format!("{}s", task.seconds),
                "--timeout",
                "10s",
                "-s",
            ])
            .arg(&script)
            .arg(format!("http://{}", self.address))
            .output()?;
        let said = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() {
            return Err(format!("wrk: {said}{}", String::from_utf8_lossy(&output.stderr)).into());
        }
        parse(&said)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Nobody is left to be told.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The line that the script's `done` prints.
fn parse(said: &str) -> Result<Load> {
    let line = said.lines().find_map(|line| line.strip_prefix("RESULT "));
    let line = line.ok_or_else(|| format!("wrk says something new: {said}"))?;
    let value = |name: &str| -> Result<u64> {
        let mut pairs = line.split(' ').filter_map(|pair| pair.split_once('='));
        let (_, value) = pairs
            .find(|(key, _)| *key == name)
            .ok_or_else(|| format!("no {name}: {line}"))?;
        Ok(value.parse()?)
    };
    let exhausted = value("exhausted")? == 1;
    for failure in ["connect", "read", "write", "timeout", "status"] {
        // Once exhausted the script repeats itself, which the service refuses.
        if value(failure)? > 0 && !(exhausted && failure == "status") {
            return Err(format!("requests failed: {line}").into());
        }
    }
    let done = value("requests")?;
    let time = |name: &str| value(name).map(Duration::from_micros);
    Ok(Load {
        rate: done as f64 / time("duration")?.as_secs_f64(),
        done,
        latency: [time("p50")?, time("p90")?, time("p99")?, time("p999")?],
        exhausted,
    })
}

/// An answer, read to its end.
pub struct Answer {
    pub status: u16,
    pub text: String,
}

/// One GET on a connection of its own.
pub fn get(address: SocketAddr, path: &str, headers: &str) -> Result<Answer> {
    ask("GET", address, path, headers)
}

/// One request on a connection of its own.
pub fn ask(method: &str, address: SocketAddr, path: &str, headers: &str) -> Result<Answer> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n{headers}\r\n"
    )?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    let status = text.split(' ').nth(1).unwrap_or_default().parse()?;
    Ok(Answer { status, text })
}

/// `orders` beside ourselves; the Makefile builds both.
pub fn binary() -> Result<PathBuf> {
    Ok(std::env::current_exe()?.with_file_name("orders"))
}

/// One that nobody listens on yet.
pub fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FINE: &str = "RESULT requests=3000 duration=1000000 connect=0 read=0 write=0 timeout=0 status=0 exhausted=0 \
                        p50=100 p90=200 p99=300 p999=400";

    #[test]
    fn what_wrk_says_is_understood() {
        let load = parse(&format!("Running 1s test\n{FINE}\n")).unwrap();
        assert_eq!(
            (load.rate, load.done, load.exhausted),
            (3000.0, 3000, false)
        );
        assert_eq!(load.latency[3], Duration::from_micros(400));
    }

    #[test]
    fn a_failed_request_voids_the_run() {
        for failure in ["connect", "read", "write", "timeout", "status"] {
            let said = FINE.replace(&format!("{failure}=0"), &format!("{failure}=1"));
            assert!(parse(&said).is_err(), "{failure}");
        }
    }
}
