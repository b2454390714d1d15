//! The end of a process behind a load balancer: no request fails.

use std::{
    fs,
    io::{Read, Write},
    net,
    os::unix::net::UnixStream,
    process::{Command, Stdio},
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
};

use futures_util::future::join_all;
use http::Method;
use supervised_process::{SupervisedCommand, SupervisedProcess, Supervision};
use tempfile::TempDir;
use tokio::task::block_in_place;

use crate::support::{Client, Database, Process, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_stops_is_not_ready_and_still_accepts_connections() {
    let database = Database::own().await;
    let mut replica = Replica::start(&database, free_port(), "3s").await;
    let client = Client::new(replica.address, "tenant");
    replica.process.signal("TERM");
    eventually("it is not ready", async || {
        // A client has one connection: each of these is a new one.
        let probe = Client::new(replica.address, "tenant");
        probe.call(Method::GET, "/readyz").send().await.status == 503
    })
    .await;
    Client::new(replica.address, "tenant").draft().await;
    client.draft().await;
    assert!(replica.process.ended().await.status.success());
}

/// Takes about 10 s: each replica drains for one second.
#[tokio::test(flavor = "multi_thread")]
async fn replicas_restart_in_turn_behind_a_load_balancer_and_no_request_fails() {
    let database = Database::own().await;
    let ports = [free_port(), free_port()];
    let mut replicas = Vec::new();
    for port in ports {
        replicas.push(Replica::start(&database, port, "1s").await);
    }
    let balancer = Balancer::start(ports).await;
    let (stop, done) = (AtomicBool::new(false), AtomicUsize::new(0));
    let load = join_all((0..4).map(|number| {
        let client = Client::new(balancer.address, &format!("tenant-{number}"));
        let (stop, done) = (&stop, &done);
        async move {
            while !stop.load(Ordering::Relaxed) {
                // Each fails the test unless it succeeds. Creates are not repeated by the balancer.
                let id = client.draft().await;
                assert_eq!(client.get(id).await.status, 200);
                done.fetch_add(1, Ordering::Relaxed);
            }
        }
    }));
    let restarts = async {
        for at in [0, 1, 0, 1] {
            let Replica {
                mut process,
                address,
            } = replicas.remove(0);
            assert_eq!(address.port(), ports[at]);
            process.signal("TERM");
            assert!(process.ended().await.status.success());
            replicas.push(Replica::start(&database, ports[at], "1s").await);
            balancer.sees_both_ready().await;
            let before = done.load(Ordering::Relaxed);
            eventually("requests go on", async || {
                done.load(Ordering::Relaxed) > before + 10
            })
            .await;
        }
        stop.store(true, Ordering::Relaxed);
    };
    tokio::join!(load, restarts);
}

// === helpers ===

struct Replica {
    process: Process,
    address: net::SocketAddr,
}

impl Replica {
    async fn start(database: &Database, port: u16, drain_delay: &str) -> Self {
        let settings = [
            ("ORDERS_LISTEN", format!("127.0.0.1:{port}")),
            ("ORDERS_DRAIN_DELAY", drain_delay.to_owned()),
            ("DATABASE_URL", database.url()),
        ];
        let mut process = Process::start(&["serve", "--no-relay"], &settings).await;
        let address = process.address().await;
        Self { process, address }
    }
}

/// HAProxy in front of two replicas. It checks `/readyz` ten times a second.
struct Balancer {
    _process: SupervisedProcess,
    directory: TempDir,
    address: net::SocketAddr,
}

impl Balancer {
    async fn start(ports: [u16; 2]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let port = free_port();
        let stats = directory.path().join("stats");
        let [a, b] = ports;
        let configuration = format!(
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
  server a 127.0.0.1:{a}
  server b 127.0.0.1:{b}
",
            stats = stats.display()
        );
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
            _process: command.start().unwrap(),
            directory,
            address: ([127, 0, 0, 1], port).into(),
        };
        balancer.sees_both_ready().await;
        balancer
    }

    async fn sees_both_ready(&self) {
        eventually("the balancer sees two replicas", async || {
            block_in_place(|| self.ready_replicas()) == 2
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
            ["a", "b"].contains(&cells.get(1).copied().unwrap_or_default())
                // A server that has not been checked yet is UP as well; L7OK is a passed check.
                && cells[17] == "UP"
                && cells.contains(&"L7OK")
        };
        table.lines().filter(is_ready).count()
    }
}

fn free_port() -> u16 {
    let socket = net::TcpListener::bind("127.0.0.1:0").unwrap();
    socket.local_addr().unwrap().port()
}
