//! A real Prometheus that scrapes a service each second, with the rules of `deploy/`.

use std::{
    fs,
    net::{SocketAddr, TcpListener},
    path::Path,
    process::Command,
};

use http::Method;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use supervised_process::{SupervisedCommand, SupervisedProcess, Supervision};
use tempfile::TempDir;
use tokio::net::TcpStream;

use super::{Client, eventually};

/// A running Prometheus, killed when dropped.
pub struct Prometheus {
    client: Client,
    _process: SupervisedProcess,
    _home: TempDir,
}

// === impl Prometheus ===

impl Prometheus {
    /// Starts Prometheus, and waits until it accepts connections.
    pub async fn start(scraped: SocketAddr, rules: &Path) -> Self {
        let home = tempfile::tempdir().unwrap();
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let config = home.path().join("prometheus.yaml");
        let text = format!(
            "global: {{ scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }}\n\
             rule_files: ['{}']\n\
             scrape_configs:\n  - job_name: orders\n    static_configs: [{{ targets: ['{scraped}'] }}]\n",
            rules.display()
        );
        fs::write(&config, text).unwrap();
        let supervision = Supervision::stopped_by("KILL");
        let mut command = SupervisedCommand::new(Command::new("sh"), &supervision);
        command.arg("prometheus");
        command.arg(format!("--config.file={}", config.display()));
        command.arg(format!(
            "--storage.tsdb.path={}/data",
            home.path().display()
        ));
        command.arg(format!("--web.listen-address={address}"));
        command.arg("--log.level=error");
        let process = command.start().unwrap();
        eventually(
            "Prometheus listens: `.ci/prepare prometheus` installs it",
            async || TcpStream::connect(address).await.is_ok(),
        )
        .await;
        Self {
            client: Client::new(address, "none"),
            _process: process,
            _home: home,
        }
    }

    /// The values of an expression now. An error of Prometheus fails the test.
    pub async fn query(&self, expression: &str) -> Vec<Value> {
        let encoded = utf8_percent_encode(expression, NON_ALPHANUMERIC);
        let path = format!("/api/v1/query?query={encoded}");
        let reply = self.client.call(Method::GET, path).send_to_page().await;
        let mut body = reply.json();
        assert_eq!(body["status"], "success", "{expression}: {body}");
        match body["data"]["result"].take() {
            Value::Array(values) => values,
            value => panic!("{expression}: {value}"),
        }
    }
}
