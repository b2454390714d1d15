//! A NATS server with JetStream, as Debian has it, that can be killed and started again on the same
//! port and store.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
};

use async_nats::{
    HeaderMap, Subscriber,
    jetstream::{self, message::StreamMessage, stream},
};
use futures_util::{FutureExt, StreamExt};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    process::{Child, Command},
    task::unconstrained,
};
use uuid::Uuid;

use super::eventually;

/// A server, killed when dropped.
pub struct Nats {
    /// What runs now: a shell that kills the server when our end of its input closes, so also when
    /// this process dies.
    keeper: Option<Child>,
    port: u16,
    flags: Vec<String>,
    home: TempDir,
}

/// Hears what is sent to a stream, also what the stream drops because it has it.
pub struct Wiretap {
    jetstream: jetstream::Context,
    stream: String,
    subscriber: Subscriber,
    heard: Vec<Uuid>,
}

// === impl Nats ===

impl Nats {
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// With more flags, such as `["--user", "…", "--pass", "…"]`.
    pub async fn with(flags: &[&str]) -> Self {
        let mut nats = Self {
            keeper: None,
            port: 0,
            flags: flags.iter().map(|&flag| flag.to_owned()).collect(),
            home: tempfile::tempdir().unwrap(),
        };
        nats.restart().await;
        nats
    }

    pub fn url(&self) -> String {
        format!("nats://{}", self.address())
    }

    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Ends it as a power cut would.
    pub async fn kill(&mut self) {
        if let Some(mut keeper) = self.keeper.take() {
            drop(keeper.stdin.take());
            keeper.wait().await.unwrap();
        }
    }

    /// Starts it again where it was.
    pub async fn restart(&mut self) {
        self.kill().await;
        let ports = tempfile::tempdir_in(&self.home).unwrap();
        let port = match self.port {
            0 => "-1".to_owned(), // any
            port => port.to_string(),
        };
        let keeper = Command::new("sh")
            .args(["-c", r#""$@" & cat; kill -KILL $!; wait"#, "sh"])
            .arg(binary())
            .args(["--jetstream", "--addr", "127.0.0.1", "--port", &port])
            .arg("--store_dir")
            .arg(self.home.path().join("store"))
            .arg("--ports_file_dir")
            .arg(ports.path())
            .args(&self.flags)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        self.keeper = Some(keeper.unwrap());
        eventually("the NATS server listens", async || {
            listens_on(ports.path()).is_some()
        })
        .await;
        self.port = listens_on(ports.path()).unwrap();
    }

    /// A client that no one here wrote.
    pub async fn jetstream(&self) -> jetstream::Context {
        jetstream::new(async_nats::connect(self.url()).await.unwrap())
    }

    /// How many messages a stream has; none if there is no such stream.
    pub async fn stored_count(&self, stream: &str) -> u64 {
        let stream = self.jetstream().await.get_stream(stream).await;
        stream.map_or(0, |stream| stream.cached_info().state.messages)
    }

    /// Everything in a stream, oldest first.
    pub async fn stored(&self, stream: &str) -> Vec<StreamMessage> {
        let stream = self.jetstream().await.get_stream(stream).await.unwrap();
        let mut stored = Vec::new();
        for sequence in 1..=stream.cached_info().state.last_sequence {
            stored.push(stream.get_raw_message(sequence).await.unwrap());
        }
        stored
    }

    /// The ids in a stream, oldest first.
    pub async fn stored_ids(&self, stream: &str) -> Vec<Uuid> {
        let stored = self.stored(stream).await;
        stored.iter().map(|message| id(&message.headers)).collect()
    }

    /// A stream for the subjects below its name, and a tap on it. The stream comes first: a
    /// publisher makes it where nobody listens, and the tap would be somebody.
    pub async fn tapped(&self, stream: &str) -> Wiretap {
        let client = async_nats::connect(self.url()).await.unwrap();
        let jetstream = jetstream::new(client.clone());
        let subjects = format!("{stream}.>");
        let config = stream::Config {
            name: stream.to_owned(),
            subjects: vec![subjects.clone()],
            ..stream::Config::default()
        };
        jetstream.create_stream(config).await.unwrap();
        let mut tap = Wiretap {
            jetstream,
            stream: stream.to_owned(),
            subscriber: client.subscribe(subjects).await.unwrap(),
            heard: Vec::new(),
        };
        assert!(tap.heard().await.is_empty());
        tap
    }
}

// === impl Wiretap ===

impl Wiretap {
    /// The ids of all that was sent before this call, each as often as it was.
    pub async fn heard(&mut self) -> &[Uuid] {
        // The answer comes by the same connection, behind all of that.
        self.jetstream.get_stream(&self.stream).await.unwrap();
        // Unconstrained: else tokio calls it empty after 128 messages, so that other tasks have
        // their turn.
        while let Some(Some(message)) = unconstrained(self.subscriber.next()).now_or_never() {
            self.heard.push(id(&message.headers.unwrap()));
        }
        &self.heard
    }
}

fn id(headers: &HeaderMap) -> Uuid {
    headers
        .get("Nats-Msg-Id")
        .unwrap()
        .as_str()
        .parse()
        .unwrap()
}

/// The port in the file that the server writes once it listens.
fn listens_on(directory: &Path) -> Option<u16> {
    let file = fs::read_dir(directory).unwrap().next()?.unwrap();
    let ports: Value = serde_json::from_slice(&fs::read(file.path()).unwrap()).ok()?;
    let url = ports["nats"][0].as_str()?;
    url.rsplit_once(':')?.1.parse().ok()
}

/// Debian installs it where only root looks.
fn binary() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/usr/local/sbin".into()])
        .map(|directory| directory.join("nats-server"))
        .find(|file| file.is_file())
        .expect("nats-server is missing: `.ci/prepare nats` installs it")
}
