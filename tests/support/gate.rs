//! A proxy that can hold back or lose the responses of a server.

use std::{io, net::SocketAddr, path::Path};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy, split},
    net::{TcpListener, TcpStream, UnixStream, tcp},
    sync::watch,
    task::JoinSet,
};

/// Forwards requests at once, and responses while it is open.
pub struct Gate {
    address: SocketAddr,
    passage: watch::Sender<Passage>,
    _passing: JoinSet<()>,
}

#[derive(Clone, Copy)]
struct Passage {
    is_open: bool,
    cuts: u32,
    swallows: u32,
}

impl Gate {
    /// An open gate to a server on TCP.
    pub async fn to(server: &str) -> Self {
        let server = server.to_owned();
        Self::with(move || {
            let server = server.clone();
            async move { TcpStream::connect(server).await }
        })
        .await
    }

    /// An open gate to a server on a Unix socket.
    pub async fn to_socket(path: &Path) -> Self {
        let path = path.to_owned();
        Self::with(move || {
            let path = path.clone();
            async move { UnixStream::connect(path).await }
        })
        .await
    }

    async fn with<S, F>(connect: impl Fn() -> F + Send + 'static) -> Self
    where
        S: AsyncRead + AsyncWrite + Send + 'static,
        F: Future<Output = io::Result<S>> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (passage, watched) = watch::channel(Passage {
            is_open: true,
            cuts: 0,
            swallows: 0,
        });
        let mut passing = JoinSet::new();
        passing.spawn(pass(listener, connect, watched));
        Self {
            address,
            passage,
            _passing: passing,
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn shut(&self) {
        self.passage.send_modify(|passage| passage.is_open = false);
    }

    /// Loses all responses on the present connections. New connections work.
    pub fn swallow(&self) {
        self.passage.send_modify(|passage| passage.swallows += 1);
    }

    pub fn open(&self) {
        self.passage.send_modify(|passage| passage.is_open = true);
    }

    /// Closes the present connections, and loses the responses that it holds back.
    pub fn cut(&self) {
        self.passage.send_modify(|passage| passage.cuts += 1);
    }
}

async fn pass<S, F>(
    listener: TcpListener,
    connect: impl Fn() -> F,
    passage: watch::Receiver<Passage>,
) where
    S: AsyncRead + AsyncWrite + Send + 'static,
    F: Future<Output = io::Result<S>>,
{
    let mut passing = JoinSet::new();
    loop {
        let (client, _) = listener.accept().await.unwrap();
        // Without a server behind it, the client's connection is closed.
        let Ok(server) = connect().await else {
            continue;
        };
        let (answering, mut passage) = (passage.clone(), passage.clone());
        passing.spawn(async move {
            let cuts = passage.borrow().cuts;
            let (mut requests, mut to_client) = client.into_split();
            let (answers, mut to_server) = split(server);
            tokio::select! {
                biased; // nothing held back slips out after a cut
                _ = passage.wait_for(|passage| passage.cuts > cuts) => {}
                _ = answer(answers, &mut to_client, answering) => {}
                _ = copy(&mut requests, &mut to_server) => {}
            }
        });
    }
}

async fn answer(
    mut answers: impl AsyncRead + Unpin,
    to_client: &mut tcp::OwnedWriteHalf,
    mut passage: watch::Receiver<Passage>,
) -> Option<()> {
    let swallows = passage.borrow().swallows;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let length = answers.read(&mut buffer).await.ok()?;
        let may_pass = |passage: &Passage| passage.is_open && passage.swallows == swallows;
        passage.wait_for(may_pass).await.ok()?;
        if length == 0 {
            return None;
        }
        to_client.write_all(&buffer[..length]).await.ok()?;
    }
}
