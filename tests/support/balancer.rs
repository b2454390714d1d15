//! Processes of the service behind a real HAProxy, which checks `/readyz` ten times a second.

use std::{
    fmt::Write as _,
    fs,
    io::{Read, Write},
    net::{SocketAddr, TcpListener},
    os::unix::net::UnixStream,
    process::{Command, Stdio},
};

use supervised_process::{SupervisedCommand, SupervisedProcess, Supervision};
use tempfile::TempDir;
use tokio::task::block_in_place;

use super::{Database, Process, eventually};

/// A process `orders serve` on a port that stays the same when it is started again.
pub struct Replica {
    pub process: Process,
    pub address: SocketAddr,
}

/// HAProxy in front of replicas. Requests go to them in turn.
pub struct Balancer {
    pub address: SocketAddr,
    replicas: usize,
    directory: TempDir,
    _process: SupervisedProcess,
}

// === impl Replica ===

impl Replica {
    /// Starts a process on a port of 127.0.0.1.
    pub async fn start(database: &Database, port: u16, flags: &[&str]) -> Self {
        let settings = [
            ("ORDERS_LISTEN", format!("127.0.0.1:{port}")),
            ("DATABASE_URL", database.url()),
        ];
        let arguments = [&["serve"], flags].concat();
        let mut process = Process::start(&arguments, &settings).await;
        let address = process.address().await;
        Self { process, address }
    }
}

// === impl Balancer ===

impl Balancer {
    /// Starts HAProxy, and waits until it has found all replicas ready.
    pub async fn start(replicas: &[Replica]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let port = free_port();
        let mut configuration = format!(
            "global
  stats socket {stats} mode 600
defaults
  mode http
  timeout connect 2s
  timeout client 20s
  timeout server 20s
  timeout check 2s
  option httpchk GET /readyz
  default-server check inter 100ms fall 1 rise 1
listen orders
  bind 127.0.0.1:{port}
  balance roundrobin
",
            stats = directory.path().join("stats").display()
        );
        for (number, Replica { address, .. }) in replicas.iter().enumerate() {
            writeln!(configuration, "  server replica{number} {address}").unwrap();
        }
        let file = directory.path().join("haproxy.cfg");
        fs::write(&file, configuration).unwrap();
        let supervision = Supervision::stopped_by("KILL");
        let mut command = SupervisedCommand::new(Command::new("sh"), &supervision);
        command.env(
            "PATH",
            "/usr/local/sbin:/usr/sbin:/usr/local/bin:/usr/bin:/bin",
        );
        command.args(["haproxy", "-db", "-f"]).arg(&file);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let balancer = Self {
            address: ([127, 0, 0, 1], port).into(),
            replicas: replicas.len(),
            directory,
            _process: command.start().unwrap(),
        };
        balancer.sees_all_ready().await;
        balancer
    }

    /// Waits until all replicas are ready.
    pub async fn sees_all_ready(&self) {
        eventually("the balancer sees all replicas", async || {
            block_in_place(|| self.ready_replicas()) == self.replicas
        })
        .await;
    }

    /// From HAProxy's table of servers: the name is in the second column, the status in the 18th.
    fn ready_replicas(&self) -> usize {
        let Ok(mut socket) = UnixStream::connect(self.directory.path().join("stats")) else {
            return 0;
        };
        let mut table = String::new();
        socket.write_all(b"show stat\n").unwrap();
        socket.read_to_string(&mut table).unwrap();
        let is_ready = |line: &&str| {
            let cells: Vec<_> = line.split(',').collect();
            cells.get(1).is_some_and(|name| name.starts_with("replica"))
                // A server that has not been checked yet is UP as well; L7OK is a passed check.
                && cells[17] == "UP"
                && cells.contains(&"L7OK")
        };
        table.lines().filter(is_ready).count()
    }
}

/// A port of 127.0.0.1 that no socket has at the moment.
pub fn free_port() -> u16 {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    socket.local_addr().unwrap().port()
}
