//! The service, run as a process of the release binary, and wrk, which sends it requests over HTTP.

use std::{
    fs::{self, File},
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::Command,
    thread::sleep,
    time::{Duration, Instant},
};

use private_pgbouncer::PrivatePgbouncer;
use supervised_process::{SupervisedCommand, SupervisedProcess, Supervision};

use crate::{Result, database::Database, workloads::Workload};

const TIMEOUT: Duration = Duration::from_secs(30);
const POLL_INTERVAL: Duration = Duration::from_micros(250);

/// PgBouncer's own default.
const POOLER_SESSIONS: u32 = 20;

/// Raises the limit of open files, usually 1,024, for 1,000 connections.
const WITH_MANY_FILES: &str =
    r#"ulimit -n 65536 2>/dev/null || ulimit -n "$(ulimit -Hn)"; exec "$0" "$@""#;

/// A build of the service with settings.
#[derive(Clone, Debug)]
pub struct Variant {
    /// The program.
    pub binary: PathBuf,
    /// Flags of `orders serve`.
    pub flags: Vec<String>,
    /// Header lines of every request, each with its line break.
    pub headers: String,
    /// Whether it reaches the database through PgBouncer.
    pub is_pooled: bool,
}

/// A running `orders serve`, killed when dropped.
pub struct Service {
    process: SupervisedProcess,
    _pooler: Option<PrivatePgbouncer>,
    pub variant: Variant,
    pub address: SocketAddr,
    /// Time from the start of the process to the first status 200 of /readyz.
    pub ready_after: Duration,
}

/// The report of wrk. Every response had the expected status.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Load {
    /// Requests per second.
    pub rate: f64,
    /// Requests.
    pub done: u64,
    /// Percentiles 50, 90, 99 and 99.9.
    pub latency: [Duration; 4],
    /// The run used up the prepared orders before its time ended, so it does not count.
    pub exhausted: bool,
}

/// The arguments of a run.
pub struct Task<'a> {
    pub workload: Workload,
    pub connections: u32,
    pub seconds: u32,
    /// Number of orders in the tables.
    pub rows: u32,
    /// Part of the idempotency keys, different in each run.
    pub nonce: &'a str,
}

// === impl Variant ===

impl Variant {
    /// The binary of this build, without a relay.
    pub fn current() -> Result<Self> {
        Ok(Self {
            binary: binary()?,
            flags: vec!["--no-relay".to_owned()],
            headers: String::new(),
            is_pooled: false,
        })
    }
}

// === impl Service ===

impl Service {
    /// Starts the service without a relay.
    pub fn start(database: &Database, log: &Path) -> Result<Self> {
        Self::of(Variant::current()?, database, log)
    }

    /// Starts the service with a relay. `publisher` is the value of ORDERS_PUBLISHER.
    pub fn publishing(database: &Database, log: &Path, publisher: &str) -> Result<Self> {
        let flags = ["--publisher", publisher].map(str::to_owned).to_vec();
        let variant = Variant {
            flags,
            ..Variant::current()?
        };
        Self::of(variant, database, log)
    }

    /// Starts a variant of the service.
    pub fn of(variant: Variant, database: &Database, log: &Path) -> Result<Self> {
        let address = free_address()?;
        let log_file = File::options().create(true).append(true).open(log)?;
        let pooler = variant
            .is_pooled
            .then(|| PrivatePgbouncer::start(&database.upstream(), POOLER_SESSIONS))
            .transpose()?;
        let url = match &pooler {
            Some(pooler) => pooler.url("orders"),
            None => database.url(),
        };
        let start = Instant::now();
        let supervision = Supervision::stopped_by("KILL");
        let mut command = SupervisedCommand::new(Command::new("sh"), &supervision);
        command
            .args(["sh", "-c", WITH_MANY_FILES])
            .arg(&variant.binary)
            .args(["serve", "--listen", &address.to_string()])
            .args(&variant.flags)
            .env("DATABASE_URL", url)
            .stderr(log_file);
        let mut service = Self {
            process: command.start()?,
            _pooler: pooler,
            variant,
            address,
            ready_after: Duration::ZERO,
        };
        while get(address, "/readyz", "").map_or(true, |response| response.status != 200) {
            if service.process.try_wait()?.is_some() || start.elapsed() > TIMEOUT {
                return Err(
                    format!("the service does not start:\n{}", fs::read_to_string(log)?).into(),
                );
            }
            sleep(POLL_INTERVAL);
        }
        service.ready_after = start.elapsed();
        Ok(service)
    }

    /// Process id of the shell that supervises the service: its parent.
    pub fn parent_pid(&self) -> u32 {
        self.process.id()
    }

    /// Runs wrk.
    pub fn load(&self, scratch: &Path, task: &Task<'_>) -> Result<Load> {
        let threads = task.connections.min(crate::machine::cores());
        let script = scratch.join("load.lua");
        fs::write(
            &script,
            task.workload
                .load_script(task.nonce, threads, task.rows, &self.variant.headers),
        )?;
        let output = Command::new("sh")
            .args(["-c", WITH_MANY_FILES, "wrk"])
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
        let output_text = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() {
            return Err(format!(
                "wrk: {output_text}{}",
                String::from_utf8_lossy(&output.stderr)
            )
            .into());
        }
        parse(&output_text)
    }
}

/// Reads the line that the function `done` of the script prints.
fn parse(output_text: &str) -> Result<Load> {
    let line = output_text
        .lines()
        .find_map(|line| line.strip_prefix("RESULT "));
    let line = line.ok_or_else(|| format!("unexpected output of wrk: {output_text}"))?;
    let value = |name: &str| -> Result<u64> {
        let mut pairs = line.split(' ').filter_map(|pair| pair.split_once('='));
        let (_, value) = pairs
            .find(|(key, _)| *key == name)
            .ok_or_else(|| format!("{name} is missing: {line}"))?;
        Ok(value.parse()?)
    };
    let exhausted = value("exhausted")? == 1;
    for failure in ["connect", "read", "write", "timeout", "status"] {
        // An exhausted script repeats a request, which the service refuses.
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

/// A response; `text` is the head and the body.
pub struct Response {
    pub status: u16,
    pub text: String,
}

/// Sends a GET request on a new connection.
pub fn get(address: SocketAddr, path: &str, headers: &str) -> Result<Response> {
    request("GET", address, path, headers)
}

/// Sends a request without body on a new connection.
pub fn request(method: &str, address: SocketAddr, path: &str, headers: &str) -> Result<Response> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n{headers}\r\n"
    )?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    let status = text.split(' ').nth(1).unwrap_or_default().parse()?;
    Ok(Response { status, text })
}

/// The binary `orders` in the directory of this program; the Makefile builds both.
pub fn binary() -> Result<PathBuf> {
    Ok(std::env::current_exe()?.with_file_name("orders"))
}

/// An address of 127.0.0.1 with a free port.
pub fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUCCESS: &str = "RESULT requests=3000 duration=1000000 connect=0 read=0 write=0 timeout=0 status=0 exhausted=0 \
                        p50=100 p90=200 p99=300 p999=400";

    #[test]
    fn rate_and_latency_are_read_from_the_output_of_wrk() {
        let load = parse(&format!("Running 1s test\n{SUCCESS}\n")).unwrap();
        assert_eq!(
            (load.rate, load.done, load.exhausted),
            (3000.0, 3000, false)
        );
        assert_eq!(load.latency[3], Duration::from_micros(400));
    }

    #[test]
    fn a_failed_request_makes_the_run_an_error() {
        for failure in ["connect", "read", "write", "timeout", "status"] {
            let output_text = SUCCESS.replace(&format!("{failure}=0"), &format!("{failure}=1"));
            assert!(parse(&output_text).is_err(), "{failure}");
        }
    }
}
