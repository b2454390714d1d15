//! The binary `orders` as a process.

use std::{
    ffi::OsStr,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{self, ExitStatus, Stdio},
    time::Duration,
};

use serde_json::Value;
use supervised_process::{SupervisedCommand, SupervisedProcess, Supervision};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    process::{ChildStderr, ChildStdout, Command},
    sync::{OnceCell, watch},
    task::spawn_blocking,
    time::timeout,
};

use super::is_pooled;

/// Longer than `initdb` takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running `orders`. It is killed when dropped, and when the test process ends.
pub struct Process {
    supervised: SupervisedProcess,
    said: watch::Receiver<Vec<String>>,
    reading: watch::Sender<bool>,
}

/// The exit status and the output of a process.
#[derive(Debug)]
pub struct Ended {
    pub status: ExitStatus,
    pub lines: Vec<String>,
}

// === impl Process ===

impl Process {
    /// Starts `orders` with these settings alone, and without a drain delay unless they name one.
    pub async fn start<V: AsRef<OsStr>>(arguments: &[&str], settings: &[(&str, V)]) -> Self {
        let supervision = Supervision::stopped_by("KILL");
        let mut command = SupervisedCommand::new(process::Command::new("sh"), &supervision);
        command.arg(built().await);
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            let is_setting = ["ORDERS_", "OTEL_"]
                .iter()
                .any(|start| text.starts_with(start));
            if is_setting || text == "DATABASE_URL" {
                command.env_remove(name);
            }
        }
        command.env("ORDERS_DRAIN_DELAY", "0s");
        command.env("ORDERS_ADMIN_LISTEN", "");
        if is_pooled() {
            command.env("ORDERS_TRANSACTION_POOLER", "true");
        }
        for (name, value) in settings {
            command.env(name, value);
        }
        command
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut supervised = command.start().unwrap();
        let (saying, said) = watch::channel(Vec::new());
        let (reading, is_reading) = watch::channel(true);
        let (stdout, stderr) = supervised.take_output();
        read(
            ChildStdout::from_std(stdout.unwrap()).unwrap(),
            saying.clone(),
            is_reading.clone(),
        );
        let stderr = ChildStderr::from_std(stderr.unwrap()).unwrap();
        read(stderr, saying, is_reading);
        Self {
            supervised,
            said,
            reading,
        }
    }

    /// Waits for its end. Returns its output.
    pub async fn ended(mut self) -> Ended {
        let mut supervised = self.supervised;
        let status = spawn_blocking(move || {
            supervised.wait_until(PATIENCE, || false);
            supervised.try_wait().unwrap()
        });
        let status = status.await.unwrap();
        while self.said.changed().await.is_ok() {} // both ends of its output are closed then
        let lines = self.said.borrow().clone();
        Ended {
            status: status.unwrap_or_else(|| panic!("it does not end: {lines:#?}")),
            lines,
        }
    }

    /// Waits for a line with this text. Returns the line.
    pub async fn says(&mut self, text: &str) -> String {
        let find = |lines: &Vec<String>| lines.iter().find(|line| line.contains(text)).cloned();
        let heard = timeout(PATIENCE, self.said.wait_for(|lines| find(lines).is_some()))
            .await
            .is_ok_and(|heard| heard.is_ok());
        let lines = self.lines();
        assert!(heard, "it never says {text:?}: {lines:#?}");
        find(&lines).unwrap()
    }

    /// Waits until it listens. Returns the address.
    pub async fn address(&mut self) -> SocketAddr {
        let line = self.says("listens on http://").await;
        let (_, address) = line.split_once("http://").unwrap();
        address.trim_end_matches(['"', '}']).parse().unwrap()
    }

    /// Its output so far.
    pub fn lines(&self) -> Vec<String> {
        self.said.borrow().clone()
    }

    /// Leaves its output unread from now on, and open.
    pub fn stop_reading(&self) {
        self.reading.send_replace(false);
    }

    /// Sends it a signal.
    pub fn signal(&mut self, name: &str) {
        self.supervised.signal(name);
    }
}

// === impl Ended ===

impl Ended {
    pub fn text(&self) -> String {
        self.lines.join("\n")
    }

    /// Fails the test unless it failed with one error message. Returns the message.
    #[track_caller]
    pub fn sentence(&self) -> &str {
        assert_eq!(self.status.code(), Some(1), "{self:#?}");
        let mut sentences = self
            .lines
            .iter()
            .filter(|line| line.starts_with("orders: "));
        let (sentence, more) = (sentences.next(), sentences.next());
        assert!(more.is_none(), "{self:#?}");
        assert_eq!(sentence, self.lines.last(), "{self:#?}");
        sentence.unwrap()
    }

    /// Its log lines as JSON.
    pub fn json(&self) -> Vec<Value> {
        let parse = |line: &String| {
            serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"))
        };
        self.lines.iter().map(parse).collect()
    }
}

fn read(
    from: impl AsyncRead + Send + Unpin + 'static,
    to: watch::Sender<Vec<String>>,
    mut reading: watch::Receiver<bool>,
) {
    let mut lines = BufReader::new(from).lines();
    tokio::spawn(async move {
        while let Ok(Some(line)) = lines.next_line().await {
            // An error means that the process value is dropped, or that its end is awaited.
            let _ = reading.wait_for(|reading| *reading).await;
            to.send_modify(|said| said.push(line));
        }
    });
}

/// Builds the binary with the profile of the tests. Cargo tells a test the path of its own
/// package's binaries only.
pub async fn built() -> &'static Path {
    static BUILT: OnceCell<PathBuf> = OnceCell::const_new();
    BUILT
        .get_or_init(|| async {
            let tests = std::env::current_exe().unwrap(); // target/debug/deps/orders-…
            let output = tests.ancestors().nth(2).unwrap();
            let profile = match output.file_name().unwrap().to_str().unwrap() {
                "debug" => "dev",
                other => other,
            };
            let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
            let build = Command::new(cargo)
                .args([
                    "build",
                    "--quiet",
                    "--package",
                    "orders-server",
                    "--bin",
                    "orders",
                ])
                .args(["--profile", profile, "--target-dir"])
                .arg(output.parent().unwrap())
                .current_dir(env!("CARGO_MANIFEST_DIR"))
                .status();
            assert!(build.await.unwrap().success());
            output.join("orders")
        })
        .await
}
