//! A real proxy in front of the service: nginx, HAProxy or Varnish, on a free port of 127.0.0.1.
//!
//! Each is configured with a cache and, if it can, with compression, and has no further rules.
//! `.ci/prepare proxies` installs them.

use std::{
    fs,
    net::{SocketAddr, TcpListener},
    path::Path,
    process::Command,
    time::Duration,
};

use supervised_process::{SupervisedCommand, SupervisedProcess, Supervision};
use tempfile::TempDir;
use tokio::{net::TcpStream, time::sleep};

/// A proxy program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyKind {
    Nginx,
    Haproxy,
    Varnish,
}

/// A running proxy, killed when dropped.
pub struct Proxy {
    pub address: SocketAddr,
    _process: SupervisedProcess,
    _home: TempDir,
}

// === impl Proxy ===

impl Proxy {
    /// Starts a proxy, and waits until it accepts connections.
    pub async fn start(kind: ProxyKind, upstream: SocketAddr) -> Self {
        let home = tempfile::tempdir().unwrap();
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let supervision = Supervision::stopped_by("KILL");
        let mut command = SupervisedCommand::new(Command::new("sh"), &supervision);
        command.args(arguments(kind, address, upstream, home.path()));
        // Debian installs them in a directory that is on the PATH of root only.
        let path = std::env::var("PATH").unwrap();
        command.env("PATH", format!("{path}:/usr/sbin"));
        let mut process = command.start().unwrap();
        for _ in 0..1_000 {
            let ended = process.try_wait().unwrap();
            assert!(
                ended.is_none(),
                "{kind:?} does not start: `.ci/prepare proxies`"
            );
            if TcpStream::connect(address).await.is_ok() {
                return Self {
                    address,
                    _process: process,
                    _home: home,
                };
            }
            sleep(Duration::from_millis(20)).await;
        }
        panic!("{kind:?} does not listen");
    }
}

/// The program and its arguments.
fn arguments(
    kind: ProxyKind,
    address: SocketAddr,
    upstream: SocketAddr,
    home: &Path,
) -> Vec<String> {
    let file = home.join("proxy.conf");
    let (config, home) = (file.display().to_string(), home.display());
    let arguments = |list: &[&str]| list.iter().map(|&one| one.to_owned()).collect();
    match kind {
        ProxyKind::Nginx => {
            let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
            let temporary = temporary.map(|name| format!("{name}_temp_path {home}/{name};"));
            let text = format!(
                "daemon off; master_process off; pid {home}/pid; error_log stderr;
                 events {{}}
                 http {{
                   access_log off; {}
                   proxy_cache_path {home}/cache keys_zone=all:1m;
                   gzip on; gzip_types application/json; gzip_min_length 1; gzip_proxied any;
                   server {{
                     listen {address};
                     proxy_cache all; proxy_cache_valid any 10m;
                     location /shop/ {{ proxy_pass http://{upstream}/; }}
                     location / {{ proxy_pass http://{upstream}; }}
                   }}
                 }}",
                temporary.join(" ")
            );
            fs::write(file, text).unwrap();
            arguments(&["nginx", "-e", "stderr", "-c", &config])
        }
        ProxyKind::Haproxy => {
            let text = format!(
                "defaults\n  mode http\n  timeout connect 5s\n  timeout client 10s\n  timeout server 10s\n\
                 cache all\n  total-max-size 4\n  max-age 600\n\
                 frontend clients\n  bind {address}\n  http-request cache-use all\n  http-response cache-store all\n\
                 \x20 compression algo gzip\n  compression type application/json\n  default_backend service\n\
                 backend service\n  server service {upstream}\n"
            );
            fs::write(file, text).unwrap();
            arguments(&["haproxy", "-db", "-f", &config])
        }
        ProxyKind::Varnish => {
            let (address, upstream) = (address.to_string(), upstream.to_string());
            let home = format!("{home}/varnish");
            let flags = [
                "varnishd", "-F", "-j", "none", "-a", &address, "-b", &upstream,
            ];
            [
                arguments(&flags),
                arguments(&["-n", &home, "-s", "malloc,8m"]),
            ]
            .concat()
        }
    }
}
