//! The NATS server of a test, and access to its streams through async-nats.

use async_nats::{
    HeaderMap, Subscriber,
    jetstream::{self, message::StreamMessage, stream},
};
use futures_util::{FutureExt, StreamExt};
use private_nats::PrivateNats;
use tokio::task::{spawn_blocking, unconstrained};
use uuid::Uuid;

/// A server, killed when dropped. Clients find it at the same address after a restart.
pub struct Nats {
    /// None only while a blocking call runs.
    server: Option<PrivateNats>,
    address: String,
}

/// Receives what is sent to a stream, including the duplicates that the stream drops.
pub struct Wiretap {
    jetstream: jetstream::Context,
    stream: String,
    subscriber: Subscriber,
    received: Vec<Uuid>,
}

// === impl Nats ===

impl Nats {
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// A server with further flags, such as `["--user", "…", "--pass", "…"]`.
    pub async fn with(flags: &[&str]) -> Self {
        let flags: Vec<String> = flags.iter().map(|&flag| flag.to_owned()).collect();
        let start = move || {
            let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
            PrivateNats::start(&flags).unwrap_or_else(|error| panic!("{error}: {error:?}"))
        };
        let server = spawn_blocking(start).await.unwrap();
        Self {
            address: server.address(),
            server: Some(server),
        }
    }

    /// `nats://127.0.0.1:<port>`.
    pub fn url(&self) -> String {
        format!("nats://{}", self.address)
    }

    /// `127.0.0.1:<port>`.
    pub fn address(&self) -> String {
        self.address.clone()
    }

    /// Ends the server with SIGKILL, as a power cut would.
    pub async fn kill(&mut self) {
        self.blocking(|server| server.kill().unwrap()).await;
    }

    /// Kills the server and starts it on the same port and store.
    pub async fn restart(&mut self) {
        self.blocking(|server| server.restart().unwrap()).await;
    }

    async fn blocking(&mut self, call: impl FnOnce(&mut PrivateNats) + Send + 'static) {
        let mut server = self.server.take().unwrap();
        let call = spawn_blocking(move || {
            call(&mut server);
            server
        });
        self.server = Some(call.await.unwrap());
    }

    /// A client of the async-nats library, not of this project.
    pub async fn jetstream(&self) -> jetstream::Context {
        jetstream::new(async_nats::connect(self.url()).await.unwrap())
    }

    /// Number of messages in a stream; 0 if the stream does not exist.
    pub async fn stored_count(&self, stream: &str) -> u64 {
        let stream = self.jetstream().await.get_stream(stream).await;
        stream.map_or(0, |stream| stream.cached_info().state.messages)
    }

    /// The messages in a stream, oldest first.
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

    /// Creates a stream for the subjects `<stream>.>` and subscribes to them. The publisher would
    /// not create the stream: it does so only for a subject without subscribers.
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
            received: Vec::new(),
        };
        assert!(tap.received().await.is_empty());
        tap
    }
}

// === impl Wiretap ===

impl Wiretap {
    /// The ids of the messages that were sent before this call, including repetitions.
    pub async fn received(&mut self) -> &[Uuid] {
        // The response comes through the same connection, after these messages.
        self.jetstream.get_stream(&self.stream).await.unwrap();
        // `unconstrained`: otherwise tokio's cooperative budget makes the subscriber pending after
        // 128 messages.
        while let Some(Some(message)) = unconstrained(self.subscriber.next()).now_or_never() {
            self.received.push(id(&message.headers.unwrap()));
        }
        &self.received
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
